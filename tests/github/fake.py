"""A stateful fake GitHub on the loopback, judged at every exchange by GitHub's own descriptions.

In: HTTP requests of an unmodified client, and the set-up calls of `World`. Out: answers, a log, faults on demand.
What breaks GitHub's description, or has no handler here, is kept in `violations`; `start_fake` fails on any.
"""

import functools
import hashlib
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.github import (  # noqa: F401 - they register their handlers
    rest_app,
    rest_comments,
    rest_pulls,
    rest_repository,
    rest_setup,
)
from tests.github.access import Access
from tests.github.contract import Contract, Match
from tests.github.faults import Fault, Reply, TroubleError
from tests.github.graph import execute
from tests.github.limits import Allowance
from tests.github.routing import HANDLERS, ApiError, Call, Listing, page_of
from tests.github.shapes import Shapes
from tests.github.state import Repository, Token
from tests.github.world import World


@functools.cache
def shared_contract() -> Contract:
    """Return GitHub's description, loaded once a run."""
    return Contract()


@dataclass(frozen=True)
class Violation:
    kind: str
    method: str
    url: str
    errors: tuple[str, ...]


@dataclass(frozen=True)
class Exchange:
    """One request as it was answered; `points` is what a GraphQL query cost."""

    method: str
    url: str
    status: int
    body: Any
    milliseconds: float
    points: int = 0


class FakeGitHub(World):
    """One GitHub for one test. `prefix` "/api/v3" makes it look like GitHub Enterprise Server."""

    def __init__(self, app_key: str | None = None, app_id: int = 7, prefix: str = "") -> None:
        super().__init__()
        self.contract = shared_contract()
        self.access = Access(self, app_key, app_id)
        self.log: list[Exchange] = []
        self.violations: list[Violation] = []
        self.core, self.graph = Allowance("core"), Allowance("graphql")
        # How many comments and reviews one query may bring before GitHub runs out of time; None is no end.
        self.capacity: int | None = None
        self._faults: list[Fault] = []
        self._lock = threading.RLock()
        self._prefix, self._graphql = prefix, f"{prefix.removesuffix('/v3')}/graphql"
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _http_handler(self))
        self._server.daemon_threads = True
        self.base = f"http://127.0.0.1:{self._server.server_port}{prefix}"
        self.shapes = Shapes(self.contract, self.base)
        # The default poll interval of half a second would make every close() wait that long.
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def requests(self) -> int:
        """How many requests came in."""
        return len(self.log)

    def sent(self, method: str, pattern: str = "") -> list[Exchange]:
        """Return the exchanges of one method whose address matches."""
        return [each for each in self.log if each.method == method and re.search(pattern, each.url)]

    def fault(
        self, method: str, pattern: str, status: int | None = None, message: str = "Server Error", **more: Any
    ) -> None:
        """Make trouble for matching requests: `headers`, `skip`, `times`, `after_commit`, `cut`, `drop`, `body`."""
        defaults: dict[str, Any] = {"headers": {}, "skip": 0, "times": 1, "after_commit": False}
        defaults |= {"cut": False, "drop": False, "body": None}
        self._faults.append(Fault(method, re.compile(pattern), status, message, **(defaults | more)))

    def expect_violation(self, pattern: str) -> None:
        """Take a deliberate violation off the record; AssertionError where there was none."""
        for violation in self.violations:
            if re.search(pattern, " ".join((violation.kind, violation.url, *violation.errors))):
                self.violations.remove(violation)
                return
        raise AssertionError(f"no violation like {pattern!r} among {self.violations}")

    def visible(self, full_name: str, token: Token) -> Repository | None:
        """Return a repository if this token may see it."""
        repo = self.repos.get(full_name)
        hidden = token.repositories is not None and full_name not in token.repositories
        if repo is None or hidden or (token.permissions is None and self.role_of(repo, token.login) == "none"):
            return None
        return repo

    def handle(self, method: str, url: str, headers: dict[str, str], raw: bytes) -> Reply:
        """Answer one request: make the trouble asked for, find the caller, act, judge."""
        with self._lock:
            start, body, fault = time.perf_counter(), None, None
            try:
                body = _parsed(raw)
                fault = next((each for each in self._faults if each.take(method, _target(url, body))), None)
                if fault is not None and not fault.after_commit:
                    raise TroubleError(fault)
                reply = self._answer(method, url, headers, body)
                if fault is not None:
                    raise TroubleError(fault, reply)
            except TroubleError as trouble:
                reply = trouble.reply()
            except ApiError as error:
                reply = Reply(error.status, error.body, error.headers)
            except Exception as error:  # noqa: BLE001 - a defect of the fake fails the test instead of hanging it
                self.violate("DEFECT", method, url, [repr(error)])
                reply = Reply(500, ApiError(500, "The fake has a defect").body)
            allowance = self.graph if urlsplit(url).path == self._graphql else self.core
            if reply.status != 304:  # an unchanged answer is free of the primary limit
                allowance.spend(reply.points if allowance is self.graph else 1)
            reply.headers = allowance.headers() | reply.headers
            spent = round((time.perf_counter() - start) * 1e3, 2)
            self.log.append(Exchange(method, url, reply.status, body, spent, reply.points))
            return reply

    def _answer(self, method: str, url: str, headers: dict[str, str], body: Any) -> Reply:
        path = urlsplit(url).path
        if path == self._graphql and method == "POST":
            token = self.access.caller(headers.get("authorization", ""), path)
            if self.graph.is_spent():
                error = {"type": "RATE_LIMITED", "message": "API rate limit exceeded for user ID 42."}
                return Reply(200, {"errors": [error]})
            answer, cost = execute(self, token, body)
            return Reply(200, answer, points=cost.points)
        if not path.startswith(self._prefix):
            raise ApiError(404, "Not Found")
        url = self._by_name(url.removeprefix(self._prefix))
        token = self.access.caller(headers.get("authorization", ""), urlsplit(url).path)
        if self.core.is_spent():
            raise ApiError(403, "API rate limit exceeded for installation ID 42.")
        self._redirect(method, url)
        return self._rest(method, url, headers, body, token)

    def _rest(self, method: str, url: str, headers: dict[str, str], body: Any, token: Token) -> Reply:
        errors = self.contract.judge_request(method, url, body)
        match = self.contract.match(method, urlsplit(url).path)
        if errors:
            self.violate("REQUEST", method, url, errors)
        if match is None:
            raise ApiError(404, "Not Found")
        if errors:
            raise ApiError(422, "Invalid request.\n\n" + "\n".join(errors))
        try:
            reply = self._operate(match, url, body, token)
        except ApiError as error:
            self.violate("RESPONSE", method, url, self.contract.judge_response(method, url, error.status, error.body))
            raise
        self.violate("RESPONSE", method, url, self.contract.judge_response(method, url, reply.status, reply.body))
        return _conditional(reply, headers) if method == "GET" else reply

    def _operate(self, match: Match, url: str, body: Any, token: Token) -> Reply:
        parts, repo = urlsplit(url), None
        if "repo" in match.values:
            repo = self.visible(f"{match.values['owner']}/{match.values['repo']}", token)
            if repo is None:
                raise ApiError(404, "Not Found")
        handler = HANDLERS.get((match.method, match.template))
        if handler is None:  # a test must not pass by accident
            self.violate("UNIMPLEMENTED", match.method, url, [f"no handler for {match.method} {match.template}"])
            raise ApiError(501, "Not implemented by the fake")
        self.access.check_write(token, match.method, match.template, repo)
        call = Call(self, repo, match.values, dict(parse_qsl(parts.query)), body or {}, token)
        status, answer = handler(call)
        if not isinstance(answer, Listing):
            return Reply(status, answer)
        # GitHub's own links name a repository by its number.
        path = f"/repositories/{repo.id}/{parts.path.split('/', 4)[4]}" if repo else parts.path
        items, links = page_of(answer, call.query, self.base + path)
        return Reply(status, items, links)

    def _by_name(self, url: str) -> str:
        """Turn /repositories/ID/... into /repos/OWNER/NAME/..."""
        found = re.match(r"/repositories/(\d+)(?=[/?]|$)", url)
        repo = found and next((each for each in self.repos.values() if each.id == int(found[1])), None)
        return f"/repos/{repo.full_name}{url[found.end() :]}" if found and repo else url

    def _redirect(self, method: str, url: str) -> None:
        found = re.match(r"/repos/([^/]+/[^/?]+)", url)
        if found and found[1] in self.renamed:
            repo = self.repos[self.renamed[found[1]]]
            location = f"{self.base}/repositories/{repo.id}{url[found.end() :]}"
            raise ApiError(301 if method == "GET" else 307, "Moved Permanently", headers={"Location": location})

    def violate(self, kind: str, method: str, url: str, errors: list[str]) -> None:
        """Keep what breaks GitHub's descriptions; without errors, nothing."""
        if errors:
            self.violations.append(Violation(kind, method, url, tuple(errors)))


