"""A change to what a model is asked about it: git objects at its base and head in, requests and their coverage out.

Called only where a model is there to be asked. It reads guidance and code from objects, and posts nothing.
"""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from reviewlore.architecture.codeowners import PLACES, CodeOwners, parse_codeowners
from reviewlore.architecture.facts.change import ChangeContext
from reviewlore.config import Settings
from reviewlore.diff import FilePatch, Hunk
from reviewlore.domain.architecture import Fact
from reviewlore.domain.asking import ModelRequest, PullText
from reviewlore.domain.finding import UNCHANGED, Precedent, Specialist
from reviewlore.domain.neutral import neutral, neutral_line
from reviewlore.domain.retrieval import Rule
from reviewlore.domain.usage import Coverage
from reviewlore.domain.voice import SILENT, Voice
from reviewlore.flows.briefing_files import KnownFiles, fact_row, kind_of_file
from reviewlore.flows.briefing_words import read_guidance, tell, tell_gaps, tell_rules
from reviewlore.flows.texts import read_texts
from reviewlore.ports import Repo
from reviewlore.ranking.attention import Attention
from reviewlore.stages.curate import matches
from reviewlore.stages.review.cards import FileCard, Part
from reviewlore.stages.review.context import Budget, Shared, Wanted, make_requests
from reviewlore.stages.review.excerpts import Piece, Surroundings, make_pieces
from reviewlore.stages.review.priority import Score, score_hunk
from reviewlore.stages.review.route import route
from reviewlore.stages.taught import rules_for

if TYPE_CHECKING:
    from reviewlore.domain.recipe import TextBudget

ForHunk = Callable[[str, str, int], Sequence[Precedent]]

# Hunks for which the past is searched, the most important ones: each search takes milliseconds.
_SEARCHED, _PRECEDENTS = 20, 2
_CONVENTIONS = 10
# Tokens of a row's number, and of what stands around and above a hunk.
_NUMBER, _FRAME = 3, 25
# Of all calls together, what hunks may take before they lose unchanged rows: changed rows are longer than others.
_FILLED = 0.7
# Files for which a neighbouring test is read; a call shows one of them.
_EXAMPLES = 12
# Characters of a note; what is longer is told by its beginning.
_NOTE = 400
# Hunks asked about one by one in the form in which adapters are trained.
MOST_TRAINED = 100


@dataclass(frozen=True, slots=True)
class Trained:
    """The form of an adapter: its recipe's budget of text, and adapters by specialist (empty name: for all others)."""

    budget: "TextBudget"
    adapters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sources:
    """Where a briefing is taken from: objects, the two commits, the templates, and who knows precedents for a hunk.

    `attention` tells which hunks people speak of, `score` turns all that is known of a hunk into its place in line.
    `taught` are the rules of maintainers.
    """

    repo: Repo
    base: str
    head: str
    templates: Mapping[str, str]
    precedents: ForHunk = lambda path, hunk, limit: ()
    score: Score = score_hunk
    attention: Attention | None = None
    taught: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class Briefing:
    """What a model is asked about one change, what of it that shows, and in a sentence each what it leaves out."""

    requests: tuple[ModelRequest, ...] = ()
    coverage: Coverage = field(default_factory=Coverage)
    notes: tuple[str, ...] = ()


def brief(
    sources: Sources,
    change: ChangeContext,
    facts: Sequence[Fact],
    settings: Settings,
    *,
    told: PullText | None = None,
    trained: Trained | None = None,
    voice: Voice = SILENT,
    seen: Set[tuple[str, int]] = frozenset(),
) -> Briefing:
    """Return the requests for a change; with `trained` in the form of its adapters, one a hunk, without `voice`.

    Hunks in `seen` (path, place in the file's patch) are not shown again; what is told of the others knows of them.
    InputError where an object cannot be read, Fault where a template cannot be used.
    """
    return _Briefer(sources, change, facts, settings, voice, seen).brief(told, trained)


@dataclass(slots=True)
class _Draft:
    """One piece while what is told of it is gathered."""

    piece: Piece
    score: float
    specialists: tuple[Specialist, ...]
    notes: list[str]


