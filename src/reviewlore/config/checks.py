"""What is wrong with settings whose types are right: values out of range, and keys that do not go together."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from ipaddress import IPv6Address, ip_address
from typing import Any
from urllib.parse import urlsplit

from reviewlore.config.settings import (
    LearnSettings,
    ModelSettings,
    ReviewSettings,
    Settings,
    StateSettings,
    TrainSettings,
)
from reviewlore.domain.architecture import ContractKind
from reviewlore.domain.finding import SPECIALISTS
from reviewlore.domain.preference import EXTRA_KINDS

_MOST_HISTORY = 1_000_000
_MOST_MINIMUM = 10_000_000
_MOST_PER_HOUR = 1_000_000
# What each kind of `[[architecture.contracts]]` needs, and what it may have besides.
_CONTRACT_KEYS: Mapping[ContractKind, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "layers": (("layers",), ()),
    "forbidden": (("sources", "targets"), ()),
    "independence": (("sources",), ()),
    "allowed": (("sources",), ("targets",)),
    "boundary": (("sources",), ("targets",)),
}
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_RECIPE = re.compile(r"[a-z0-9_]{0,60}")
_NUMBERS = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)(?:\.(?:0x[0-9a-f]*|[0-9]+)){0,3}")
# `git check-ref-format --branch`: https://git-scm.com/docs/git-check-ref-format
_BRANCH = re.compile(
    r"(?!.*(?:\.\.|@\{|//|/\.|\.lock(?:/|$)))(?!(?:@|HEAD)$)(?![-./])[^\x00-\x20\x7f~^:?*\[\\]+(?<![./])",
    re.DOTALL,
)


def find_problems(settings: Settings, raw: Mapping[str, Any]) -> list[str]:
    """Return one sentence a problem; `raw` is the parsed TOML, of which the contracts are read as a whole."""
    problems = [*_review_problems(settings.review), *_learn_problems(settings.learn), *_model_problems(settings.model)]
    problems += [*_train_problems(settings.train), *_contract_problems(raw.get("architecture"))]
    if not is_branch(settings.state.branch):
        problems.append(f"state.branch must be the name of a branch, such as {StateSettings().branch}")
    return problems


def is_branch(name: str) -> bool:
    """Whether git takes a text for the name of a branch."""
    return _BRANCH.fullmatch(name) is not None


def _review_problems(review: ReviewSettings) -> Iterator[str]:
    if review.max_comments < 0:
        yield "review.max-comments must be 0 or more"
    for name in ("min_confidence", "target_precision"):
        if not 0.0 <= getattr(review, name) <= 1.0:
            yield f"review.{name.replace('_', '-')} must lie between 0 and 1"
    if not 0 <= review.history_limit <= _MOST_HISTORY:
        yield f"review.history-limit must lie between 0 and {_MOST_HISTORY}"
    if review.pause_after < 0:
        yield "review.pause-after must be 0 (never) or more"
    strangers = sorted(set(review.specialists) - set(SPECIALISTS))
    if strangers:
        yield f"review.specialists knows {', '.join(SPECIALISTS)}, not {', '.join(strangers)}"


def _learn_problems(learn: LearnSettings) -> Iterator[str]:
    if not 0 <= learn.seed < 2**32:
        yield "learn.seed must lie between 0 and 4294967295"
    unknown = sorted(set(learn.extra_kinds) - set(EXTRA_KINDS))
    if unknown:
        yield f"learn.extra-kinds knows {', '.join(EXTRA_KINDS)}, not {', '.join(unknown)}"
    if not 0.0 <= learn.drift_threshold <= 1.0:
        yield "learn.drift-threshold must lie between 0 and 1"
    if not 0.0 <= learn.price_per_hour <= _MOST_PER_HOUR:
        yield f"learn.price-per-hour must lie between 0 (not known) and {_MOST_PER_HOUR}"
    if not 0 <= learn.canary_share <= 100:
        yield "learn.canary-share must lie between 0 (all pull requests at once) and 100 percent"
    if learn.retention_days < 0:
        yield "learn.retention-days must be 0 (no limit) or more"
    for number, row in enumerate(learn.minimum, 1):
        if row.specialist and row.specialist not in SPECIALISTS:
            yield f"learn.minimum[{number}].specialist must be one of {', '.join(SPECIALISTS)}, not {row.specialist!r}"
        for name in ("pairs", "pull_requests"):
            if not 1 <= getattr(row, name) <= _MOST_MINIMUM:
                yield f"learn.minimum[{number}].{name.replace('_', '-')} must lie between 1 and {_MOST_MINIMUM}"


def _train_problems(train: TrainSettings) -> Iterator[str]:
    """What stands here is written into a workflow: nothing of it may be read as anything but a name."""
    if not train.runner or not all(_LABEL.fullmatch(label) for label in train.runner):
        yield "train.runner must hold labels of a runner, each of letters, digits, `-`, `_` and `.`"
    if not _RECIPE.fullmatch(train.recipe):
        yield "train.recipe must be the name of a recipe: small letters, digits and `_`"


def _model_problems(model: ModelSettings) -> list[str]:
    """Return what is wrong with the settings of a model."""
    problems = []
    if model.kind == "openai" and not _is_address(model.address):
        problems.append(
            "model.address must be the base of an OpenAI-compatible server, such as http://127.0.0.1:8000/v1"
        )
    if model.kind != "none" and not model.name:
        problems.append(f"model.name is needed for model.kind {model.kind}")
    least = {"context_tokens": 2_000, "answer_tokens": 100, "timeout": 1, "parallel": 1, "max_calls": 1}
    for item in fields(model):
        value = getattr(model, item.name)
        floor = least.get(item.name, 1 if item.name == "characters_per_token" else 0)
        if isinstance(value, int | float) and not floor <= value < 1e12:
            problems.append(f"model.{item.name.replace('_', '-')} must be {floor} or more")
    return problems


def _is_address(text: str) -> bool:
    """Whether a text is the base of an interface over HTTP: no user, no query, a port that can be.

    A server of the team's own network is welcome; a link-local address is where clouds hand out their credentials.
    """
    if not re.fullmatch(r"https?://[!-~]+", text) or set(text) & set('?#@\\"<>'):
        return False
    try:
        parts = urlsplit(text)
        return _is_host(parts.hostname or "") and parts.port != 0
    except ValueError:
        return False


def _is_host(host: str) -> bool:
    """Whether a host is a name or an address; numbers that only a resolver takes for an address (`0x7f.1`) are none."""
    if ":" not in host and not _NUMBERS.fullmatch(host.rstrip(".")):
        return bool(host) and host.rstrip(".") != "metadata.google.internal"
    found = ip_address(host)
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return not (mapped or found).is_link_local


def _contract_problems(raw: Any) -> list[str]:
    """Return what is wrong with the rules as a whole: each kind needs some keys, and has no use for others."""
    rules = raw.get("contracts") if isinstance(raw, dict) else None
    problems = []
    for number, rule in enumerate(rules if isinstance(rules, list) else [], 1):
        if not isinstance(rule, dict):
            continue
        name, kind = f"architecture.contracts[{number}]", rule.get("kind")
        if kind is None:
            problems.append(f"{name} needs a kind: one of {', '.join(_CONTRACT_KEYS)}")
        keys = next((keys for known, keys in _CONTRACT_KEYS.items() if known == kind), None)
        if keys is None:
            continue  # told of where the value is read
        needed, possible = keys
        problems += [f"{name} is of kind {kind} and needs {key}" for key in needed if not rule.get(key)]
        idle = [key for key in ("layers", "sources", "targets") if key in rule and key not in (*needed, *possible)]
        problems += [f"{name} is of kind {kind}, which has no {key}" for key in idle]
        pairs = rule.get("ignore")
        for pair in pairs if isinstance(pairs, list) else []:
            left, arrow, right = pair.partition("->") if isinstance(pair, str) else ("", "", "")
            if isinstance(pair, str) and not (arrow and left.strip() and right.strip()):
                problems.append(f"{name}.ignore must hold texts like 'importer -> imported', not {pair!r}")
    return problems
