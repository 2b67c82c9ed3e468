"""The App's front: what it takes, what it refuses before it reads, and that an answer of 202 is on disk."""

import asyncio
import hashlib
import hmac
import json
import sqlite3
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.github.examples import load_examples

from reviewlore.adapters.delivery_queue import SqliteDeliveryQueue
from reviewlore.adapters.metrics import Metrics
from reviewlore.errors import ConfigError, StorageError
from reviewlore.webhook import app as webhook
from reviewlore.webhook import reading
from reviewlore.webhook.app import MOST_BYTES, Front, make_app, make_metrics_app

SECRET, OLD = b"It's a Secret to Everybody", b"the secret before that one"
GUID = "72d3162e-cc78-11e3-81ab-4c9367dc0958"


class Clock:
    def __init__(self) -> None:
        self.passed, self.at = 0.0, "2026-11-22T12:00:00Z"

    def now(self) -> str:
        return self.at

    def monotonic(self) -> float:
        return self.passed


@dataclass
class Site:
    """A front on a queue on disk, asked without a network in between."""

    queue: SqliteDeliveryQueue
    problem: str = ""
    told: list[str] = field(default_factory=list)
    clock: Clock = field(default_factory=Clock)
    secrets: Sequence[bytes] = (SECRET,)
    called: int = 0

    def __post_init__(self) -> None:
        self.metrics = Metrics(self.queue, self.clock)
        self.app = make_app(
            Front(
                self.secrets, self.queue, self.metrics, self.clock, lambda: self.problem, self.told.append, self._count
            )
        )

    def _count(self) -> None:
        self.called += 1

    def counted(self) -> dict[tuple[str, str], int]:
        lines = self.metrics.render()[0].decode().splitlines()
        rows = [line for line in lines if line.startswith("reviewlore_webhook_answers_total{")]
        return {(row.split('"')[3], row.split('"')[1]): int(float(row.split()[-1])) for row in rows}

    def kept(self) -> list[tuple[str, str, str]]:
        listed = [each.delivery for each in self.queue.listed("waiting", 9_999)]
        return [(each.event, each.repository, each.subject) for each in reversed(listed)]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    queue = SqliteDeliveryQueue(tmp_path)
    yield Site(queue)
    queue.close()


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    text: str


def sign(body: bytes, secret: bytes = SECRET) -> str:
    return "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()


def headers_of(body: bytes, event: str = "push", guid: str = "", **changes: str | None) -> list[tuple[str, str]]:
    """Return the headers that GitHub sends; a change to None leaves one out, underscores are hyphens."""
    plain = {
        "content-type": "application/json",
        "x-github-event": event,
        "x-github-delivery": guid or str(uuid.uuid4()),
        "x-hub-signature-256": sign(body),
    } | {key.replace("_", "-"): value for key, value in changes.items()}
    return [(key, value) for key, value in plain.items() if value is not None]


def ask(
    app: Any, method: str, path: str, headers: Sequence[tuple[str, str]] = (), chunks: Sequence[bytes] = (b"",)
) -> Answer:
    return asyncio.run(asking(app, method, path, headers, chunks))


async def asking(app: Any, method: str, path: str, headers: Any, chunks: Sequence[bytes]) -> Answer:
    """Ask an ASGI application; a chunk of None is a client that goes away, one that is a number makes it wait."""
    left = list(chunks)
    sent: list[Mapping[str, Any]] = []

    async def receive() -> Mapping[str, Any]:
        chunk = left.pop(0)
        if isinstance(chunk, float):
            await asyncio.sleep(chunk)
            chunk = b""
        if chunk is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": chunk, "more_body": bool(left)}

    async def send(message: Mapping[str, Any]) -> None:
        sent.append(message)

    raw = [(key.encode(), value.encode("latin-1")) for key, value in headers]
    scope = {"type": "http", "http_version": "1.1", "method": method, "path": path, "raw_path": path.encode(),
             "query_string": b"", "root_path": "", "scheme": "http", "headers": raw, "client": ("127.0.0.1", 1),
             "server": ("127.0.0.1", 8321), "state": {}, "asgi": {"version": "3.0"}}  # fmt: skip
    await app(scope, receive, send)
    start, *bodies = sent
    given = {key.decode(): value.decode() for key, value in start["headers"]}
    return Answer(start["status"], given, b"".join(each["body"] for each in bodies).decode())


