"""Commands about data and versions: their rows, and how their words are read."""

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import get_args

from reviewlore.domain.commands import (
    ApproveCommand,
    Command,
    CommandError,
    TrainCommand,
    TrainTier,
)
from reviewlore.stages.commands.words import MAX_TEXT, Row, plain, surplus

_TRAIN = "train [embedded|adapter]"
_APPROVE = "approve <dataset|version> [text]"
_TIERS: tuple[TrainTier, ...] = get_args(TrainTier)
_SUBJECT = re.compile(r"[0-9a-f]{4,64}|(?:embedded|prompt|adapter)-[0-9a-f]{1,64}")


def _parse_train(words: Sequence[str]) -> Command | CommandError:
    if not words:
        return TrainCommand()
    tier = next((tier for tier in _TIERS if tier == plain(words[0])), None)
    if tier is None:
        near = get_close_matches(plain(words[0]), _TIERS, 1)
        return CommandError("There is no tier", words[0], f"train {near[0]}" if near else None, _TRAIN)
    return surplus(_TRAIN, words[1:]) or TrainCommand(tier)


def _parse_approve(words: Sequence[str]) -> Command | CommandError:
    """`approve <dataset|version> [text]`; the beginning of the id is enough, of a version's with its tier."""
    if not words:
        return CommandError("Say which dataset or version", usage=_APPROVE)
    if not _SUBJECT.fullmatch(plain(words[0])):
        return CommandError("That is no id of a dataset or version:", words[0], usage=_APPROVE)
    return ApproveCommand(plain(words[0]), " ".join(words[1:])[:MAX_TEXT])


TRAINING_ROWS: tuple[Row, ...] = (
    Row(
        "train",
        _TRAIN,
        "starts the training workflow; the gate judges the result",
        "maintain",
        _parse_train,
        TrainCommand,
        dispatches=True,
    ),
    Row(
        "approve",
        _APPROVE,
        "allows a dataset to be trained on, or a version that passed the gate to judge, where policy asks for "
        "somebody's word; policy says which role it takes",
        "write",
        _parse_approve,
        ApproveCommand,
        writes=True,
    ),
)
