"""Talks to GitHub's REST and GraphQL interfaces through PyGithub; the only module that imports it.

In: paths, parameters and bodies. Out: JSON as GitHub answered it, or an error of `reviewlore.errors`.
It reads with patience (bounded, told waits), never repeats a write, and knows nothing of reviews. No message shows a
token.
"""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from github import Auth, Github, GithubException
from github.Requester import Requester

from reviewlore.adapters.github_answers import (
    Allowance,
    Answer,
    Page,
    Patience,
    Writes,
    explain,
    explain_query,
    find_pause,
    read_answer,
)
from reviewlore.adapters.github_meter import Meter
from reviewlore.errors import ConfigError, ForgeError

PUBLIC = "https://api.github.com"
# A version is served for two years after its successor; without one GitHub chooses, and may choose anew.
API_VERSION = "2022-11-28"
PAGE = 100
USER_AGENT = "reviewlore"
_NEXT = re.compile(r'<([^>]+)>;\s*rel="next"')
_TOKEN = re.compile(r"[\x21-\x7e]+")
_ADDRESS = re.compile(r"https?://[^\s/?#]+[^\s?#]*")


class Connection:
    """One identity at one GitHub. Make it with `connect` or `connect_as_app`.

    `tell` hears one sentence before each wait. Not for several threads at once: GitHub asks for one request at a time.
    """

    def __init__(
        self, auth: Auth.Auth, base_url: str, patience: Patience, meter: Meter, tell: Callable[[str], None]
    ) -> None:
        self._patience, self._meter, self.tell = patience, meter, tell
        self._allowances: dict[str, Allowance] = {}
        self._silent_until = 0.0  # monotonic; GitHub's secondary limit refused a write and named a pause
        self._writes = Writes()
        self._reader = _requester(auth, base_url, patience, meter)
        self._writer = _requester(auth, base_url, patience, meter)

    @property
    def requests(self) -> int:
        """How many requests were sent, repeated ones and followed redirects included."""
        return self._meter.sent

    def remaining(self, resource: str = "core") -> int | None:
        """Return what is left of a primary rate limit (`core` requests, `graphql` points); None before an answer."""
        allowance = self._allowances.get(resource)
        return None if allowance is None else allowance.remaining

    def get(self, path: str, **parameters: str) -> Any:
        """Return the JSON of one address."""
        return self._checked(*self._send(self._reader, "GET", path, parameters)).data

    def page(self, path: str, tag: str | None = None, **parameters: str) -> Page | None:
        """Return one address with its entity tag, or None where `tag` still holds: such an answer is free of charge.

        GitHub makes the tag for one token: with another one the same content is answered, and charged, anew.
        """
        headers = {} if tag is None else {"If-None-Match": tag}
        answer, what = self._send(self._reader, "GET", path, parameters, headers=headers)
        if answer.status == 304 and tag is not None:
            return None
        self._checked(answer, what)
        following = _NEXT.search(answer.headers.get("link", ""))
        return Page(answer.data, answer.headers.get("etag"), following[1] if following else None)

    def pages(self, path: str, **parameters: str) -> Iterator[Any]:
        """Yield the elements of a list, 100 a request, following GitHub's own links."""
        address, query = path, {**parameters, "per_page": str(PAGE)}
        while address:
            page = self.page(address, None, **query) or Page([])
            yield from page.items(path)
            address, query = page.following or "", {}

    def query(
        self,
        text: str,
        variables: Mapping[str, object] | None = None,
        retries: int | None = None,
        missing: bool = False,
    ) -> Any:
        """Return the data of one GraphQL query; never for a mutation, since it is repeated after a failure.

        `retries` None is as often as there is patience for; `missing` allows parts that GitHub does not find (null).
        GaveUpError where GitHub failed or gave up, RefusedCursorError where it does not take a cursor.
        """
        body = {"query": text, "variables": dict(variables or {})}
        answer, what = self._send(self._reader, "POST", self._reader.graphql_url, body=body, retries=retries)
        self._checked(answer, what)
        data = answer.data.get("data") if isinstance(answer.data, dict) else None
        tolerable = missing and all(each.get("type") == "NOT_FOUND" and each.get("path") for each in answer.errors)
        if not data or (answer.errors and not tolerable):
            raise explain_query(answer)
        return data

    def write(self, method: str, path: str, body: Mapping[str, object]) -> Any:
        """Send one writing request, once; after a ForgeError nobody knows whether it arrived."""
        return self._checked(*self._send(self._writer, method, path, body=dict(body), retries=0)).data

    def mutate(self, text: str, variables: Mapping[str, object]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Send one GraphQL mutation, once; return its data and its errors, since one of several fields may fail."""
        body = {"query": text, "variables": dict(variables)}
        answer, what = self._send(self._writer, "POST", self._writer.graphql_url, body=body, retries=0)
        data = self._checked(answer, what).data
        if not isinstance(data, dict) or answer.limited or answer.failed:
            raise explain_query(answer)
        return data.get("data") or {}, answer.errors

    def _checked(self, answer: Answer, what: str) -> Answer:
        if not 200 <= answer.status < 300 or answer.cut:
            raise explain(answer, what)
        return answer

    def _send(
        self,
        requester: Requester,
        method: str,
        path: str,
        parameters: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        retries: int | None = None,
    ) -> tuple[Answer, str]:
        """Return the last answer, after waits for rate limits and, for reads, after failures."""
        what, resource = f"{method} {path.partition('?')[0]}", "graphql" if path == requester.graphql_url else "core"
        waits = 0 if requester is self._writer else self._patience.retries
        failures = waits if retries is None else retries
        attempt = 0
        while True:
            self._meter.check(what)
            self._await_turn(resource, what)
            if requester is self._writer:
                self._await_calm(what)
                time.sleep(self._writes.pause(self._patience))
            answer = self._exchange(requester, method, path, parameters, headers, body)
            if requester is self._writer:
                self._writes.note()
            self._note(answer, resource)
            pause = find_pause(answer, attempt, self._patience)
            if pause is None:
                return answer, what
            if answer.limited and requester is self._writer:
                self._silent_until = time.monotonic() + pause
            if answer.limited and pause > self._patience.max_wait:
                raise self._too_long(pause, what)
            if attempt >= (waits if answer.limited or answer.unreachable else failures):
                return answer, what
            self._wait(pause, "for GitHub's rate limit" if answer.limited else "after GitHub failed")
            attempt += 1

    def _exchange(
        self,
        requester: Requester,
        method: str,
        path: str,
        parameters: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
        body: Any,
    ) -> Answer:
        try:
            answered = requester.requestJson(method, path, dict(parameters or {}), dict(headers or {}), input=body)
        except GithubException as error:  # of an app's own request for a token
            return Answer(error.status, error.headers or {}, error.data)
        except (OSError, ValueError, RuntimeError, AssertionError) as error:
            # No connection, no answer, or a redirect to another host.
            return Answer(lost=self._meter.failure or type(error).__name__, unreachable=self._meter.unreachable)
        return read_answer(*answered)

    def _await_turn(self, resource: str, what: str) -> None:
        """Wait for the primary limit where the last answer said that the next request would be refused."""
        allowance = self._allowances.get(resource)
        if allowance is None or allowance.remaining > 0:
            return
        pause = allowance.ready - time.monotonic()
        if pause > self._patience.max_wait:
            raise self._too_long(pause, what)
        if pause > 0:
            self._wait(pause, "for GitHub's rate limit")
        del self._allowances[resource]

    def _await_calm(self, what: str) -> None:
        """Wait until GitHub takes writes again: whoever goes on writing against its secondary limit may be banned."""
        pause = self._silent_until - time.monotonic()
        if pause > self._patience.max_wait:
            raise self._too_long(pause, what)
        if pause > 0:
            self._wait(pause, "for GitHub's rate limit")

    def _note(self, answer: Answer, resource: str) -> None:
        remaining = answer.number("x-ratelimit-remaining")
        if remaining is not None:
            name = answer.headers.get("x-ratelimit-resource", resource)
            self._allowances[name] = Allowance(remaining, time.monotonic() + answer.until_reset)

    def _wait(self, seconds: float, why: str) -> None:
        if seconds >= 1:
            self.tell(f"Waiting {seconds:.0f} s {why}")
        time.sleep(seconds)

    def _too_long(self, seconds: float, what: str) -> ForgeError:
        back = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(time.time() + seconds))
        return ForgeError(
            f"GitHub's rate limit stops {what} for {seconds:.0f} s, and at most {self._patience.max_wait:.0f} s may be "
            f"waited. Come back at {back}, or allow a longer wait.",
            seconds,
        )


def connect(
    token: str, base_url: str = PUBLIC, patience: Patience | None = None, tell: Callable[[str], None] | None = None
) -> Connection:
    """Connect with a token (a person's or a workflow's); ConfigError where token or address cannot be one."""
    token = token.strip()
    if not _TOKEN.fullmatch(token):
        # The HTTP library quotes a malformed header in its message, and with it the token.
        raise ConfigError("The GitHub token is empty or holds spaces or control characters; set GITHUB_TOKEN anew.")
    patience = patience or Patience()
    return Connection(Auth.Token(token), _address(base_url), patience, Meter(patience.max_requests), tell or _silent)


def connect_as_app(
    app_id: str, private_key: str, base_url: str = PUBLIC, patience: Patience | None = None
) -> Connection:
    """Connect as a GitHub App itself, which may ask for tokens of its installations and do nothing else.

    Every request is signed anew (RS256, valid for five minutes). ConfigError where the key cannot sign.
    https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
    """
    patience, auth = patience or Patience(), Auth.AppAuth(app_id, private_key)
    try:
        auth.create_jwt()
    except Exception as error:
        # The errors of the signing library are nobody's documented interface.
        raise ConfigError(
            "The GitHub App's private key cannot sign; give the whole PEM file as GitHub made it."
        ) from error
    return Connection(auth, _address(base_url), patience, Meter(patience.max_requests), _silent)


def _address(base_url: str) -> str:
    if not _ADDRESS.fullmatch(base_url):
        raise ConfigError(f"{base_url!r} is no address of a GitHub API; give one like {PUBLIC} as GITHUB_API_URL.")
    return base_url.rstrip("/")


def _silent(_: str) -> None:
    """Tell nobody."""


def _requester(auth: Auth.Auth, base_url: str, patience: Patience, meter: Meter) -> Requester:
    client = Github(
        auth=auth,
        base_url=base_url,
        timeout=patience.timeout,
        user_agent=USER_AGENT,
        per_page=PAGE,
        retry=meter,
        seconds_between_requests=patience.between_reads,
        seconds_between_writes=None,  # it would count queries, which are POSTs that read, as writes
        api_version=API_VERSION,
    )
    return client.requester
