"""What a model is asked about a change: files, hunks and what is known of them in, requests within a budget out.

Every file of the change ends up in exactly one part of the coverage; nothing is cut or left out without a count.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reviewlore.dialogue import render_template
from reviewlore.domain.answering import MAX_REMARKS, MAX_TITLE, MAX_WORDS, answer_schema
from reviewlore.domain.asking import ModelRequest
from reviewlore.domain.finding import SPECIALISTS, Specialist
from reviewlore.domain.neutral import neutral_line
from reviewlore.domain.tokens import bound_tokens
from reviewlore.domain.usage import Coverage
from reviewlore.stages.review.cards import FileCard, Part, make_coverage, make_excerpt
from reviewlore.stages.review.packing import Item, Packing, pack

# Tokens that the template puts around a file and around a hunk: delimiters, its id, words between values.
_FILE_FRAME, _HUNK_FRAME = 6, 12
# One remark with its reason and advice; more remarks than the answer has room for would cut it off.
_REMARK_TOKENS = 250


@dataclass(frozen=True, slots=True)
class Budget:
    """What one call may cost, in tokens: prompt and answer together; how many calls; characters a token at least."""

    context_tokens: int = 32_000
    answer_tokens: int = 2_000
    calls: int = 6
    characters_per_token: float = 2.9

    @property
    def prompt_tokens(self) -> int:
        """Return what is left for the prompt."""
        return max(0, self.context_tokens - self.answer_tokens)

    def cost(self, *texts: str) -> int:
        """Return at most how many tokens texts have, each on a row of its own."""
        return sum(bound_tokens(text, self.characters_per_token) + 1 for text in texts)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of what a team wrote down for itself: where it stands, and its text."""

    source: str
    text: str