def send(site: Site, event: str, payload: Any, guid: str = "", **changes: str | None) -> tuple[int, str]:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    answer = ask(site.app, "POST", "/webhook", headers_of(body, event, guid, **changes), [body])
    return answer.status, answer.text


def pushed(number: int = 1, repository: str = "octo/demo", **more: object) -> dict[str, Any]:
    about = {"full_name": repository, "default_branch": "main"}
    return {"ref": "refs/heads/main", "after": f"{number:040}", "repository": about, "installation": {"id": 7}, **more}


def opened(number: int = 7, action: str = "opened", **more: object) -> dict[str, Any]:
    head = {"sha": "a" * 40, "repo": {"full_name": "octo/demo"}}
    pull = {"number": number, "state": "open", "head": head, "base": {"sha": "b" * 40}, **more}
    return {**pushed(), "action": action, "number": number, "pull_request": pull}


def commented(body: str, identifier: int = 1) -> dict[str, Any]:
    user = {"login": "mona", "type": "User"}
    comment = {"id": identifier, "user": user, "body": body}
    issue = {"number": 7, "state": "open", "pull_request": {"url": "x"}}
    return {**pushed(), "action": "created", "comment": comment, "issue": issue, "sender": user}


def test_what_is_worth_doing_is_on_disk_when_it_is_answered(site: Site) -> None:
    assert send(site, "pull_request", opened(updated_at="2026-11-22T11:59:58Z"), GUID.upper()) == (202, "taken")
    assert send(site, "issue_comment", commented("/lore help")) == (202, "taken")
    assert send(site, "push", pushed()) == (202, "taken")
    assert site.kept() == [
        ("pull_request", "octo/demo", "pull/7"), ("issue_comment", "octo/demo", "pull/7"), ("push", "octo/demo", ""),
    ]  # fmt: skip
    first = site.queue.claim("2026-11-22T12:00:00Z")
    assert first is not None
    assert (first.delivery.id, first.delivery.installation, first.delivery.replaces) == (GUID, 7, True)
    assert first.delivery.happened_at == "2026-11-22T11:59:58+00:00"
    assert json.loads(first.delivery.payload) == opened(updated_at="2026-11-22T11:59:58Z")
    assert site.told[0] == f"octo/demo pull/7 pull_request {GUID}: taken"
    assert site.counted() == {("pull_request", "taken"): 1, ("issue_comment", "taken"): 1, ("push", "taken"): 1}


def test_a_delivery_is_kept_once_whatever_its_header_says(site: Site) -> None:
    assert [send(site, "push", pushed(), GUID) for _ in range(2)] == [(202, "taken"), (200, "again")]
    assert send(site, "push", pushed()) == (200, "again")  # the same bytes under another id
    assert len(site.kept()) == 1 and site.called == 1


