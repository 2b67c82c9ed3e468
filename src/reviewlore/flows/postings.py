"""Our own comments, found again on the forge: by number, by address, or by the finding in their hidden last line.

It reads and never writes. A comment by a person may carry a copy of our line, so it is told who posted it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from reviewlore.domain.forge import IssueComment, ThreadComment
from reviewlore.domain.lineage import Posting, SaidComment
from reviewlore.errors import InputError, RefusedError
from reviewlore.ports import ForgeComments
from reviewlore.stages.publish.origin import read_comment, read_summary
from reviewlore.stages.redact import pseudonym
from reviewlore.stages.tracing import TraceTarget

MOST_LOOKED_AT = 2000  # comments of each kind, newest first: 20 requests each
_SHORTEST_ID = 6


@dataclass(frozen=True, slots=True)
class Postings:
    """Looks for our comments in one repository; `key` gives the secret of pseudonyms."""

    forge: ForgeComments
    server_url: str
    key: Callable[[], bytes]

    def find(self, target: TraceTarget, finding: str | None) -> tuple[Posting, ...]:
        """Return where the finding that is meant was posted, newest first; none where it is not there.

        RefusedError where a summary explains several findings, or an id begins like several.
        """
        if target.kind == "talk":
            return self._summary(int(target.name))
        if target.kind in ("remark", "number") and target.name.isdecimal():
            found = self._thread(int(target.name))
            if found or finding is None:
                return found or (self._search(target.name) if len(target.name) >= _SHORTEST_ID else ())
        return self._search(finding or target.name)

    def _thread(self, number: int) -> tuple[Posting, ...]:
        try:
            comment = self.forge.thread_comment(number)
        except InputError:
            return ()
        said = read_comment(comment.body)
        return (self._of_thread(comment, said),) if said else ()

    def _summary(self, number: int) -> tuple[Posting, ...]:
        try:
            comment = self.forge.issue_comment(number)
        except InputError:
            return ()
        found = read_summary(comment.body)
        if len(found) > 1:
            names = ", ".join(said.finding for said in found)
            raise RefusedError(f"That summary explains several findings: {names}. Trace one of them by its id.")
        return tuple(self._of_talk(comment, said) for said in found)

    def _search(self, beginning: str) -> tuple[Posting, ...]:
        found = list(self._searched(beginning))
        names = {posting.said.finding for posting in found}
        if len(names) > 1 and beginning not in names:
            raise RefusedError(
                f"Several findings begin with {beginning}: {', '.join(sorted(names))}. Give more digits."
            )
        return tuple(posting for posting in found if len(names) == 1 or posting.said.finding == beginning)

    def _searched(self, beginning: str) -> Iterator[Posting]:
        for comment in islice(self.forge.recent_threads(), MOST_LOOKED_AT):
            said = read_comment(comment.body)
            if said is not None and said.finding.startswith(beginning):
                yield self._of_thread(comment, said)
        for talk in islice(self.forge.recent_talk(), MOST_LOOKED_AT):
            for said in read_summary(talk.body):
                if said.finding.startswith(beginning):
                    yield self._of_talk(talk, said)

    def _of_thread(self, comment: ThreadComment, said: SaidComment) -> Posting:
        return Posting(
            said=said,
            repository=self.forge.repository,
            pull_request=comment.pull_request,
            path=comment.path,
            line=comment.line or comment.original_line,
            url=comment.url,
            created_at=comment.created_at,
            account=self._account(comment.author, comment.author_is_bot),
            by_bot=comment.author_is_bot,
            run_url=self._run_url(said.run),
        )

    def _of_talk(self, comment: IssueComment, said: SaidComment) -> Posting:
        return Posting(
            said=said,
            repository=self.forge.repository,
            pull_request=comment.number,
            path="",
            line=None,
            url=comment.url,
            created_at=comment.created_at,
            account=self._account(comment.author, comment.author_is_bot),
            by_bot=comment.author_is_bot,
            in_summary=True,
        )

    def _account(self, login: str | None, is_bot: bool) -> str:
        return str(login) if is_bot else pseudonym(login, self.key())

    def _run_url(self, run: str) -> str:
        return f"{self.server_url}/{self.forge.repository}/actions/runs/{run}" if run else ""
