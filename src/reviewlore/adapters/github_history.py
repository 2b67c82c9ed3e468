"""The past of one repository on GitHub, read in whole pages for mining (`ports.ForgeHistory`).

In: a connection and a repository's name. Out: records of `domain/forge.py`; never a request for a single comment, and
none for a single pull request unless GitHub gives up on all larger ones. It decides nothing about what was said.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from reviewlore.adapters.github import PAGE, Connection
from reviewlore.adapters.github_answers import GaveUpError, Page, RefusedCursorError
from reviewlore.adapters.github_queries import (
    MERGED_BACKWARDS,
    MERGED_NEXT,
    MERGED_PAGE,
    Unfinished,
    add_rest,
    find_unfinished,
    plan_pulls,
    plan_rest,
)
from reviewlore.domain.forge import HistoryPage, MergedPull, Position
from reviewlore.domain.people import Role
from reviewlore.errors import BudgetError, ForgeError, InputError, RefusedError, ReviewloreError
from reviewlore.formats.github import parse_collaborator, parse_role, parsed, pull_number
from reviewlore.formats.github_graph import parse_merged_pull

T = TypeVar("T")
# Pull requests a page, and connections a batch, where GitHub can answer as many: `github_queries.py` has the costs.
_PULLS = 25
# What GitHub allows in names of owners and repositories; none of it can leave the path of an address.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}")


def split_name(repository: str) -> tuple[str, str]:
    """Return the owner and the name of a repository; InputError where GitHub can have none of that name."""
    if not _NAME.fullmatch(repository):
        raise InputError(f"{repository!r} is no repository; write it as OWNER/NAME.")
    owner, name = repository.split("/")
    return owner, name


def locate(connection: Connection, repository: str, tag: str | None = None) -> tuple[str, str | None]:
    """Return a repository's name as it is now, and the answer's entity tag; InputError where there is none.

    With the tag of an answer that still holds, the name is what it was. PyGithub follows the redirect of a renamed
    repository without the query, which would list something else: hence the name of today.
    """
    split_name(repository)
    page = connection.page(f"/repos/{repository}", tag)
    if page is None:
        return repository, tag
    name = page.data.get("full_name") if isinstance(page.data, dict) else None
    if not isinstance(name, str):
        raise ForgeError(f"GitHub's answer to GET /repos/{repository} has no full_name; check the API address.")
    return name, page.tag


def find_role(connection: Connection, repository: str, login: str) -> Role:
    """Return a person's role; `none` whenever GitHub does not tell, so that an error never opens a door."""
    try:
        return parsed(parse_role, connection.get(_role_path(repository, login)))
    except BudgetError:
        raise
    except ReviewloreError:
        return "none"


def _role_path(repository: str, login: str) -> str:
    return f"/repos/{repository}/collaborators/{quote(login, safe='')}/permission"