@pytest.mark.parametrize(
    ("event", "payload", "reason"),
    [
        ("pull_request", opened(action="labeled"), "action_not_reviewed"),
        ("pull_request", opened(state="closed"), "pull_request_closed"),
        ("issue_comment", commented("Thanks, mail me at mona@example.com"), "not_a_command"),
        ("issue_comment", {**commented("/lore help"), "action": "edited"}, "comment_not_new"),
        ("push", pushed(ref="refs/heads/other"), "not_the_default_branch"),
        ("push", pushed(installation=None), "payload_incomplete"),
        ("push", pushed(installation={"id": 10**30}), "payload_incomplete"),
        ("push", pushed(installation={"id": True}), "payload_incomplete"),
        ("push", pushed(repository="octo/.."), "payload_incomplete"),
        ("push", pushed(repository="octo/\ud800"), "payload_incomplete"),
        ("push", pushed(repository="octo/a b"), "payload_incomplete"),
        ("workflow_dispatch", pushed(), "event_not_for_app"),
        ("star", pushed(), "event_not_handled"),
        ("installation", {"action": "created", "installation": {"id": 7}}, "event_not_handled"),
        ("push", {}, "payload_incomplete"),
    ],
)
def test_what_is_passed_over_is_not_stored_and_says_why(site: Site, event: str, payload: Any, reason: str) -> None:
    assert send(site, event, payload) == (200, f"ignored: {reason}")
    assert site.kept() == [] and site.told == []
    assert b"example.com" not in b"".join(path.read_bytes() for path in site.queue.path.parent.iterdir())


def test_a_ping_is_answered(site: Site) -> None:
    assert send(site, "ping", {"zen": "Keep it logically awesome."}) == (200, "pong")


BODY = json.dumps(pushed()).encode()
REFUSED: dict[str, tuple[dict[str, Any], int]] = {
    "no signature": ({"x_hub_signature_256": None}, 401),
    "empty signature": ({"x_hub_signature_256": ""}, 401),
    "short signature": ({"x_hub_signature_256": sign(BODY)[:-1]}, 401),
    "long signature": ({"x_hub_signature_256": sign(BODY) + "0"}, 401),
    "signature in capitals": ({"x_hub_signature_256": "sha256=" + sign(BODY)[7:].upper()}, 401),
    "signature not in ASCII": ({"x_hub_signature_256": sign(BODY)[:-1] + "é"}, 401),
    "SHA-1": ({"x_hub_signature_256": "sha1=" + hmac.new(SECRET, BODY, "sha1").hexdigest()}, 401),
    "SHA-1 in its own header": (
        {"x_hub_signature_256": None, "x_hub_signature": "sha1=" + hmac.new(SECRET, BODY, "sha1").hexdigest()}, 401),
    "another secret": ({"x_hub_signature_256": sign(BODY, b"another secret that is long")}, 401),
    "an empty secret": ({"x_hub_signature_256": sign(BODY, b"")}, 401),
    "the signature of nothing": ({"x_hub_signature_256": sign(b"")}, 401),
    "a form": ({"content_type": "application/x-www-form-urlencoded"}, 400),
    "plain text": ({"content_type": "text/plain"}, 400),
    "no type": ({"content_type": None}, 400),
    "compressed": ({"content_encoding": "gzip"}, 400),
    "no event": ({"x_github_event": None}, 400),
    "an event with words": ({"x_github_event": "push\tnow"}, 400),
    "no id": ({"x_github_delivery": None}, 400),
    "an id that is none": ({"x_github_delivery": "../../etc/passwd"}, 400),
    "a length above the limit": ({"content_length": str(MOST_BYTES + 1)}, 413),
    "a length with many digits": ({"content_length": "9" * 5000}, 413),
    "a length that is none": ({"content_length": "-1"}, 413),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "status"), REFUSED.values(), ids=REFUSED)
