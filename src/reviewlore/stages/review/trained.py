"""The form in which adapters are trained and asked: one request a hunk, through the one template of both. Pure."""

from collections.abc import Mapping, Sequence

from reviewlore.dialogue import cut_hunk, render_prompt
from reviewlore.domain.asking import Excerpt, ModelRequest
from reviewlore.domain.finding import Specialist
from reviewlore.domain.recipe import PromptContext, TextBudget
from reviewlore.domain.tokens import bound_tokens
from reviewlore.domain.usage import Coverage
from reviewlore.stages.review.cards import FileCard, make_coverage, make_excerpt


def trained_requests(
    excerpts: Sequence[Excerpt], templates: Mapping[str, str], budget: TextBudget, adapters: Mapping[str, str]
) -> tuple[ModelRequest, ...]:
    """Return one request a hunk in the form in which adapters are trained (`render_prompt`).

    `adapters` maps a specialist to the id of its own adapter, and the empty name to the one that speaks for all
    others; whoever has neither is not asked.
    """
    tokens = bound_tokens("x" * budget.remark_characters, 2.0)
    requests = []
    for excerpt in excerpts:
        asked: dict[str, list[Specialist]] = {}
        for specialist in excerpt.specialists:
            adapter = adapters.get(specialist) or adapters.get("", "")
            if adapter:
                asked.setdefault(adapter, []).append(specialist)
        prompt = render_prompt(templates, PromptContext(excerpt.path, excerpt.hunk), budget)
        requests += [
            ModelRequest("", prompt, tokens, adapter=adapter, excerpts=(excerpt,), specialists=tuple(names))
            for adapter, names in asked.items()
        ]
    return tuple(requests)


def trained_excerpts(cards: Sequence[FileCard], budget: TextBudget, most: int) -> tuple[tuple[Excerpt, ...], Coverage]:
    """Return the `most` important hunks for `trained_requests`, in the order of the change, and what they cover."""
    parts = [part for card in cards for part in card.parts]
    first = sorted(range(len(parts)), key=lambda number: (-parts[number].priority, number))[: max(0, most)]
    excerpts, rows = [], dict[int, int]()
    for count, number in enumerate(sorted(first), 1):
        part = parts[number]
        kept = cut_hunk(part.piece.hunk, budget.hunk_characters)
        rows[number] = min(part.piece.size, max(1, sum(row != "..." for row in kept.split("\n")[1:])))
        excerpts.append(make_excerpt(f"h{count}", part, part.piece.size, part.piece.size - rows[number]))
    return tuple(excerpts), make_coverage(cards, rows, "over_the_limit_of_hunks")
