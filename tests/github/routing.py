"""How a handler of the fake is registered, what it is called with, and how it answers or refuses.

In: an operation's method and path template. Out: an entry of HANDLERS. It knows no operation itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from tests.github.bare import BareRepository, GitError
from tests.github.state import Pull, Repository, Token

if TYPE_CHECKING:
    from tests.github.fake import FakeGitHub

REPO = "/repos/{owner}/{repo}"
PULL = REPO + "/pulls/{pull_number}"
MAX_BODY = 65_536


class ApiError(Exception):
    """An answer with a GitHub error body."""

    def __init__(
        self, status: int, message: str, errors: list[Any] | None = None, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}
        self.body: dict[str, Any] = {"message": message, "documentation_url": "https://docs.github.com/rest"}
        self.body["status"] = str(status)
        if errors:
            self.body["errors"] = errors


@dataclass(frozen=True)
class Listing:
    """A list to be answered in pages; only the asked page is rendered."""

    items: Sequence[Any]
    render: Callable[[Any], dict[str, Any]]
    per_page: int = 30


@dataclass
class Call:
    """One request to one operation, its repository found and its caller known."""

    fake: FakeGitHub
    found: Repository | None
    values: dict[str, str]
    query: dict[str, str]
    body: dict[str, Any]
    token: Token
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def repo(self) -> Repository:
        if self.found is None:
            raise ApiError(404, "Not Found")
        return self.found

    @property
    def git(self) -> BareRepository:
        return self.repo.git

    @property
    def login(self) -> str:
        return self.token.login

    @property
    def pull(self) -> Pull:
        return find(self.repo.pulls, self.id("pull_number"))

    def id(self, name: str) -> int:
        if not self.values[name].isdigit():
            raise ApiError(404, "Not Found")
        return int(self.values[name])


Answer = tuple[int, Any]
Handler = Callable[[Call], Answer]
HANDLERS: dict[tuple[str, str], Handler] = {}


def operation(method: str, template: str) -> Callable[[Handler], Handler]:
    """Register a function as the handler of one operation of GitHub's description."""

    def register(handler: Handler) -> Handler:
        HANDLERS[method, template] = handler
        return handler

    return register


def find(store: dict[int, Any], key: int) -> Any:
    if key not in store:
        raise ApiError(404, "Not Found")
    return store[key]


def revision(git: BareRepository, name: str) -> str:
    """Return the commit id of a name in a request."""
    try:
        return git.rev(name)
    except GitError as error:
        raise ApiError(404, "Not Found") from error


def check_length(body: str, resource: str) -> None:
    """Refuse a text longer than GitHub takes."""
    if len(body) > MAX_BODY:
        message = f"Body is too long (maximum is {MAX_BODY} characters)"
        detail = {"resource": resource, "code": "unprocessable", "field": "data", "message": message}
        raise ApiError(422, "Validation Failed", [detail])


def page_of(listing: Listing, query: dict[str, str], url: str) -> tuple[list[Any], dict[str, str]]:
    """Return one page of a listing, and its `Link` header where there are more."""
    size = max(1, min(int(query.get("per_page", listing.per_page)), 100))
    page = max(1, int(query.get("page", 1)))
    last = max(1, -(-len(listing.items) // size))
    wanted = {"first": 1, "prev": page - 1} if page > 1 else {}
    wanted |= {"next": page + 1, "last": last} if page < last else {}
    links = [
        f'<{url}?{urlencode({**query, "per_page": size, "page": number})}>; rel="{rel}"'
        for rel, number in wanted.items()
    ]
    items = listing.items[(page - 1) * size : page * size]
    return [listing.render(item) for item in items], {"Link": ", ".join(links)} if links else {}