def test_a_request_is_refused_before_anything_is_parsed(
    site: Site, changes: dict[str, Any], status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[object] = []
    monkeypatch.setattr(reading, "read_strict", parsed.append)
    answer = ask(site.app, "POST", "/webhook", headers_of(BODY, **changes), [BODY])
    assert (answer.status, answer.headers["connection"]) == (status, "close")
    assert parsed == [] and site.kept() == []
    assert {event for event, _ in site.counted()} == {"other"}  # an unsigned word is in no metric


@pytest.mark.parametrize("header", ["x-hub-signature-256", "x-github-event", "x-github-delivery", "content-type"])
def test_a_header_that_is_there_twice_is_no_header(site: Site, header: str) -> None:
    headers = headers_of(BODY)
    twice = [*headers, *((key, value) for key, value in headers if key == header)]
    assert ask(site.app, "POST", "/webhook", twice, [BODY]).status in {400, 401}
    assert site.kept() == []


@pytest.mark.parametrize(
    "tamper", [lambda body: body + b" ", lambda body: body.replace(b"demo", b"evil"), lambda _: b""]
)
def test_a_changed_body_is_refused(site: Site, tamper: Any) -> None:
    answer = ask(site.app, "POST", "/webhook", headers_of(BODY), [tamper(BODY)])
    assert (answer.status, answer.text, site.kept()) == (401, "not signed", [])


def test_githubs_own_test_vector(site: Site) -> None:
    signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert send(site, "ping", b"Hello, World!", x_hub_signature_256=signature) == (200, "pong")
    assert send(site, "ping", b"Hello, World?", x_hub_signature_256=signature) == (401, "not signed")


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b'"text"', b"\xff\xfe{}", b'{"a": NaN}', b'{"a": 1, "a": 2}',
        b'{"a": {"b": 1, "b": 1}}',
        b'{"installation": {"id": 7}, "installation": {"id": 8}}', b"[" * 100_000, b'{"a":' * 100_000, b'{"a": 1} {}',
        b'{"a": ' + b"9" * 5000 + b"}", b"payload=%7B%7D", "{}".encode("utf-16"),
    ],
)  # fmt: skip
def test_a_signed_body_that_is_no_plain_json_object_is_refused(site: Site, body: bytes) -> None:
    assert send(site, "push", body) == (400, "no JSON object in which each key is once")
    assert site.kept() == []


def test_a_body_is_refused_while_it_comes_where_it_grows_too_large(site: Site) -> None:
    chunk = b"x" * (1 << 20)
    taken: list[int] = []

    class Chunks(list[bytes]):
        def pop(self, _: Any = 0) -> bytes:
            taken.append(1)
            return chunk

    endless = Chunks([chunk] * 99)
    headers = headers_of(b"x")
    answer = asyncio.run(_endless(site.app, headers, endless))
    assert (answer.status, len(taken)) == (413, 26)


async def _endless(app: Any, headers: Any, chunks: list[bytes]) -> Answer:
    sent: list[Any] = []

    async def receive() -> Mapping[str, Any]:
        return {"type": "http.request", "body": chunks.pop(), "more_body": True}

    async def keep(message: Any) -> None:
        sent.append(message)

    raw = [(key.encode(), value.encode()) for key, value in headers]
    scope = {"type": "http", "method": "POST", "path": "/webhook", "headers": raw, "query_string": b"", "root_path": ""}
    await app(scope, receive, keep)
    return Answer(sent[0]["status"], {}, sent[1]["body"].decode())


def test_a_body_that_comes_too_slowly_or_never_is_given_up(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "_BODY_SECONDS", 0.02)
    assert ask(site.app, "POST", "/webhook", headers_of(BODY), [b"{", 5.0, b"}"]).status == 408
    assert ask(site.app, "POST", "/webhook", headers_of(BODY), [BODY[:9], None]).status == 400
    assert {answer for _, answer in site.counted()} == {"too slow", "gone"}


def test_unsigned_bodies_together_take_bounded_memory(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "_MOST_HELD", 3 * len(BODY))

    async def many() -> list[Answer]:
        slow = [asking(site.app, "POST", "/webhook", headers_of(BODY), [BODY, 0.05, b""]) for _ in range(5)]
        return await asyncio.gather(*slow)

    assert Counter(answer.status for answer in asyncio.run(many())) == {202: 1, 200: 2, 503: 2}
    assert send(site, "push", pushed(2)) == (202, "taken")  # all of it was given back


@pytest.mark.parametrize("secrets", [[], [b""], [b"  \n "], [b"short"], [SECRET, b""]])
def test_there_is_no_server_without_a_secret(site: Site, secrets: list[bytes]) -> None:
    with pytest.raises(ConfigError, match="secret"):
        Site(site.queue, secrets=secrets)


