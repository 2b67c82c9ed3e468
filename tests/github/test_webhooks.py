"""Deliveries as GitHub sends them, received on the loopback by code that checks GitHub's own test vector."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from tests.github.webhooks import deliver, signature

# From "Validating webhook deliveries".
SECRET, BODY = "It's a Secret to Everybody", b"Hello, World!"
EXPECTED = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


class Receiver(HTTPServer):
    """Takes what is signed with the secret; keeps the headers and body of all that came."""

    def __init__(self) -> None:
        self.came: list[tuple[dict[str, str], bytes]] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.came.append(({key.lower(): value for key, value in self.headers.items()}, body))
        wanted = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        good = hmac.compare_digest(wanted, self.headers.get("X-Hub-Signature-256", ""))
        self.send_response(202 if good else 401)
        self.end_headers()
        self.wfile.write(b"taken" if good else b"not signed")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def test_githubs_own_test_vector(receiver: Receiver) -> None:
    assert signature(BODY, SECRET) == EXPECTED
    delivered = deliver(receiver.url, "ping", BODY, SECRET)
    assert (delivered.status, delivered.text) == (202, "taken")
    headers, body = receiver.came[0]
    assert body == BODY and headers["x-hub-signature-256"] == EXPECTED


def test_a_delivery_says_what_it_is(receiver: Receiver) -> None:
    first = deliver(receiver.url, "pull_request", {"action": "opened", "title": "é"}, SECRET)
    again = deliver(receiver.url, "pull_request", {"action": "opened"}, SECRET, delivery=first.delivery)
    other = deliver(receiver.url, "pull_request", {"action": "opened"}, SECRET)
    headers = [each for each, _ in receiver.came]
    assert {each["x-github-event"] for each in headers} == {"pull_request"}
    assert [each["x-github-delivery"] for each in headers] == [first.delivery, first.delivery, other.delivery]
    assert again.delivery == first.delivery != other.delivery
    assert headers[0]["content-type"] == "application/json" and headers[0]["user-agent"].startswith("GitHub-Hookshot/")
    assert json.loads(receiver.came[0][1]) == {"action": "opened", "title": "é"}


@pytest.mark.parametrize(
    ("secret", "options"),
    [
        ("another", {}),
        (None, {}),
        (SECRET, {"tamper": lambda body: body.replace(b"opened", b"closed")}),
        (SECRET, {"tamper": lambda body: body + b" "}),
        (SECRET, {"headers": {"X-Hub-Signature-256": ""}}),
    ],
)
def test_what_is_not_what_was_signed_is_seen(receiver: Receiver, secret: str | None, options: dict) -> None:
    delivered = deliver(receiver.url, "pull_request", {"action": "opened"}, secret, **options)
    assert (delivered.status, delivered.text) == (401, "not signed")
