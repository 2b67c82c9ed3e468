"""A base model without any adapter, asked whether a team will act on a remark: what prompts alone can do.

In: remarks, and examples of the team chosen elsewhere. Out: the log-odds of yes. Greedy in nothing: no text is written,
two answers are weighed. Owns torch with `preferrer`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from reviewlore.adapters.bases import encode_prompt
from reviewlore.adapters.preferrer import Preferrer
from reviewlore.dialogue import render_judgement, render_remark
from reviewlore.domain.finding import Tier
from reviewlore.domain.preference import Remark
from reviewlore.domain.recipe import MadeBase
from reviewlore.domain.training import Example, Reading

_MOST_TOKENS = 4096  # as many as an ordinary server takes without more memory; more examples help little
# A made base was trained on short texts; its positions have no end, and there is nothing that it could misread.
_MADE_TOKENS = 512
_ANSWER_ROOM = 4
_YES, _NO = ("yes", " yes", "Yes", " Yes"), ("no", " no", "No", " No")


@dataclass(frozen=True, slots=True)
class _Asked:
    """A prompt as tokens, with as many examples as have room, and how many of its tokens are the remark's."""

    tokens: list[int]
    remark: int


class PromptedScorer:
    """Adapter of the `Scorer` port: the log-probability of yes minus that of no, after a prompt."""

    tier: Tier = "prompt"

    def __init__(
        self,
        name: str,
        preferrer: Preferrer,
        templates: Mapping[str, str],
        choose: Callable[[Remark], Sequence[Example]],
    ) -> None:
        self.version = name
        self._preferrer, self._templates, self._choose = preferrer, templates, choose
        self._yes, self._no = (
            list(dict.fromkeys(tuple(self._encode(spelling)) for spelling in spellings)) for spellings in (_YES, _NO)
        )
        self._room = _window(preferrer) - _ANSWER_ROOM

    def score(self, remarks: Sequence[Remark]) -> list[float]:
        """Return one score a remark, each asked for by itself."""
        return [self._log_odds(self._ask(remark).tokens) for remark in remarks]

    def read(self, remarks: Sequence[Remark]) -> Reading:
        """Return what judging these remarks makes the model read, in tokens a remark."""
        asked = [self._ask(remark) for remark in remarks]
        if not asked:
            return Reading()
        return Reading(
            prompt=fmean(len(each.tokens) - each.remark for each in asked),
            passes=fmean(len(each.tokens) for each in asked),
        )

    def _ask(self, remark: Remark) -> _Asked:
        """Leave out examples from the first one on until the prompt fits; the question itself is never left out."""
        examples = list(self._choose(remark))
        while True:
            tokens = self._tokens(remark, examples)
            if len(tokens) <= self._room or not examples:
                shown = render_remark(remark.body, self._preferrer.recipe.text)
                return _Asked(tokens[-self._room :], len(self._encode(shown)))
            examples.pop(0)

    def _tokens(self, remark: Remark, examples: Sequence[Example]) -> list[int]:
        text = render_judgement(self._templates, remark, examples, self._preferrer.recipe.text)
        return encode_prompt(self._preferrer.base, text, 3 * len(text.encode()) + 3)  # at most a token a byte: uncut

    def _encode(self, text: str) -> list[int]:
        tokenize = self._preferrer.base.tokenizer
        return list(tokenize(text, add_special_tokens=False, split_special_tokens=True)["input_ids"])

    def _log_odds(self, tokens: list[int]) -> float:
        """Weigh the spellings of both answers: which of them a tokenizer makes one token of is its own affair."""
        import torch

        answers = [list(answer) for answer in (*self._yes, *self._no)]
        sums = torch.stack([row.sum() for row in self._preferrer.weigh(tokens, answers, adapted=False)])
        return float(sums[: len(self._yes)].logsumexp(0) - sums[len(self._yes) :].logsumexp(0))


def _window(preferrer: Preferrer) -> int:
    if isinstance(preferrer.recipe.base, MadeBase):
        return _MADE_TOKENS
    longest = getattr(preferrer.model.config, "max_position_embeddings", None) or _MOST_TOKENS
    return min(int(longest), _MOST_TOKENS)