def test_two_secrets_hold_while_one_replaces_the_other(site: Site) -> None:
    both = Site(site.queue, secrets=[SECRET, OLD + b"\n"])
    for number, secret in enumerate((SECRET, OLD)):
        body = json.dumps(pushed(number)).encode()
        assert send(both, "push", body, x_hub_signature_256=sign(body, secret)) == (202, "taken")
    assert send(site, "push", BODY, x_hub_signature_256=sign(BODY, OLD)) == (401, "not signed")


def test_a_full_queue_is_said_and_the_delivery_can_be_sent_again(tmp_path: Path) -> None:
    site = Site(SqliteDeliveryQueue(tmp_path, most_open=1))
    assert send(site, "push", pushed(1)) == (202, "taken")
    answer = ask(site.app, "POST", "/webhook", headers_of(json.dumps(opened()).encode(), "pull_request"),
                 [json.dumps(opened()).encode()])  # fmt: skip
    assert (answer.status, answer.text, answer.headers["retry-after"]) == (503, "full", "60")
    assert site.told[-1].endswith(": full")


def test_a_disk_that_fails_is_said_and_nothing_is_half_written(site: Site) -> None:
    with sqlite3.connect(site.queue.path, isolation_level=None) as other:
        other.execute("CREATE TRIGGER no_more BEFORE INSERT ON deliveries BEGIN SELECT raise(ABORT, 'disk gone'); END")
        assert send(site, "push", pushed(1), GUID) == (503, "busy")
        assert "disk gone" in site.told[-1]
        other.execute("DROP TRIGGER no_more")
    assert send(site, "push", pushed(1), GUID) == (202, "taken")


def test_deliveries_that_come_together_are_written_together(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    put = site.queue.put
    monkeypatch.setattr(site.queue, "put", lambda batch: (sizes.append(len(batch)), put(batch))[1])
    bodies = [json.dumps(pushed(number)).encode() for number in range(50)]

    async def burst() -> list[Answer]:
        return await asyncio.gather(
            *(asking(site.app, "POST", "/webhook", headers_of(body), [body]) for body in bodies)
        )

    assert {answer.status for answer in asyncio.run(burst())} == {202}
    assert sum(sizes) == 50 and len(sizes) <= 3


def test_an_installation_that_ends_takes_its_waiting_deliveries_with_it(site: Site) -> None:
    for number, repository in enumerate(("octo/demo", "octo/other", "octo/third")):
        send(site, "push", pushed(number, repository))
    removed = {"action": "removed", "installation": {"id": 7}, "repositories_removed": [{"full_name": "octo/other"}]}
    assert send(site, "installation_repositories", removed) == (200, "withdrawn")
    assert site.told[-1] == "The App may no longer read the repository. Installation 7: 1 deliveries are needless."
    nothing = {**removed, "repositories_removed": [{"full_name": 3}]}
    assert send(site, "installation_repositories", nothing) == (200, "ignored: event_not_handled")
    assert send(site, "installation", {"action": "suspend", "installation": {"id": 8}}) == (200, "withdrawn")
    assert site.kept() == [("push", "octo/demo", ""), ("push", "octo/third", "")]
    assert send(site, "installation", {"action": "deleted", "installation": {"id": 7}}) == (200, "withdrawn")
    assert site.kept() == []


def test_a_later_push_replaces_the_one_that_waits(site: Site) -> None:
    for number, action in enumerate(("opened", "synchronize", "synchronize")):
        send(site, "pull_request", opened(action=action, updated_at=f"2026-11-22T11:0{number}:00Z"))
    send(site, "issue_comment", commented("/lore review"))
    send(site, "pull_request", opened(action="reopened", updated_at="2026-11-22T10:00:00Z"))
    assert site.kept() == [("pull_request", "octo/demo", "pull/7"), ("issue_comment", "octo/demo", "pull/7")]
    found = site.queue.claim("2026-11-22T12:00:00Z")
    assert found is not None and found.delivery.happened_at == "2026-11-22T11:02:00+00:00"


@pytest.mark.parametrize("moment", ["2026-02-31T00:00:00Z", "yesterday", 7, None, "2026-11-22T11:00:00+25:00"])
def test_a_time_that_is_none_is_the_arrivals(site: Site, moment: Any) -> None:
    assert send(site, "pull_request", opened(updated_at=moment)) == (202, "taken")
    found = site.queue.claim("2026-11-22T12:00:00Z")
    assert found is not None and found.delivery.happened_at == found.delivery.received_at


def test_ready_means_that_deliveries_can_be_kept_and_are_worked_off(site: Site) -> None:
    def ready() -> tuple[int, str]:
        answer = ask(site.app, "GET", "/readyz")
        return answer.status, answer.text

    assert ready() == (200, "ready")
    with sqlite3.connect(site.queue.path, isolation_level=None) as other:
        other.execute("DROP TABLE pulse")
        assert ready() == (200, "ready")  # strangers may ask: the disk is looked at every few seconds only
        site.clock.passed += 6
        assert ready() == (503, "not ready")
        assert "no such table" in site.told[-1]
        other.execute("CREATE TABLE pulse (beat)")
    site.clock.passed += 6
    assert ready() == (200, "ready")
    site.problem = "No worker is alive."
    site.clock.passed += 6
    assert ready() == (503, "not ready")
    assert site.told[-1] == "Not ready: No worker is alive."
    assert ask(site.app, "GET", "/healthz").status == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/webhook", 405), ("PUT", "/webhook", 405), ("OPTIONS", "/webhook", 405), ("POST", "/webhook/", 404),
        ("POST", "/", 404), ("GET", "/metrics", 404), ("POST", "/healthz", 405), ("GET", "/docs", 404),
        ("GET", "/../etc/passwd", 404), ("POST", "//webhook", 404),
    ],
)  # fmt: skip
def test_there_is_nothing_else(site: Site, method: str, path: str, status: int) -> None:
    answer = ask(site.app, method, path, [*headers_of(BODY), ("origin", "https://evil.example")], [BODY])
    assert answer.status == status
    assert not {"access-control-allow-origin", "server", "location"} & answer.headers.keys()
    assert site.kept() == []