class _Briefer:
    """One change being told."""

    def __init__(
        self,
        sources: Sources,
        change: ChangeContext,
        facts: Sequence[Fact],
        settings: Settings,
        voice: Voice,
        seen: Set[tuple[str, int]],
    ) -> None:
        self._sources = sources
        self._voice = voice
        self._change = change
        self._patches = tuple(_without(patch, seen) for patch in change.patches)
        self._settings = settings
        model = settings.model
        self._budget = Budget(model.context_tokens, model.answer_tokens, model.max_calls, model.characters_per_token)
        self._known = KnownFiles(change, facts, self._owners(), sources.attention)
        self._hidden = 0

    def brief(self, told: PullText | None, trained: Trained | None) -> Briefing:
        cards = self._cards()
        if trained is not None:
            from reviewlore.stages.review.trained import trained_excerpts, trained_requests

            excerpts, coverage = trained_excerpts(cards, trained.budget, MOST_TRAINED)
            requests = trained_requests(excerpts, self._sources.templates, trained.budget, trained.adapters)
            return Briefing(requests, coverage, tell_gaps(self._hidden, self._context))
        room = self._budget.prompt_tokens
        share = room // 5 if 2 * self._size <= room else room // 12
        paths = [patch.path for patch in self._patches if not self._reason(patch)]
        repo, base = self._sources.repo, self._sources.base
        patterns = self._settings.review.guidance
        guidance = read_guidance(repo, base, self._change.base.files, patterns, paths, share, self._budget)
        taught, untold = tell_rules(rules_for(self._sources.taught, paths), share, self._budget)
        title, body, cut, hidden = tell(told, self._budget)
        self._hidden += hidden
        conventions = tuple(self._neutral(row) for row in self._known.conventions(_CONVENTIONS))
        review = self._settings.review
        asked = make_requests(
            cards,
            Shared(title, body, (*taught, *guidance.sections), conventions),
            self._sources.templates,
            self._budget,
            Wanted(remarks=review.max_comments + 3, suggestions=review.suggestions, manner=self._voice.manner),
        )
        gaps = tell_gaps(self._hidden, self._context, guidance, cut=cut)
        return Briefing(asked.requests, asked.coverage, (*gaps, *untold))

    @cached_property
    def _size(self) -> int:
        """Roughly how many tokens the hunks take."""
        return (
            self._budget.cost(*(hunk.text for hunk in self._hunks)) + _NUMBER * self._rows + _FRAME * len(self._hunks)
        )

    @cached_property
    def _hunks(self) -> list[Hunk]:
        return [hunk for patch in self._patches if not self._reason(patch) for hunk in patch.hunks]

    @cached_property
    def _rows(self) -> int:
        return sum(hunk.text.count("\n") for hunk in self._hunks)

    @cached_property
    def _context(self) -> int:
        """How many rows of context hunks are shown with: all that git gives, fewer rather than leaving changes out."""
        changed = sum(len(hunk.added) + len(hunk.removed) for hunk in self._hunks)
        fixed = _FRAME * len(self._hunks)
        room = _FILLED * self._budget.prompt_tokens * self._budget.calls
        for context in (3, 2):
            share = min(1.0, (changed + 2 * context * len(self._hunks)) / max(1, self._rows))
            if (self._size - fixed) * share + fixed <= room:
                return context
        return 1

    def _reason(self, patch: FilePatch) -> str:
        """Return why nothing of a file is shown, empty where its hunks are."""
        if matches(patch.path, self._settings.review.exclude_paths):
            return "path_excluded"
        if patch.binary or patch.hunks:
            return "binary" if patch.binary else ""
        return UNCHANGED if self._change.patch_of[patch.path].hunks else "no_content_changed"

    def _cards(self) -> list[FileCard]:
        contents, around = self._contents()
        drafts = {
            patch.path: [] if self._reason(patch) else self._drafts(patch, contents.get(patch.path), around)
            for patch in self._patches
        }
        self._cite([draft for made in drafts.values() for draft in made if draft.specialists])
        examples = self._examples(drafts)
        return [self._card(patch, drafts[patch.path], examples.get(patch.path)) for patch in self._patches]

    def _drafts(self, patch: FilePatch, content: str | None, around: Surroundings) -> list[_Draft]:
        module = self._change.head.modules.get(patch.path)
        pieces = make_pieces(patch, module.parsed if module else None, content, around)
        signals = self._known.signals(patch, pieces)
        facts = self._known.facts(patch.path, pieces)
        allowed = self._settings.review.specialists
        return [
            _Draft(piece, self._sources.score(one), route(one, allowed), [fact_row(fact) for fact in found])
            for piece, one, found in zip(pieces, signals, facts, strict=True)
        ]

    def _card(self, patch: FilePatch, drafts: Sequence[_Draft], example: tuple[str, str] | None) -> FileCard:
        kept = [draft for draft in drafts if draft.specialists]
        self._hidden += sum(draft.piece.hidden for draft in kept)
        whole = self._change.patch_of[patch.path].hunks
        return FileCard(
            path=patch.path,
            kind=kind_of_file(patch.path),
            parts=tuple(
                Part(one.piece, one.score, one.specialists, tuple(map(self._neutral, one.notes))) for one in kept
            ),
            notes=tuple(self._neutral(row) for row in self._known.notes(patch)) if kept else (),
            added=sum(len(hunk.added) for hunk in whole),
            removed=sum(len(hunk.removed) for hunk in whole),
            reason=self._reason(patch) or "no_specialist_asked",
            unasked=sum(draft.piece.size for draft in drafts if not draft.specialists),
            example=example,
        )

    def _contents(self) -> tuple[Mapping[str, str], Surroundings]:
        """Return the new files, where the budget leaves room for what stands around their hunks; and how much of it."""
        room = self._budget.prompt_tokens
        rows = 15 if 4 * self._size <= room else 6 if 2 * self._size <= room else 0
        around = Surroundings(5 * self._size <= 3 * room * self._budget.calls, rows, self._context)
        if not around.headers:
            return {}, around
        paths = [one.path for one in self._patches if not self._reason(one) and one.status != "removed"]
        return read_texts(self._sources.repo, self._sources.head, paths), around

    def _cite(self, drafts: Sequence[_Draft]) -> None:
        """Add what the team said before on the most important hunks."""
        for draft in sorted(drafts, key=lambda one: -one.score)[:_SEARCHED]:
            for found in self._sources.precedents(draft.piece.path, draft.piece.hunk, _PRECEDENTS)[:_PRECEDENTS]:
                draft.notes.append(_precedent_row(found))

    def _examples(self, drafts: Mapping[str, Sequence[_Draft]]) -> dict[str, tuple[str, str]]:
        """Return a neighbouring test for the first files whose tests are asked about."""
        asked = [path for path, made in drafts.items() if any("testing" in draft.specialists for draft in made)]
        wanted = {}
        for path in asked[:_EXAMPLES]:
            found = self._known.example_for(self._change.patch_of[path])
            if found:
                wanted[path] = found
        read = self._sources.repo.contents((self._sources.base, test) for test, _ in wanted.values())
        examples = {}
        for (path, (test, case)), data in zip(wanted.items(), read, strict=True):
            rows = (data or b"").decode("utf-8", "replace").split("\n")[case.line - 1 : case.end_line]
            shown = neutral("\n".join(row[:_NOTE] for row in rows))
            examples[path] = (neutral_line(test).text, shown.text)
        return examples

    def _owners(self) -> CodeOwners | None:
        present = [path for path in PLACES if path in self._change.base.files]
        return parse_codeowners(read_texts(self._sources.repo, self._sources.base, present))

    def _neutral(self, row: str) -> str:
        shown = neutral_line(row).text
        return shown if len(shown) <= _NOTE else f"{shown[: _NOTE - 3]}..."


def _without(patch: FilePatch, seen: Set[tuple[str, int]]) -> FilePatch:
    """Return a patch without the hunks that were shown before."""
    hunks = tuple(hunk for place, hunk in enumerate(patch.hunks) if (patch.path, place) not in seen)
    return patch if len(hunks) == len(patch.hunks) else replace(patch, hunks=hunks)


def _precedent_row(found: Precedent) -> str:
    if found.kind == "decision":
        return f"decided in {found.path}: {found.heading}: {found.excerpt}"
    if found.kind == "rule":
        return f"taught by a maintainer: {found.excerpt}"
    return f"said before in #{found.pull_request} on {found.path} ({found.outcome}): {found.excerpt}"
