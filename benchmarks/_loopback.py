"""A lean server on the loopback: recorded answers of GitHub, and a model that answers at once.

    python -m benchmarks._loopback FILE

FILE is JSON: "METHOD /path?query" -> status, headers, body. The model makes one remark a call, on the first row that
the first hunk it is shown adds. The first line printed is the port. `GET /log` returns what was asked since
`GET /reset`, in order, with the moment (`time.monotonic`) when it had arrived. What was not recorded is answered with
501; below `/bare/` everything with an empty list. It answers in a fraction of a millisecond, so that hardly any of the
measured time is its own.
"""

import json
import re
import socketserver
import sys
import time
from pathlib import Path
from typing import Any

_LIMIT = 1 << 26
# What the prompt shows: a hunk with its id, and below it rows as `12+text`.
_HUNK = re.compile(
    r"<\|hunk\|>[^\n]*?\b(?P<hunk>h\d+)\b(?:(?!<\|).)*?\n *(?P<line>\d+)\+(?P<row>[^\n]*\w[^\n]*)", re.DOTALL
)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = allow_reuse_address = True

    def __init__(self, recorded: dict[str, Any]) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.recorded = recorded
        self.log: list[dict[str, Any]] = []


class _Connection(socketserver.StreamRequestHandler):
    server: _Server
    disable_nagle_algorithm = True

    def handle(self) -> None:
        while row := self.rfile.readline(_LIMIT):
            method, path, _ = row.decode("latin-1").split(" ", 2)
            length, close = 0, False
            while (header := self.rfile.readline(_LIMIT)) not in (b"\r\n", b""):
                name, _, value = header.decode("latin-1").partition(":")
                length = int(value) if name.lower() == "content-length" else length
                close = close or (name.lower() == "connection" and value.strip().lower() == "close")
            status, headers, data = self.answer(method, path, self.rfile.read(length))
            told = {"Content-Type": "application/json; charset=utf-8"} | headers | {"Content-Length": str(len(data))}
            rows = "".join(f"{key}: {value}\r\n" for key, value in told.items())
            self.wfile.write(f"HTTP/1.1 {status} OK\r\n{rows}\r\n".encode("latin-1") + data)
            if close:
                return

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        """Return the status, the headers and the body of one answer."""
        if path == "/log":
            return 200, {}, json.dumps(self.server.log).encode()
        if path == "/reset":
            self.server.log.clear()
            return 200, {}, b"{}"
        model, arrived = path.startswith("/v1/"), time.monotonic()
        if path.startswith("/bare/"):
            status, headers, data = 200, {}, b"[]"
        elif model:
            status, headers, data = 200, {}, _say(body, path)
        else:
            missing = [501, {}, "{}"]
            status, headers, text = self.server.recorded.get(f"{method} {path}", missing)
            data = text.encode()
        row = {"method": method, "path": path, "status": status, "model": model, "bytes": len(body), "at": arrived}
        self.server.log.append(row)
        return status, headers, data


def _say(body: bytes, path: str) -> bytes:
    """Return what an OpenAI-compatible server answers."""
    if path.endswith("/models"):
        return json.dumps({"object": "list", "data": [{"id": "canned", "object": "model"}]}).encode()
    asked = "\n".join(message["content"] for message in json.loads(body)["messages"])
    text = json.dumps({"remarks": _remark(asked)})
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    answer = {"id": "c", "object": "chat.completion", "created": 0, "model": "canned", "choices": [choice]}
    return json.dumps(answer | {"usage": usage}).encode()


def _remark(asked: str) -> list[dict[str, object]]:
    """Return a remark on the first added row of the first hunk of a request, in the form that the prompt asks for."""
    found = _HUNK.search(asked)
    if found is None:
        return []
    known = [name for name in ("refactoring", "testing", "architecture") if name in asked[: found.start()]]
    remark = {"hunk": found["hunk"], "line": int(found["line"]), "start_line": None, "severity": "warning"}
    remark |= {"specialist": known[0] if known else "refactoring", "title": "This row says less than it does"}
    remark |= {"why": "Whoever calls it cannot tell a failure from an empty answer.", "quote": found["row"]}
    remark |= {"advice": "Raise an error that names what is missing.", "claims": [], "suggestion": None}
    return [remark | {"confidence": 0.9}]


if __name__ == "__main__":
    with _Server(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()