def test_metrics_show_answers_and_depths(site: Site) -> None:
    send(site, "push", pushed())
    send(site, "ping", {})
    answer = ask(make_metrics_app(site.metrics.render), "GET", "/metrics")
    assert answer.status == 200 and answer.headers["content-type"].startswith("text/plain")
    rows = answer.text.splitlines()
    assert 'reviewlore_deliveries{state="waiting"} 1.0' in rows and 'reviewlore_deliveries{state="dead"} 0.0' in rows
    assert 'reviewlore_webhook_answers_total{answer="pong",event="ping"} 1.0' in rows
    assert "reviewlore_webhook_seconds_count 2.0" in rows
    assert "octo" not in answer.text


def test_metrics_show_work_and_how_long_the_oldest_waits(site: Site) -> None:
    def rows() -> list[str]:
        return site.metrics.render()[0].decode().splitlines()

    assert 'reviewlore_oldest_waiting_seconds{background="false"} 0.0' in rows()
    site.clock.at = "2026-11-22T12:00:00Z"
    send(site, "push", pushed())
    site.clock.at = "2026-11-22T12:01:00Z"
    send(site, "issue_comment", commented("/lore help"))
    site.clock.at = "2026-11-22T12:03:00Z"
    assert 'reviewlore_oldest_waiting_seconds{background="false"} 120.0' in rows()
    assert 'reviewlore_oldest_waiting_seconds{background="true"} 180.0' in rows()
    site.clock.at = "2026-11-22T11:00:00Z"  # a clock that went back
    assert 'reviewlore_oldest_waiting_seconds{background="true"} 0.0' in rows()
    site.metrics.worked("push", "done", "ended", 70.0)
    site.metrics.worked("push", "waiting", "timed_out", 2400.0)
    assert 'reviewlore_work_total{end="timed_out",event="push",state="waiting"} 1.0' in rows()
    assert 'reviewlore_work_seconds_bucket{event="push",le="120.0"} 1.0' in rows()
    assert 'reviewlore_work_seconds_sum{event="push"} 2470.0' in rows()


