"""A forge in memory: one repository's pull requests, comments and roles, with errors on demand. No network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from reviewlore.domain.forge import (
    CommentKind,
    IssueComment,
    NewCheck,
    NewReview,
    OwnThread,
    Posted,
    PostedReview,
    PullRequest,
    Reaction,
    Standing,
    ThreadComment,
)
from reviewlore.domain.people import Role
from reviewlore.errors import InputError
from reviewlore.ports import Forge, ForgeRuns, ForgeVoice

ME = "github-actions[bot]"


def make_pull(number: int = 1, head: str = "b" * 40, base: str = "a" * 40) -> PullRequest:
    """An open pull request."""
    return PullRequest(
        number=number,
        title="Ship partial orders",
        body="",
        author="alice",
        author_is_bot=False,
        state="open",
        draft=False,
        merged=False,
        base_ref="main",
        base_sha=base,
        head_ref="feat",
        head_sha=head,
        head_repository="octo/demo",
        labels=(),
        merge_commit=None,
        created_at="2026-11-20T09:00:00Z",
        updated_at="2026-11-20T09:00:00Z",
        merged_at=None,
        url="https://github.com/octo/demo/pull/1",
    )


@dataclass
class FakeForge(Forge, ForgeVoice, ForgeRuns):
    """What was said lies in `reviews`, `threads`, `talk`, `reactions`, `dispatched`; `calls` lists the writes tried.

    `before` and `after` map a method's name to the errors its next calls raise: before or after it took effect. By the
    id of a thread's first comment: how many reactions it has (`felt`), whether it is `resolved` or its lines are gone
    (`outdated`). `refused` are names that `tidy` refuses, `asked` counts the readings.
    """

    pulls: dict[int, PullRequest] = field(default_factory=lambda: {1: make_pull()})
    roles: dict[str, Role] = field(default_factory=dict)
    reviews: list[PostedReview] = field(default_factory=list)
    threads: list[ThreadComment] = field(default_factory=list)
    talk: list[IssueComment] = field(default_factory=list)
    reactions: list[tuple[CommentKind, int, Reaction]] = field(default_factory=list)
    checks: list[NewCheck] = field(default_factory=list)
    dispatched: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    before: dict[str, list[Exception]] = field(default_factory=dict)
    after: dict[str, list[Exception]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    login: str = ME
    asked: int = 0
    felt: dict[int, int] = field(default_factory=dict)
    resolved: set[int] = field(default_factory=set)
    outdated: set[int] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    may_tidy: bool = True

    def pull(self, number: int) -> PullRequest:
        if number not in self.pulls:
            raise InputError(f"There is no pull request {number}.")
        return self.pulls[number]

    def open_pulls(self, head_repository: str, branch: str) -> tuple[PullRequest, ...]:
        meant = (head_repository, branch, "open")
        return tuple(each for each in self.pulls.values() if (each.head_repository, each.head_ref, each.state) == meant)

    def role(self, login: str) -> Role:
        return self.roles.get(login, "none")

    def thread_comment(self, comment: int) -> ThreadComment:
        return next(each for each in self.threads if each.id == comment)

    def dated_comment(self, comment: int) -> ThreadComment:
        found = [each for each in self.threads if each.id == comment]
        if not found:
            raise InputError(f"There is no comment {comment}.")
        return found[0]

    def posted(self, number: int, marker: str) -> Posted:
        def mine(author: str | None, body: str) -> bool:
            return author == self.login and marker in body

        threads = [each for each in self.threads if each.pull_request == number and mine(each.author, each.body)]
        return Posted(
            tuple(each for each in self.reviews if each.pull_request == number and mine(each.author, each.body)),
            tuple(threads),
            tuple(each for each in self.talk if each.number == number and mine(each.author, each.body)),
            tuple(self._thread(each) for each in threads if each.in_reply_to is None),
        )

    def standing(self, number: int, marker: str) -> Standing:
        self.asked += 1
        return Standing("octo/demo", self.login, self.pull(number), self.posted(number, marker))

    def tidy(self, comments: Sequence[str], threads: Sequence[str]) -> tuple[str, ...]:
        self._start("tidy")
        for place, each in enumerate(self.threads):
            if f"PRRC_{each.id}" in set(comments) - self.refused:
                self.threads[place] = replace(each, hidden="outdated")
            if f"PRRT_{each.id}" in set(threads) - self.refused:
                self.resolved.add(each.id)
        self._finish("tidy")
        return tuple(node for node in (*comments, *threads) if node in self.refused)

    def _thread(self, root: ThreadComment) -> OwnThread:
        return OwnThread(
            node=f"PRRT_{root.id}",
            comment_node=f"PRRC_{root.id}",
            comment=root,
            answers=sum(each.in_reply_to == root.id for each in self.threads),
            reactions=self.felt.get(root.id, 0),
            resolved=root.id in self.resolved,
            outdated=root.id in self.outdated,
            may_resolve=self.may_tidy,
            may_minimise=self.may_tidy,
        )

    def post_review(self, number: int, review: NewReview) -> PostedReview:
        self._start("post_review")
        posted = PostedReview(
            self._next(), number, self.login, True, "COMMENTED", review.body, review.commit, "2026-11-20T10:00:00Z", ""
        )
        self.reviews.append(posted)
        for comment in review.comments:
            self.add_thread(comment.body, self.login, number, comment.anchor.path, comment.anchor.line)
        self._finish("post_review")
        return posted

    def post_comment(self, number: int, body: str) -> IssueComment:
        self._start("post_comment")
        comment = IssueComment(self._next(), number, body, self.login, True, "NONE", "", "", "")
        self.talk.append(comment)
        self._finish("post_comment")
        return comment

    def edit_comment(self, comment: int, body: str) -> IssueComment:
        self._start("edit_comment")
        place = next(index for index, each in enumerate(self.talk) if each.id == comment)
        self.talk[place] = replace(self.talk[place], body=body)
        self._finish("edit_comment")
        return self.talk[place]

    def reply(self, number: int, comment: int, body: str) -> ThreadComment:
        self._start("reply")
        answer = replace(self.add_thread(body, self.login, number), in_reply_to=comment)
        self.threads[-1] = answer
        self._finish("reply")
        return answer

    def react(self, kind: CommentKind, comment: int, reaction: Reaction) -> None:
        self._start("react")
        self.reactions.append((kind, comment, reaction))
        self._finish("react")

    def conclude_check(self, check: NewCheck) -> int:
        self._start("conclude_check")
        self.checks.append(check)
        return len(self.checks)

    def dispatch(self, workflow: str, ref: str, inputs: Mapping[str, str]) -> None:
        self._start("dispatch")
        self.dispatched.append((workflow, ref, dict(inputs)))

    def add_thread(
        self, body: str, author: str, number: int = 1, path: str = "a.py", line: int | None = 1
    ) -> ThreadComment:
        """Add a review comment by anybody."""
        comment = ThreadComment(
            id=self._next(),
            in_reply_to=None,
            review=None,
            pull_request=number,
            path=path,
            line=line,
            original_line=line,
            side="RIGHT",
            start_line=None,
            original_start_line=None,
            diff_hunk="",
            body=body,
            author=author,
            author_is_bot=author.endswith("[bot]"),
            author_association="NONE",
            created_at="",
            updated_at="",
            original_commit="",
            commit="",
            url="",
        )
        self.threads.append(comment)
        return comment

    def change_pull(self, **changes: object) -> None:
        """Change pull request 1, as a push or a maintainer would."""
        self.pulls[1] = replace(self.pulls[1], **changes)  # type: ignore[arg-type]

    def bodies(self) -> list[str]:
        """All that was ever said here."""
        return [each.body for each in (*self.reviews, *self.threads, *self.talk)]

    def _start(self, name: str) -> None:
        self.calls.append(name)
        if self.before.get(name):
            raise self.before[name].pop(0)

    def _finish(self, name: str) -> None:
        if self.after.get(name):
            raise self.after[name].pop(0)

    def _next(self) -> int:
        return 1000 + len(self.reviews) + len(self.threads) + len(self.talk)