class GithubHistory:
    """Implements `ports.ForgeHistory`. `tags` are the entity tags of the last run, by address."""

    def __init__(self, connection: Connection, repository: str, tags: Mapping[str, str] | None = None) -> None:
        self._connection, self._old_tags = connection, dict(tags or {})
        self._tags: dict[str, str] = {}
        self._roles: dict[str, Role] = {}
        self._may_ask = True
        self._pages, self._batches = _Ladder(_PULLS), _Ladder(_PULLS)
        address = f"/repos/{repository}"
        self.repository, tag = locate(connection, repository, self._old_tags.get(address))
        self._remember(address, tag)

    def merged(self, start: Position) -> Iterator[HistoryPage]:
        """Yield merged pull requests behind a position, whole, the least recently updated first."""
        position, page = self._first_page(start)
        while True:
            nodes, info = page["nodes"], page["pageInfo"]
            if nodes:
                position = Position(info["endCursor"], str(nodes[-1]["updatedAt"]))
            last = not info["hasNextPage"]
            yield HistoryPage(self._whole(nodes), position, last)
            if last:
                return
            page = self._page(position.after)

    def pulls(self, numbers: Sequence[int]) -> Iterator[HistoryPage]:
        """Yield the merged ones of these pull requests, whole, as they are now; numbers of issues are passed over."""
        left = len(numbers)
        for batch, found in self._in_batches(list(numbers), self._ask_pulls, int):
            left -= len(batch)
            nodes = [node for node in found if node is not None and node["mergedAt"] is not None]
            yield HistoryPage(self._whole(nodes), Position(), last=left == 0)

    def touched(self, since: str) -> frozenset[int]:
        """Return the pull requests of which a review comment was written or edited since.

        The last updated come first: an unchanged first page then means that there is no news, and a comment that is
        updated meanwhile pushes others to later pages instead of past us. Nothing is said twice: with the entity tag of
        an answer that still holds, nothing is returned.
        """
        query = {"sort": "updated", "direction": "desc", "since": since, "per_page": str(PAGE)}
        path = f"/repos/{self.repository}/pulls/comments"
        page = self._news(path, query)
        numbers: set[int] = set()
        while page is not None:
            numbers |= {parsed(pull_number, value) for value in page.items(path)}
            page = self._connection.page(page.following) if page.following else None
        return frozenset(numbers)

    def writers(self) -> frozenset[str] | None:
        """Return the logins (lower case) of all who may write, or None where this token may not list them."""
        path = f"/repos/{self.repository}/collaborators"
        try:
            found = list(self._connection.pages(path, permission="push"))
        except (RefusedError, InputError):
            return None
        people = (parsed(parse_collaborator, each) for each in found)
        return frozenset(login.lower() for login, may_write in people if may_write)

    def role(self, login: str) -> Role | None:
        """Return one person's role, asked once; `none` for a stranger, None where this token may not ask."""
        if login not in self._roles and self._may_ask:
            path = _role_path(self.repository, login)
            try:
                self._roles[login] = parsed(parse_role, self._connection.get(path))
            except RefusedError:
                self._may_ask = False
            except InputError:
                self._roles[login] = "none"
        return self._roles.get(login)

    def tags(self) -> dict[str, str]:
        """Return the entity tags of the answers of this run by address."""
        return dict(self._tags)

    def requests_used(self) -> int:
        """Return how many requests the connection has sent so far."""
        return self._connection.requests

    def _first_page(self, start: Position) -> tuple[Position, Any]:
        """Return the page behind a position; found by its time where GitHub does not take, or mistakes, its mark."""
        if start.after is not None:
            try:
                page = self._page(start.after)
            except RefusedCursorError:
                page = None
            if page is not None and not _is_before(page["nodes"], start.updated_at):
                return start, page
        after = None if start.updated_at is None else self._find_cursor(start.updated_at)
        return Position(after, start.updated_at), self._page(after)

    def _find_cursor(self, since: str) -> str | None:
        """Return the cursor of the last pull request updated before a time; None where there is none before.

        From the end backwards: what is walked over will be read, so that this costs at most a quarter more requests.
        """
        before: str | None = None
        while True:
            page = self._ask(MERGED_BACKWARDS, before=before)["pullRequests"]
            older = [edge for edge in page["edges"] if edge["node"]["updatedAt"] < since]
            if older:
                return str(older[-1]["cursor"])
            if not page["pageInfo"]["hasPreviousPage"]:
                return None
            before = page["pageInfo"]["startCursor"]

    def _page(self, after: str | None) -> Any:
        """Return one page of merged pull requests, as large as GitHub can answer it."""
        while True:
            size = self._pages.size
            try:
                page = self._ask(MERGED_PAGE, None if size == 1 else 0, first=size, after=after)["pullRequests"]
            except GaveUpError as error:
                if self._pages.shrink():
                    continue
                nodes = self._ask(MERGED_NEXT, after=after)["pullRequests"]["nodes"]
                raise self._unreadable(nodes[0]["number"] if nodes else None, error) from error
            self._pages.succeed()
            return page

    def _whole(self, nodes: Sequence[Any]) -> tuple[MergedPull, ...]:
        """Return pull requests with all that a page did not show of them."""
        rest = [each for node in nodes for each in find_unfinished(node)]
        while rest:
            following: list[Unfinished] = []
            for batch, found in self._in_batches(rest, self._ask_rest, lambda each: each.number):
                for unfinished, more in zip(batch, found, strict=True):
                    following += add_rest(unfinished, more)
            rest = following
        return tuple(parsed(parse_merged_pull, node) for node in nodes)

    def _in_batches(
        self, items: list[T], ask: Callable[[list[T], int | None], list[Any]], number: Callable[[T], int]
    ) -> Iterator[tuple[list[T], list[Any]]]:
        """Yield items in batches with what was found for each, in smaller batches where GitHub gives up."""
        done = 0
        while done < len(items):
            size = self._batches.size
            batch = items[done : done + size]
            try:
                found = ask(batch, None if size == 1 else 0)
            except GaveUpError as error:
                if self._batches.shrink():
                    continue
                raise self._unreadable(number(batch[0]), error) from error
            self._batches.succeed()
            done += len(batch)
            yield batch, found

    def _ask_rest(self, parts: list[Unfinished], retries: int | None) -> list[Any]:
        text, variables = plan_rest(parts, self._batches.share)
        data = self._connection.query(text, variables, retries, missing=True)
        return [data[f"part{index}"] for index in range(len(parts))]

    def _ask_pulls(self, numbers: list[int], retries: int | None) -> list[Any]:
        text, variables = plan_pulls(numbers)
        data = self._ask(text, retries, missing=True, **variables)
        return [data[f"pull{index}"] for index in range(len(numbers))]

    def _ask(self, text: str, retries: int | None = None, missing: bool = False, **variables: object) -> Any:
        owner, name = self.repository.split("/")
        asked = {"owner": owner, "name": name, **variables}
        found = self._connection.query(text, asked, retries, missing).get("repository")
        if not isinstance(found, dict):
            raise ForgeError(f"GitHub's GraphQL answered without {self.repository}; check the API address.")
        return found

    def _unreadable(self, number: int | None, error: ForgeError) -> ForgeError:
        where = f"Pull request #{number} of {self.repository}" if number else f"A pull request of {self.repository}"
        return ForgeError(f"{where} cannot be read, not even by itself. {error}")

    def _news(self, path: str, query: Mapping[str, str]) -> Page | None:
        """Return the first page of a list, or None where it is what it was at the last run."""
        address = f"{path}?{urlencode(query)}"
        tag = self._old_tags.get(address)
        page = self._connection.page(path, tag, **query)
        self._remember(address, tag if page is None else page.tag)
        return page

    def _remember(self, address: str, tag: str | None) -> None:
        if tag is not None:
            self._tags[address] = tag


class _Ladder:
    """How much is asked for at once: less after GitHub gave up, more again after some answers."""

    _CALM = 4

    def __init__(self, most: int) -> None:
        self._most = self.size = most
        self._answered = 0

    @property
    def share(self) -> float:
        """How much of the most is asked for."""
        return self.size / self._most

    def shrink(self) -> bool:
        """Ask for half as much; False where that is not possible."""
        asked, self._answered = self.size, 0
        self.size = max(1, asked // 2)
        return asked > 1

    def succeed(self) -> None:
        """Count an answer; after some in a row ask for twice as much."""
        self._answered += 1
        if self._answered >= self._CALM and self.size < self._most:
            self.size, self._answered = min(self._most, 2 * self.size), 0


def _is_before(nodes: Sequence[Any], time: str | None) -> bool:
    return bool(nodes) and time is not None and str(nodes[0]["updatedAt"]) < time
