"""Commands about data and versions: their rows, and how their words are read."""

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import get_args

from reviewlore.domain.commands import (
    ApproveCommand,
    Command,
    CommandError,
    EvaluateCommand,
    PromoteCommand,
    RollbackCommand,
    StatusCommand,
    TrainCommand,
    TrainTier,
)
from reviewlore.domain.finding import SPECIALISTS
from reviewlore.stages.commands.words import MAX_TEXT, Row, plain, surplus

_STATUS = "status"
_TRAIN = "train [embedded|adapter]"
_EVALUATE = "evaluate [version]"
_PROMOTE = "promote <version> [text]"
_ROLLBACK = "rollback [specialist]"
_APPROVE = "approve <dataset|version> [text]"
_TIERS: tuple[TrainTier, ...] = get_args(TrainTier)
_VERSION = re.compile(r"[a-z0-9][a-z0-9_.-]{0,99}")
_SUBJECT = re.compile(r"[0-9a-f]{4,64}|(?:embedded|prompt|adapter)-[0-9a-f]{1,64}")


def _parse_status(words: Sequence[str]) -> Command | CommandError:
    return surplus(_STATUS, words) or StatusCommand()


def _parse_train(words: Sequence[str]) -> Command | CommandError:
    if not words:
        return TrainCommand()
    tier = next((tier for tier in _TIERS if tier == plain(words[0])), None)
    if tier is None:
        near = get_close_matches(plain(words[0]), _TIERS, 1)
        return CommandError("There is no tier", words[0], f"train {near[0]}" if near else None, _TRAIN)
    return surplus(_TRAIN, words[1:]) or TrainCommand(tier)


def _parse_evaluate(words: Sequence[str]) -> Command | CommandError:
    if not words:
        return EvaluateCommand()
    return _no_version(words[0], _EVALUATE) or surplus(_EVALUATE, words[1:]) or EvaluateCommand(plain(words[0]))


def _parse_promote(words: Sequence[str]) -> Command | CommandError:
    if not words:
        return CommandError("Say which version", usage=_PROMOTE)
    return _no_version(words[0], _PROMOTE) or PromoteCommand(plain(words[0]), " ".join(words[1:])[:MAX_TEXT])


def _parse_rollback(words: Sequence[str]) -> Command | CommandError:
    """`rollback [specialist]`, also as the command line writes it: `--specialist NAME`."""
    given = [part for word in words for part in word.split("=", 1)]
    if given and plain(given[0]) == "--specialist":
        given = given[1:]
        if not given:
            return CommandError("Say which specialist", usage=_ROLLBACK)
    if not given:
        return RollbackCommand()
    name = plain(given[0])
    if name not in SPECIALISTS:
        near = get_close_matches(name, SPECIALISTS, 1)
        meant = f"rollback {near[0]}" if near else None
        return CommandError("There is no specialist", words[0], meant, _ROLLBACK, SPECIALISTS)
    return surplus(_ROLLBACK, given[1:]) or RollbackCommand(name)


def _no_version(word: str, usage: str) -> CommandError | None:
    known = _VERSION.fullmatch(plain(word))
    return None if known else CommandError("That is no id of a version:", word, usage=usage)


def _parse_approve(words: Sequence[str]) -> Command | CommandError:
    """`approve <dataset|version> [text]`; the beginning of the id is enough, of a version's with its tier."""
    if not words:
        return CommandError("Say which dataset or version", usage=_APPROVE)
    if not _SUBJECT.fullmatch(plain(words[0])):
        return CommandError("That is no id of a dataset or version:", words[0], usage=_APPROVE)
    return ApproveCommand(plain(words[0]), " ".join(words[1:])[:MAX_TEXT])


TRAINING_ROWS: tuple[Row, ...] = (
    Row("status", _STATUS, "tells which version is in force and why", "triage", _parse_status, StatusCommand),
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
        "evaluate",
        _EVALUATE,
        "judges the latest versions, or the named one, on later pull requests held out for it",
        "write",
        _parse_evaluate,
        EvaluateCommand,
    ),
    Row(
        "promote",
        _PROMOTE,
        "puts a version in force at once, whatever the gate said; takes the role maintain, or what policy says",
        "write",
        _parse_promote,
        PromoteCommand,
        writes=True,
    ),
    Row(
        "rollback",
        _ROLLBACK,
        "goes back one step: ends the trial of a version, or puts the version before in force again",
        "maintain",
        _parse_rollback,
        RollbackCommand,
        writes=True,
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