@dataclass(frozen=True, slots=True)
class Shared:
    """What every call is told: title and description, guidance and conventions; all of it neutral."""

    title: str = ""
    body: str = ""
    guidance: tuple[Section, ...] = ()
    conventions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Requested:
    """Requests for one change, and what of it they show."""

    requests: tuple[ModelRequest, ...] = ()
    coverage: Coverage = field(default_factory=Coverage)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What answers may hold: who may speak, how many remarks a call, whether code may be proposed, in what manner."""

    specialists: tuple[Specialist, ...] = SPECIALISTS
    remarks: int = 8
    suggestions: bool = True
    manner: str = ""


def make_requests(
    cards: Sequence[FileCard], shared: Shared, templates: Mapping[str, str], budget: Budget, wanted: Wanted
) -> Requested:
    """Return as few requests as hold the change, the hunks numbered `h1`, `h2`, … through all of them.

    Where what is shared leaves too little room for hunks, no request is made and every file is left out as
    `context_too_small`. Fault where a template cannot be used.
    """
    return _Composer(cards, shared, templates, budget, wanted).ask()


class _Composer:
    """One change being put into requests."""

    def __init__(
        self, cards: Sequence[FileCard], shared: Shared, templates: Mapping[str, str], budget: Budget, wanted: Wanted
    ) -> None:
        self._cards = cards
        self._shared = shared
        self._templates = templates
        self._budget = budget
        self._wanted = wanted
        self._by_path = {card.path: card for card in cards}
        self._parts = [part for card in cards for part in card.parts]
        self._remarks = max(1, min(wanted.remarks, MAX_REMARKS, budget.answer_tokens // _REMARK_TOKENS))
        self._others = self._list_files()

    def ask(self) -> Requested:
        room = self._room()
        if room <= 0:
            return Requested((), make_coverage(self._cards, {}, "context_too_small"))
        packing = self._pack(room)
        requests, rows, start = [], dict[int, int](), 1
        for call in packing.calls:
            shown = [(self._parts[placed.number], placed.rows) for placed in call]
            requests.append(self._request(shown, start, len(packing.calls) > 1))
            start += len(shown)
            rows |= {placed.number: placed.rows for placed in call}
        return Requested(tuple(requests), make_coverage(self._cards, rows, "over_the_budget_of_calls"))

    def _room(self) -> int:
        """Return the tokens that hunks have in each call, once everything else is in it."""
        fixed = self._budget.cost(self._system(SPECIALISTS), self._user((), self._others, self._example(self._cards)))
        return self._budget.prompt_tokens - fixed

    def _pack(self, room: int) -> Packing:
        items = [self._item(part) for part in self._parts]
        cost = self._budget.cost
        heads = {card.path: _FILE_FRAME + cost(neutral_line(card.path).text, *card.notes) for card in self._cards}
        return pack(items, heads.__getitem__, room, self._budget.calls)

    def _item(self, part: Part) -> Item:
        piece, cost = part.piece, self._budget.cost
        frame = _HUNK_FRAME + cost(piece.scope, _short(part.specialists), *part.notes)
        known: dict[int, int] = {}

        def measure(rows: int) -> int:
            if rows not in known:
                known[rows] = frame + cost("\n".join(piece.shown(rows)))
            return known[rows]

        kind = self._by_path[piece.path].kind
        return Item(piece.path, kind, piece.size, measure, part.priority)

    def _request(self, shown: Sequence[tuple[Part, int]], start: int, several: bool) -> ModelRequest:
        excerpts = tuple(
            make_excerpt(f"h{number}", part, rows, part.piece.size - rows)
            for number, (part, rows) in enumerate(shown, start)
        )
        asked = {name for part, _ in shown for name in part.specialists}
        specialists = tuple(name for name in SPECIALISTS if name in asked)
        files: dict[str, list[dict[str, str | Sequence[str]]]] = {}
        for excerpt, (part, _) in zip(excerpts, shown, strict=True):
            hunk = {"id": excerpt.id, "scope": part.piece.scope, "reviewers": _short(part.specialists)}
            files.setdefault(excerpt.path, []).append({**hunk, "notes": part.notes, "text": excerpt.text})
        told = [
            {"path": neutral_line(path).text, "notes": self._by_path[path].notes, "hunks": hunks}
            for path, hunks in files.items()
        ]
        tested = {part.piece.path for part, _ in shown if "testing" in part.specialists}
        example = self._example([self._by_path[path] for path in files if path in tested])
        return ModelRequest(
            system=self._system(specialists),
            user=self._user(told, self._others if several else (), example),
            answer_tokens=self._budget.answer_tokens,
            schema=answer_schema([excerpt.id for excerpt in excerpts], specialists, self._remarks),
            excerpts=excerpts,
            specialists=specialists,
        )

    def _system(self, specialists: Sequence[Specialist]) -> str:
        parts = [render_template(self._templates, f"specialist-{name}.md.j2", {}).strip() for name in specialists]
        values = {
            "parts": parts,
            "names": " | ".join(f'"{name}"' for name in specialists),
            "remarks": self._remarks,
            "title": MAX_TITLE,
            "words": MAX_WORDS,
            "suggestions": self._wanted.suggestions,
            "manner": self._wanted.manner,
        }
        return render_template(self._templates, "ask.md.j2", values)

    def _user(self, files: Sequence[Mapping[str, Any]], others: Sequence[str], example: tuple[str, str] | None) -> str:
        shared = self._shared
        values = {
            "title": shared.title,
            "body": shared.body,
            "guidance": shared.guidance,
            "conventions": shared.conventions,
            "others": others,
            "files": files,
            "example": {"path": example[0], "text": example[1]} if example else None,
        }
        return render_template(self._templates, "change.md.j2", values)

    def _list_files(self) -> tuple[str, ...]:
        """Return a row for each changed file, as many as a sixtieth of the prompt holds."""
        rows = [f"{neutral_line(card.path).text} +{card.added} -{card.removed}" for card in self._cards]
        left = self._budget.prompt_tokens // 60
        kept: list[str] = []
        for row in rows:
            left -= self._budget.cost(row)
            if left < 0:
                return (*kept, f"and {len(rows) - len(kept)} more")
            kept.append(row)
        return tuple(kept)

    def _example(self, cards: Sequence[FileCard]) -> tuple[str, str] | None:
        """Return the longest example among files, so that room is kept for whichever a call shows."""
        found = [card.example for card in cards if card.example]
        return max(found, key=lambda example: (self._budget.cost(*example), example), default=None)


def _short(specialists: Sequence[Specialist]) -> str:
    """Return specialists as they are named on a hunk, where their names stand hundreds of times."""
    return " ".join(name[:4] for name in specialists)
