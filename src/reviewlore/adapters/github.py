"""Talks to GitHub's REST and GraphQL interfaces through PyGithub; the only module that imports it.

In: paths, parameters and bodies. Out: JSON as GitHub answered it, or an error of `reviewlore.errors`.
It reads with patience (bounded waits), never repeats a write, and knows nothing of reviews. No message shows a token.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from github import Auth, Github, GithubException, GithubIntegration, GithubRetry, RateLimitExceededException
from github.GithubException import RateLimitExceededExceedsMaxWait
from github.Requester import Requester
from urllib3 import Retry
from urllib3.response import BaseHTTPResponse

from reviewlore.errors import ConfigError, ForgeError, InputError, RefusedError, ReviewloreError

PUBLIC = "https://api.github.com"
# A version is served for two years after its successor; without one GitHub chooses, and may choose anew.
API_VERSION = "2022-11-28"
PAGE = 100
USER_AGENT = "reviewlore"
_NEXT = re.compile(r'<([^>]+)>;\s*rel="next"')
_TOKEN = re.compile(r"[\x21-\x7e]+")
_ADDRESS = re.compile(r"https?://[^\s/?#]+[^\s?#]*")


@dataclass(frozen=True, slots=True)
class Patience:
    """How much is borne with GitHub; all times in seconds.

    `max_wait` bounds each single wait for a rate limit, `retries` their number; a longer wait is an error at once.
    One second between writes is what GitHub asks for in its best practices for the REST API.
    """

    retries: int = 4
    max_wait: float = 120.0
    secondary_wait: float = 60.0
    backoff: float = 1.0
    timeout: int = 30
    between_reads: float | None = None
    between_writes: float | None = 1.0


class Connection:
    """One identity at one GitHub. Make it with `connect` or `connect_app`."""

    def __init__(self, auth: Auth.Auth, base_url: str, patience: Patience) -> None:
        if not _ADDRESS.fullmatch(base_url):
            raise ConfigError(f"{base_url!r} is no address of a GitHub API; give one like {PUBLIC} as GITHUB_API_URL.")
        self._requests = 0

        def requester(retry: Retry | None) -> Requester:
            client = Github(
                auth=auth,
                base_url=base_url.rstrip("/"),
                timeout=patience.timeout,
                user_agent=USER_AGENT,
                per_page=PAGE,
                retry=retry,
                seconds_between_requests=patience.between_reads,
                seconds_between_writes=patience.between_writes,
                api_version=API_VERSION,
            )
            return client.requester

        # PyGithub's default repeats writes after a 5xx, and one review becomes three: writes are never repeated here.
        self._writer = requester(None)
        self._reader = requester(_retry(patience, frozenset({"GET"}), self._count))
        # A GraphQL query is a read, though it is a POST on the wire.
        self._asker = requester(_retry(patience, frozenset({"POST"}), self._count))

    @property
    def requests(self) -> int:
        """How many requests were sent, repeated ones included."""
        return self._requests

    def get(self, path: str, **parameters: str) -> Any:
        """Return the JSON of one address."""
        return self._send(self._reader, "GET", path, parameters or None)[1]

    def pages(self, path: str, **parameters: str) -> Iterator[Any]:
        """Yield the elements of a list, 100 a request, following GitHub's own links."""
        address, query = path, {**parameters, "per_page": str(PAGE)}
        while address:
            headers, items = self._send(self._reader, "GET", address, query)
            if not isinstance(items, list):
                raise ForgeError(f"GitHub answered GET {path} with something that is not a list; try again later.")
            yield from items
            following = _NEXT.search(headers.get("link", ""))
            address, query = (following[1], {}) if following else ("", {})

    def query(self, text: str, **variables: object) -> Any:
        """Return the data of one GraphQL query; never for a mutation, since it is repeated after a failure."""
        _, answer = self._send(self._asker, "POST", self._asker.graphql_url, None, _body(text, variables))
        if not isinstance(answer, dict) or answer.get("errors") or not answer.get("data"):
            raise _graphql_error(answer)
        return answer["data"]

    def write(self, method: str, path: str, body: Mapping[str, object]) -> Any:
        """Send one writing request, once; after a ForgeError nobody knows whether it arrived."""
        return self._send(self._writer, method, path, None, dict(body))[1]

    def _count(self) -> None:
        self._requests += 1

    def _send(
        self, requester: Requester, method: str, path: str, parameters: dict[str, str] | None, body: Any = None
    ) -> tuple[dict[str, Any], Any]:
        self._count()
        what = f"{method} {path.partition('?')[0]}"
        try:
            return requester.requestJsonAndCheck(method, path, parameters, input=body)
        except GithubException as error:
            raise _explained(error, what) from error
        except ValueError as error:
            raise ForgeError(f"GitHub's answer to {what} was cut short or is no JSON; try again later.") from error
        except (OSError, RuntimeError, AssertionError) as error:
            # No connection, no answer after all retries, or a redirect to another host.
            reason = type(error).__name__
            raise ForgeError(
                f"GitHub gave no usable answer to {what} ({reason}); check the address and try again."
            ) from error


def connect(token: str, base_url: str = PUBLIC, patience: Patience | None = None) -> Connection:
    """Connect with a token (a person's or a workflow's); ConfigError where token or address cannot be one."""
    token = token.strip()
    if not _TOKEN.fullmatch(token):
        # The HTTP library quotes a malformed header in its message, and with it the token.
        raise ConfigError("The GitHub token is empty or holds spaces or control characters; set GITHUB_TOKEN anew.")
    return Connection(Auth.Token(token), base_url, patience or Patience())