@contextmanager
def start_fake(app_key: str | None = None, app_id: int = 7, prefix: str = "") -> Iterator[FakeGitHub]:
    """Run a fake GitHub for one test, and fail if any exchange broke GitHub's descriptions."""
    fake = FakeGitHub(app_key, app_id, prefix)
    try:
        yield fake
    finally:
        fake.close()
    assert not fake.violations, "\n".join(map(str, fake.violations))


def _target(url: str, body: Any) -> str:
    """What a fault's pattern is searched in: the address, and a GraphQL query's text."""
    return f"{url} {body['query']}" if isinstance(body, dict) and "query" in body else url


def _parsed(raw: bytes) -> Any:
    if not raw:
        return None
    try:
        return json.loads(raw)
    except ValueError as error:
        raise ApiError(400, "Problems parsing JSON") from error


def _conditional(reply: Reply, headers: dict[str, str]) -> Reply:
    tag = '"' + hashlib.sha256(json.dumps(reply.body, sort_keys=True).encode()).hexdigest() + '"'
    reply.headers["ETag"] = tag
    if headers.get("if-none-match", "").removeprefix("W/") == tag:
        return Reply(304, None, reply.headers)
    return reply


def _http_handler(fake: FakeGitHub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Without these two, Nagle's algorithm and delayed acknowledgements cost 40 ms a request.
        wbufsize = -1
        disable_nagle_algorithm = True

        def log_message(self, *_: object) -> None:
            pass

        def respond(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {key.lower(): value for key, value in self.headers.items()}
            reply = fake.handle(self.command, self.path, headers, raw)
            if reply.drop:
                self.close_connection = True
                return
            data = reply.encoded()
            self.send_response(reply.status)
            standard = {"Content-Type": "application/json; charset=utf-8", "Content-Length": str(len(data))}
            for key, value in {**standard, **reply.headers}.items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = respond  # noqa: N815 - the base class's names

    return Handler
