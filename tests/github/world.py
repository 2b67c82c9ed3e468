"""The state of the fake and every way to change it: for a test's set-up, and for the handlers behind the requests.

In: names, texts and revisions. Out: records of `state`. No HTTP; the rules of GitHub's API live in the handlers.
"""

import itertools
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.github.bare import BareRepository, hunk_until
from tests.github.shapes import is_bot
from tests.github.state import (
    Installation,
    IssueComment,
    Pull,
    Reaction,
    Repository,
    Review,
    ReviewComment,
    Thread,
    Token,
)

START = datetime(2026, 11, 20, tzinfo=UTC)
# What a workflow's own token may do where `permissions:` asks for all that reviewlore needs.
WORKFLOW_PERMISSIONS = {"pull_requests": "write", "checks": "write", "issues": "write", "actions": "write"}

INSTALLATION = 42
# What an app is allowed that was registered from reviewlore's own manifest.
APP_PERMISSIONS = {"metadata": "read", "contents": "write", "pull_requests": "write", "issues": "read"}
APP_PERMISSIONS |= {"checks": "write", "actions": "write"}


class World:
    """Repositories, people and tokens of one fake GitHub."""

    def __init__(self) -> None:
        # GitHub's ids have long outgrown 32 bits; small ones would hide whoever cannot take them.
        self.ids = itertools.count(2_400_000_001)
        self.repos: dict[str, Repository] = {}
        self.renamed: dict[str, str] = {}
        self.tokens: dict[str, Token] = {}
        self.installation = Installation(INSTALLATION, dict(APP_PERMISSIONS))
        self.app_events = ["issue_comment", "pull_request", "pull_request_review_comment", "push"]
        self._ticks = itertools.count()

    def now(self) -> str:
        """The next second; every event has its own, and no test depends on the machine's clock."""
        return f"{START + timedelta(seconds=next(self._ticks)):%Y-%m-%dT%H:%M:%SZ}"

    def add_repo(self, full_name: str, git: str | Path, default: str = "main", private: bool = False) -> Repository:
        """Add a repository with a bare git repository at `git`, made where there is none."""
        repo = Repository(next(self.ids), full_name, BareRepository(git), default, private)
        self.repos[full_name] = repo
        return repo

    def rename_repo(self, old: str, new: str) -> None:
        """Rename a repository; its old name redirects."""
        self.repos[new] = self.repos.pop(old)
        self.repos[new].full_name = new
        self.renamed[old] = new

    def set_role(self, full_name: str, login: str, role: str) -> None:
        self.repos[full_name].roles[login] = role

    def token(
        self,
        login: str,
        permissions: Mapping[str, str] | None = None,
        ttl: float = 3600,
        repositories: Iterable[str] | None = None,
    ) -> str:
        """Return a new token: a person's, or with `permissions` an app's."""
        value = ("ghp_" if permissions is None else "ghs_") + uuid.uuid4().hex
        limited = None if repositories is None else frozenset(repositories)
        self.tokens[value] = Token(login, permissions and dict(permissions), time.time() + ttl, limited)
        return value

    def workflow_token(self, full_name: str, login: str = "github-actions[bot]", **permissions: str) -> str:
        """Return what a workflow run gets as GITHUB_TOKEN; a permission of "none" takes one away."""
        return self.token(login, WORKFLOW_PERMISSIONS | permissions, repositories=[full_name])

    def commit(
        self, full_name: str, branch: str, files: Mapping[str, str | bytes | None], message: str = "Change", **more: str
    ) -> str:
        """Commit files (None removes) onto a branch, and move the heads of its open pull requests."""
        repo = self.repos[full_name]
        date = more.pop("date", None) or self.now()
        sha = repo.git.commit(branch, files, message, date, **more)
        for pull in repo.pulls.values():
            if pull.state == "open" and pull.head == branch:
                self._follow(repo, pull, sha)
        return sha

    def force_push(self, full_name: str, branch: str, sha: str) -> None:
        """Point a branch at another commit, and with it the heads of its open pull requests."""
        repo = self.repos[full_name]
        repo.git.point(f"refs/heads/{branch}", sha)
        for pull in repo.pulls.values():
            if pull.state == "open" and pull.head == branch:
                self._follow(repo, pull, sha)

    def _follow(self, repo: Repository, pull: Pull, sha: str) -> None:
        pull.head_sha, pull.updated_at = sha, self.now()
        repo.git.point(f"refs/pull/{pull.number}/head", sha)

    def open_pull(
        self, full_name: str, base: str, head: str, title: str = "Title", login: str | None = "alice", **more: object
    ) -> Pull:
        """Open a pull request between two branches; `more` sets any other field of the record."""
        repo = self.repos[full_name]
        known = (*repo.pulls, *(each.number for each in repo.issue_comments.values()))
        number = int(str(more.pop("number", max(known, default=0) + 1)))
        created = str(more.pop("created_at", None) or self.now())
        pull = Pull(number, title, "", login, self._association(repo, login), base, head, created, created)
        if "head_sha" not in more:
            pull.base_sha, pull.head_sha = repo.git.rev(base), repo.git.rev(head)
            repo.git.point(f"refs/pull/{number}/head", pull.head_sha)
        repo.pulls[number] = replace(pull, **more)  # type: ignore[arg-type]
        return repo.pulls[number]

    def merge_pull(
        self,
        full_name: str,
        number: int,
        merged_at: str | None = None,
        squash: bool = False,
        merge_commit: str | None = None,
    ) -> str:
        """Merge a pull request, with a real merge or squash commit unless one is named; return its id."""
        repo = self.repos[full_name]
        pull, at = repo.pulls[number], merged_at or self.now()
        message = f"{pull.title} (#{number})" if squash else f"Merge pull request #{number} from {pull.head}"
        sha = merge_commit or repo.git.merge(pull.base, pull.head_sha, message, at, squash)
        pull.state, pull.merged_at, pull.closed_at, pull.updated_at = "closed", at, at, at
        pull.merge_commit = sha
        return sha

    def close_pull(self, full_name: str, number: int) -> None:
        pull = self.repos[full_name].pulls[number]
        pull.state, pull.closed_at = "closed", self.now()
        pull.updated_at = pull.closed_at

    def add_review_comment(
        self, full_name: str, number: int, path: str, body: str, login: str | None = "bob", **more: object
    ) -> ReviewComment:
        """Add a review comment, the root of a new thread, or with `in_reply_to` a reply; `more` sets other fields."""
        repo = self.repos[full_name]
        pull = repo.pulls[number]
        created = str(more.pop("created_at", None) or self.now())
        commit = str(more.pop("commit", None) or pull.head_sha)
        place = {name: more.pop(name, None) for name in ("line", "start_line")}
        side = str(more.pop("side", "RIGHT"))
        root = repo.review_comments.get(int(str(more.get("in_reply_to") or 0)))
        if root is not None:
            path, side, place = root.path, root.side, {"line": root.line, "start_line": root.start_line}
        comment = ReviewComment(
            next(self.ids), number, path, body, login, self._association(repo, login), created, created, commit, commit,
            "", None, None, side, in_reply_to=None if root is None else root.in_reply_to or root.id,
        )  # fmt: skip
        more.pop("in_reply_to", None)
        comment = replace(comment, original_line=place["line"], **place, **more)  # type: ignore[arg-type]
        if not comment.diff_hunk and comment.line is not None:
            comment.diff_hunk = self._hunk(repo, pull, comment)
        repo.review_comments[comment.id] = comment
        if comment.in_reply_to is None:
            repo.threads[comment.id] = Thread(f"PRRT_{comment.id}", comment.id, number)
        pull.updated_at = max(pull.updated_at, created)
        return comment

    def _hunk(self, repo: Repository, pull: Pull, comment: ReviewComment) -> str:
        changed = (each for each in repo.git.changes(pull.base_sha, comment.original_commit) if each.patch)
        patch = next((each.patch or "" for each in changed if each.path == comment.path), "")
        return hunk_until(patch, comment.line or 0, comment.side)

    def add_issue_comment(
        self, full_name: str, number: int, body: str, login: str | None = "bob", created_at: str | None = None
    ) -> IssueComment:
        """Add a comment to the conversation of a pull request or issue."""
        repo, at = self.repos[full_name], created_at or self.now()
        comment = IssueComment(next(self.ids), number, body, login, self._association(repo, login), at, at)
        repo.issue_comments[comment.id] = comment
        if number in repo.pulls:
            repo.pulls[number].updated_at = max(repo.pulls[number].updated_at, at)
        return comment

    def edit_comment(self, comment: ReviewComment | IssueComment, body: str) -> None:
        """Change a comment's words; the pull request itself does not count as updated."""
        comment.body, comment.updated_at = body, self.now()
        comment.edited_at = comment.updated_at

    def delete_comment(self, full_name: str, comment: ReviewComment | IssueComment) -> None:
        """Remove a comment; a thread goes with its last one, not with its first."""
        repo = self.repos[full_name]
        if isinstance(comment, IssueComment):
            del repo.issue_comments[comment.id]
            return
        del repo.review_comments[comment.id]
        root = comment.in_reply_to or comment.id
        if not any(root in {each.id, each.in_reply_to} for each in repo.review_comments.values()):
            del repo.threads[root]

    def edit_pull(self, full_name: str, number: int, **changes: object) -> Pull:
        """Change any fields of a pull request (title, body, labels, ...)."""
        repo = self.repos[full_name]
        repo.pulls[number] = replace(repo.pulls[number], **{"updated_at": self.now(), **changes})  # type: ignore[arg-type]
        return repo.pulls[number]

    def resolve(self, full_name: str, root: ReviewComment, login: str | None) -> None:
        """Resolve the thread of a root comment, or with a login of None open it again."""
        repo = self.repos[full_name]
        repo.threads[root.id].resolved_by = login
        repo.pulls[root.pull].updated_at = self.now()

    def add_review(
        self, full_name: str, number: int, state: str = "APPROVED", body: str = "", login: str | None = "bob"
    ) -> Review:
        """Submit a review without comments; `state` as GitHub reports it."""
        repo, at = self.repos[full_name], self.now()
        pull = repo.pulls[number]
        association = self._association(repo, login)
        review = Review(next(self.ids), number, login, association, state, body, pull.head_sha, at)
        repo.reviews[review.id] = review
        pull.updated_at = at
        return review

    def react(self, comment: ReviewComment | IssueComment, login: str | None, content: str) -> tuple[Reaction, bool]:
        """Add a reaction and say whether it is new: a person has one of each kind; a login of None is deleted since."""
        for old in comment.reactions:
            if (old.login, old.content) == (login, content) and login is not None:
                return old, False
        reaction = Reaction(next(self.ids), login, content, self.now())
        comment.reactions.append(reaction)
        return reaction, True

    def role_of(self, repo: Repository, login: str) -> str:
        """The role in a repository: the owner's is admin, anybody else's in a public one at least read."""
        if login == repo.full_name.partition("/")[0]:
            return "admin"
        return repo.roles.get(login, "none" if repo.private else "read")

    def knows(self, login: str) -> bool:
        """Whether an account exists: whoever has a role or a token, or ever said something."""
        if any(token.login == login for token in self.tokens.values()):
            return True
        for repo in self.repos.values():
            said = (repo.pulls, repo.review_comments, repo.issue_comments, repo.reviews)
            authors = {record.login for store in said for record in store.values()}  # type: ignore[attr-defined]
            if login in authors | set(repo.roles) or repo.full_name.startswith(f"{login}/"):
                return True
        return False

    def _association(self, repo: Repository, login: str | None) -> str:
        if login is None or is_bot(login):
            return "NONE"
        return {"admin": "OWNER", "maintain": "MEMBER", "write": "MEMBER"}.get(self.role_of(repo, login), "CONTRIBUTOR")
