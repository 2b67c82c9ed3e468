"""What this team said, taught and decided before, for a finding or a hunk: the sources to an index, its hits to few.

Nothing is read before the first question, and nothing again that the index holds already. Precedents are evidence under
a finding, never findings.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from reviewlore.domain.finding import Finding, Precedent
from reviewlore.domain.retrieval import Hit, Passages, Scope
from reviewlore.flows import state
from reviewlore.flows.choosing import telling_words
from reviewlore.formats.rules import parse_rules
from reviewlore.ports import Index, Repo, Store
from reviewlore.stages.curate import matches
from reviewlore.stages.mine import classify_concern
from reviewlore.stages.passages import (
    MAX_DOCUMENTS,
    is_decision_document,
    passages_of_document,
    passages_of_episodes,
    passages_of_rules,
)
from reviewlore.stages.retrieve import (
    MAX_PRECEDENTS,
    choose_answers,
    choose_precedents,
    concern_of,
    query_of,
    query_of_hunk,
    written_query_of,
    written_query_of_hunk,
)
from reviewlore.stages.review.candidates import words_of

_SEARCHED = 8  # more than are cited: some say the same, some rules are of other paths
# Telling words that a cited remark has in common with what a finding says, one where it has no more than `_FEW`: code
# alone brings remarks about something else.
_SHARED, _FEW = 2, 4
_DECIDED = "decision:"


@dataclass(frozen=True)
class Precedents:
    """The past of one repository at one commit; `commit` is the base, so that no pull request brings its own.

    `guidance` are patterns of files that are searched beside the documents that tell decisions.
    """

    repository: str
    repo: Repo
    store: Store
    index: Index
    commit: str
    guidance: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What could not be used or kept; empty before the first question."""
        left = len(self._documents) - MAX_DOCUMENTS
        more = f"{left} documents are not searched for decisions: {MAX_DOCUMENTS} are the most that are read."
        return (*self.index.notes, more) if "_filled" in vars(self) and left > 0 else self.index.notes

    def cite(self, findings: tuple[Finding, ...]) -> list[Finding]:
        """Return the findings, each with what it rests on."""
        return [replace(finding, precedents=self.for_finding(finding)) for finding in findings]

    def for_finding(self, finding: Finding) -> tuple[Precedent, ...]:
        """Return up to three precedents of a finding: a rule and a decision about it, and remarks of its concern."""
        concern = concern_of(finding)
        if concern == "other":
            concern = classify_concern(f"{finding.title} {finding.why}")
        about = telling_words(words_of(finding))
        found = self._filled.search(query_of(finding), _SEARCHED, Scope(("episode",), self.repository, concern))
        said = [hit for hit in found if _is_about(telling_words(hit.passage.excerpt), about)]
        return choose_precedents(finding.anchor.path, self._written(written_query_of(finding)), said, MAX_PRECEDENTS)

    def for_hunk(self, path: str, hunk: str, limit: int = MAX_PRECEDENTS) -> tuple[Precedent, ...]:
        """Return up to `limit` precedents of a hunk, closest first, about whatever concern: context for a model."""
        scope = Scope(("episode",), self.repository)
        said = self._filled.search(query_of_hunk(path, hunk), _SEARCHED + limit, scope)
        return choose_precedents(path, self._written(written_query_of_hunk(hunk)), said, limit)

    def for_question(self, question: str, limit: int) -> tuple[Precedent, ...]:
        """Return up to `limit` remarks, rules and documents that bear on a question, the closest first."""
        asked = " ".join(word for word in question.split() if telling_words(word))
        found = self._filled.search(asked, _SEARCHED + limit, Scope((), self.repository)) if asked else ()
        return choose_answers(found, limit)

    def _written(self, query: str) -> tuple[Hit, ...]:
        """Return the rules and decisions that a query finds, where there are any."""
        if not self._documents and state.RULES not in self._taught:
            return ()
        return self._filled.search(query, _SEARCHED, Scope(("rule", "decision")))

    @cached_property
    def _documents(self) -> dict[str, str]:
        """The blobs of the documents that tell decisions, by path, those of the upper folders first.

        No index and no link takes a path that is no UTF-8: its odd bytes are written as escapes.
        """
        found = [
            file
            for file in self.repo.files(self.commit)
            if is_decision_document(file.path) or matches(file.path, self.guidance)
        ]
        found.sort(key=lambda file: (file.path.count("/"), file.path))
        return {file.path.encode("utf-8", "backslashreplace").decode(): file.blob for file in found}

    @cached_property
    def _taught(self) -> Mapping[str, str]:
        return self.store.ids(state.RULES)

    @cached_property
    def _filled(self) -> Index:
        """The index, brought to what the state branch and the base commit hold now.

        The newest months come first: where there is more than an index holds, the oldest are left out.
        """
        episodes = self.store.ids(state.EPISODES)
        documents = list(self._documents.items())[:MAX_DOCUMENTS]
        sources = {
            **self._taught,
            **{f"{_DECIDED}{path}": blob for path, blob in documents},
            **{path: episodes[path] for path in sorted(episodes, reverse=True)},
        }
        self.index.update(sources, self._read)
        return self.index

    def _read(self, name: str) -> Passages:
        if name.startswith(_DECIDED):
            path = name.removeprefix(_DECIDED)
            ((_, content),) = self.repo.blobs([self._documents[path]])
            return passages_of_document(path, content)
        if name == state.RULES:
            return passages_of_rules(*parse_rules(self.store.read(name) or b""))
        return passages_of_episodes(state.read_month(self.store, name))


def _is_about(remark: frozenset[str], finding: frozenset[str]) -> bool:
    """Whether a remark speaks of what a finding says, by the telling words of both."""
    return len(remark & finding) >= (_SHARED if len(remark) > _FEW else 1)