def test_a_large_body_keeps_nobody_else_waiting(site: Site) -> None:
    """It is read outside the loop, which answers others meanwhile: by whose processor time it takes, not by a clock."""
    body = json.dumps({**pushed(), "commits": [{"id": number, "added": []} for number in range(300_000)]}).encode()

    async def together() -> tuple[Answer, float, float]:
        loop, whole = time.thread_time(), time.process_time()
        answer = await asking(site.app, "POST", "/webhook", headers_of(body), [body])
        return answer, time.thread_time() - loop, time.process_time() - whole

    answer, loop, whole = asyncio.run(together())
    assert answer.status == 202
    assert loop < whole / 2, "the loop's own thread did most of the work"


def test_all_published_payloads_pass(site: Site) -> None:
    answers = Counter(send(site, each.event, {**each.payload, "installation": {"id": 7}}) for each in load_examples())
    assert {status for status, _ in answers} == {200, 202}
    assert answers[202, "taken"] == sum(site.queue.counts()[state] for state in ("waiting", "superseded")) > 0
    assert answers.total() == 329


TEXT = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=40)
NAMES = st.sampled_from(
    ["content-type", "x-github-event", "x-github-delivery", "x-hub-signature-256", "content-length", "expect", "x"]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)
FIELDS = st.sampled_from(
    "action repository installation pull_request number state head base sha full_name comment issue user sender id "
    "login body ref default_branch updated_at repositories_removed".split()
)
PAYLOADS = st.recursive(
    SCALARS | st.just("octo/demo"), lambda inner: st.dictionaries(FIELDS, inner, max_size=8), max_leaves=30
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(NAMES, TEXT), max_size=8), st.lists(st.binary(max_size=50), min_size=1, max_size=3))
def test_no_unsigned_request_gets_anywhere(site_of_all: Site, headers: Any, chunks: list[bytes]) -> None:
    answer = ask(site_of_all.app, "POST", "/webhook", headers, chunks)
    assert answer.status in {400, 401, 413}
    assert site_of_all.kept() == []


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(webhook._KNOWN)), PAYLOADS | VALUES | st.binary(max_size=40))
def test_whatever_is_signed_gets_a_plain_answer(site_of_all: Site, event: str, payload: Any) -> None:
    status, said = send(site_of_all, event, payload)
    assert status in {200, 202, 400}
    assert said.partition(":")[0] in {
        "ignored",
        "taken",
        "again",
        "withdrawn",
        "pong",
        "no JSON object in which each key is once",
    }


@pytest.fixture(scope="module")
def site_of_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    queue = SqliteDeliveryQueue(tmp_path_factory.mktemp("fuzzed"))
    yield Site(queue)
    queue.close()


def test_an_error_of_the_disk_reaches_all_that_wait_and_the_next_batch_is_written(site: Site, monkeypatch: Any) -> None:
    put, failures = site.queue.put, [StorageError("The disk is gone.")]

    def once(batch: Any) -> Any:
        if failures:
            raise failures.pop()
        return put(batch)

    monkeypatch.setattr(site.queue, "put", once)
    bodies = [json.dumps(pushed(number)).encode() for number in range(70)]

    async def burst() -> list[Answer]:
        return await asyncio.gather(
            *(asking(site.app, "POST", "/webhook", headers_of(body), [body]) for body in bodies)
        )

    answers = Counter(answer.status for answer in asyncio.run(burst()))
    assert answers.keys() == {202, 503} and answers.total() == 70
    assert site.queue.counts()["waiting"] + site.queue.counts()["superseded"] == answers[202]
