"""A server on the loopback that answers as the test says: one function a request, HTTP/1.1 as bytes."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class ModelServer:
    """`answer` gets each request; `asked` has them all, in the order of their arrival."""

    answer: Callable[[Asked, BaseHTTPRequestHandler], Answer | None]
    asked: list[Asked] = field(default_factory=list)
    base: str = ""

    def chats(self) -> list[Asked]:
        return [each for each in self.asked if each.path.endswith("/chat/completions")]


def said(text: object, finish: str = "stop", usage: object = None, **more: object) -> Answer:
    """An answer as OpenAI documents it."""
    message = {"role": "assistant", "content": text}
    body = {"choices": [{"index": 0, "message": message, "finish_reason": finish}], "usage": usage, **more}
    return 200, {"Content-Type": "application/json"}, json.dumps(body).encode()


def refused(status: int, message: str, **headers: str) -> Answer:
    body = {"error": {"message": message, "type": "error"}}
    return status, {name.replace("_", "-"): value for name, value in headers.items()}, json.dumps(body).encode()


@contextmanager
def serve(answer: Callable[[Asked, BaseHTTPRequestHandler], Answer | None]) -> Iterator[ModelServer]:
    """Run a server; a function that returns None has answered by itself, through the handler."""
    model = ModelServer(answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, self.path, headers, json.loads(data) if data else None)
            model.asked.append(asked)
            found = model.answer(asked, self)
            if found is None:
                self.close_connection = True
                return
            status, extra, body = found
            self.send_response(status)
            for name, value in extra.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = handle_any  # noqa: N815 - the names are the standard library's

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:  # clients hang up on purpose here
            pass

    server = Server(("127.0.0.1", 0), Handler)
    model.base = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield model
    finally:
        server.shutdown()
        server.server_close()