def connect_app(
    app_id: int, private_key: str, repository: str, base_url: str = PUBLIC, patience: Patience | None = None
) -> Connection:
    """Connect as the installation of a GitHub App on one repository; its token is renewed as it expires.

    ConfigError where the key cannot sign, InputError where the app is not installed there.
    """
    patience = patience or Patience()
    auth = Auth.AppAuth(app_id, private_key)
    try:
        auth.create_jwt()
    except Exception as error:
        # The errors of the signing library are nobody's documented interface.
        raise ConfigError(
            "The GitHub App's private key cannot sign; give the whole PEM file as GitHub made it."
        ) from error
    pauses = {"seconds_between_requests": patience.between_reads, "seconds_between_writes": patience.between_writes}
    integration = GithubIntegration(auth=auth, base_url=base_url.rstrip("/"), retry=None, **pauses)  # type: ignore[arg-type]
    owner, _, name = repository.partition("/")
    try:
        installation = integration.get_repo_installation(owner, name).id
    except GithubException as error:
        raise _explained(error, f"the app's installation on {repository}") from error
    except (OSError, ValueError, RuntimeError, AssertionError) as error:
        raise ForgeError(f"GitHub did not tell the app's installation on {repository}; try again later.") from error
    return Connection(auth.get_installation_auth(installation), base_url, patience)


def _body(text: str, variables: Mapping[str, object]) -> dict[str, object]:
    return {"query": text, "variables": dict(variables)}


def _retry(patience: Patience, methods: frozenset[str], count: Callable[[], None]) -> "_BoundedRetry":
    return _BoundedRetry(
        count=count,
        total=patience.retries,
        allowed_methods=methods,
        status_forcelist=[429, *range(500, 600)],
        backoff_factor=patience.backoff,
        backoff_max=patience.max_wait,
        secondary_rate_wait=patience.secondary_wait,
        max_rate_limit_wait=patience.max_wait,
    )


class _BoundedRetry(GithubRetry):
    """PyGithub's retry, counted, and bounded also where GitHub names the wait itself.

    PyGithub caps only the waits that it works out; urllib3 sleeps for as long as `Retry-After` says, up to six hours.
    """

    def __init__(self, count: Callable[[], None], **settings: Any) -> None:
        super().__init__(**settings)
        self._count = count

    def new(self, **settings: Any) -> "_BoundedRetry":
        return super().new(count=self._count, **settings)

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        *rest: Any,
        **more: Any,
    ) -> "_BoundedRetry":
        """Return the next attempt's state, or raise where GitHub asks for more patience than there is."""
        asked = str(response.headers.get("Retry-After", "")) if response is not None else ""
        if response is not None and asked.isdigit() and int(asked) > (self.max_rate_limit_wait or 0):
            message = {"message": "You have exceeded a secondary rate limit"}
            headers = {name.lower(): value for name, value in response.headers.items()}
            raise RateLimitExceededExceedsMaxWait(response.status, message, headers, wait=float(asked))
        following = super().increment(method, url, response, error, *rest, **more)  # type: ignore[arg-type]
        self._count()
        return cast("_BoundedRetry", following)


def _explained(error: GithubException, what: str) -> ReviewloreError:
    """Say in one sentence what GitHub refused, and what to do about it."""
    said, status = _said(error.data), error.status
    if isinstance(error, RateLimitExceededException) or status == 429:
        wait = (error.headers or {}).get("retry-after") or (error.headers or {}).get("x-ratelimit-reset")
        until = f" (retry-after or reset: {wait})" if wait else ""
        return ForgeError(f"GitHub's rate limit stops {what}{until}; run again later, or with a token of its own.")
    if status == 401:
        return RefusedError(f"GitHub did not accept the token for {what}: {said} Give a valid one as GITHUB_TOKEN.")
    if status == 403:
        needed = (error.headers or {}).get("x-accepted-github-permissions")
        advice = f"it needs {needed}" if needed else "see the `permissions:` of the workflow, and the person's role"
        return RefusedError(f"GitHub does not allow {what}: {said} Give the token what it lacks: {advice}.")
    if status in {404, 410}:
        return InputError(f"GitHub has nothing at {what}, or the token may not see it: {said} Check name and number.")
    if status in {400, 422}:
        return InputError(f"GitHub refuses {what}: {said} The request must be changed before it is sent again.")
    return ForgeError(f"GitHub failed at {what} with status {status}: {said} Try again later.")


def _graphql_error(answer: Any) -> ReviewloreError:
    errors = (answer.get("errors") or []) if isinstance(answer, dict) else []
    said = "; ".join(str(each.get("message")) for each in errors if isinstance(each, dict)) or "no data"
    kinds = {each.get("type") for each in errors if isinstance(each, dict)}
    if "NOT_FOUND" in kinds:
        return InputError(f"GitHub's GraphQL finds nothing there: {said} Check the name and the token.")
    if "FORBIDDEN" in kinds:
        return RefusedError(f"GitHub's GraphQL does not allow this: {said} Give the token what it lacks.")
    return ForgeError(f"GitHub's GraphQL failed: {said} Try again later.")


def _said(data: Any) -> str:
    """What GitHub said in the body of an error, its list of errors included."""
    if not isinstance(data, dict):
        return "no explanation."
    parts = [str(data.get("message") or "no explanation")]
    for each in data.get("errors") or []:
        parts.append(str(each.get("message") or each.get("code")) if isinstance(each, dict) else str(each))
    return "; ".join(parts).rstrip(".") + "."
