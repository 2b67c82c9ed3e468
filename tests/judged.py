"""Pairs judged by a function and summed up in one go, as the tests of the evaluation ask for it."""

from collections.abc import Callable, Sequence
from typing import Any

from reviewlore.domain.evaluation import TierScore
from reviewlore.domain.preference import PreferencePair, Remark
from reviewlore.stages.evaluate import judge_pairs, summarise


def score_pairs(pairs: Sequence[PreferencePair], score: Callable[[Remark], float], **options: Any) -> TierScore:
    """Return accuracy by kind with intervals."""
    return summarise(pairs, judge_pairs(pairs, score), **options)
