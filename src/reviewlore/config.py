"""Settings: the text of `.reviewlore.toml` (from the base commit, never from the pull request) in, a typed record out.

Unknown keys and wrong types are errors, all of them at once, with the nearest known name. Everything has a default.
"""

import difflib
import re
import tomllib
import types
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

from reviewlore.domain.architecture import ContractKind
from reviewlore.domain.preference import EXTRA_KINDS
from reviewlore.errors import ConfigError

FILE = ".reviewlore.toml"
_MOST_HISTORY = 1_000_000
# What each kind of `[[architecture.contracts]]` needs, and what it may have besides.
_CONTRACT_KEYS: Mapping[ContractKind, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "layers": (("layers",), ()),
    "forbidden": (("sources", "targets"), ()),
    "independence": (("sources",), ()),
    "allowed": (("sources",), ("targets",)),
    "boundary": (("sources",), ("targets",)),
}
# `git check-ref-format --branch`: https://git-scm.com/docs/git-check-ref-format
_BRANCH = re.compile(
    r"(?!.*(?:\.\.|@\{|//|/\.|\.lock(?:/|$)))(?!(?:@|HEAD)$)(?![-./])[^\x00-\x20\x7f~^:?*\[\\]+(?<![./])",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class ReviewSettings:
    """What a review says: at most `max_comments`, none below `min_severity`, or of a kind in `silent`.

    `diagram` draws the changed imports between packages into the summary comment.
    """

    max_comments: int = 5  # published gains come from saying less: the median useful bot says 1 to 3 things
    min_severity: Literal["info", "warning", "error"] = "info"
    min_confidence: float = 0.55  # leaves out what is true but mostly idle, such as a first import between two packages
    silent: tuple[str, ...] = ()
    fail_on: Literal["never", "info", "warning", "error"] = "never"
    exclude_paths: tuple[str, ...] = ()
    diagram: bool = True
    history_limit: int = 2000  # commits read for co-change: about two years of an active repository


@dataclass(frozen=True, slots=True)
class ContractSettings:
    """One rule about imports; what each kind means is said at `domain.architecture.Contract`.

    `ignore` are imports that are allowed all the same, each as `importer -> imported`.
    """

    kind: ContractKind = "forbidden"
    name: str = ""
    layers: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    ignore_type_only: bool = False


@dataclass(frozen=True, slots=True)
class ArchitectureSettings:
    """Declared layers, top to bottom; siblings of one layer are joined by `|`. `contracts` are further rules.

    `facts` are the kinds of facts to be said although they are silent by default. `organisation` is a folder of cards
    of other repositories (`status --architecture --card`), in this repository or on the state branch.
    """

    layers: tuple[str, ...] = ()
    contracts: tuple[ContractSettings, ...] = ()
    facts: tuple[str, ...] = ()
    organisation: str = ""


@dataclass(frozen=True, slots=True)
class LearnSettings:
    """What is mined, kept and learned from.

    `licenses` are patterns of what a source may say of its text (none: any). `extra_kinds` of pairs are trained on too,
    `evaluation_repositories` never. From `drift_threshold` on, the share of the structure that moved since a version
    was trained, another training is due. A new dataset waits until somebody with the role `approval` allows it.
    """

    exclude_paths: tuple[str, ...] = ()
    opted_out: tuple[str, ...] = ()
    bot_logins: tuple[str, ...] = ()
    licenses: tuple[str, ...] = ()
    nits: bool = True
    retention_days: int = 0  # 0: no limit
    extra_kinds: tuple[str, ...] = ()
    evaluation_repositories: tuple[str, ...] = ()
    approval: Literal["none", "write", "maintain", "admin"] = "none"
    # Measured month by month on public histories: a year moves pytest by 5 % and scrapy by 10 %, a rewrite (pydantic
    # 2) by 70 %. So two ordinary years are due, or one reorganisation.
    drift_threshold: float = 0.15
    seed: int = 20260101


@dataclass(frozen=True, slots=True)
class StateSettings:
    """Where the bot's knowledge lives."""

    branch: str = "reviewlore/state"


@dataclass(frozen=True, slots=True)
class RecipeSettings:
    """What a repository may set of a shipped recipe: the full commit id of its base model, or nothing yet."""

    revision: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of one repository; `recipes` is by the name of the recipe."""

    review: ReviewSettings = field(default_factory=ReviewSettings)
    architecture: ArchitectureSettings = field(default_factory=ArchitectureSettings)
    learn: LearnSettings = field(default_factory=LearnSettings)
    state: StateSettings = field(default_factory=StateSettings)
    recipes: dict[str, RecipeSettings] = field(default_factory=dict)


def parse_settings(text: str, where: str = FILE) -> Settings:
    """Return the settings in a TOML text; ConfigError lists everything that is wrong with it."""
    try:
        raw = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{where} is not valid TOML: {error}. Correct it and retry.") from error
    problems: list[str] = []
    settings: Settings = _section(Settings, raw, "", problems)
    if settings.review.max_comments < 0:
        problems.append("review.max-comments must be 0 or more")
    if not 0.0 <= settings.review.min_confidence <= 1.0:
        problems.append("review.min-confidence must lie between 0 and 1")
    if not 0 <= settings.review.history_limit <= _MOST_HISTORY:
        problems.append(f"review.history-limit must lie between 0 and {_MOST_HISTORY}")
    if not 0 <= settings.learn.seed < 2**32:
        problems.append("learn.seed must lie between 0 and 4294967295")
    unknown = sorted(set(settings.learn.extra_kinds) - set(EXTRA_KINDS))
    if unknown:
        problems.append(f"learn.extra-kinds knows {', '.join(EXTRA_KINDS)}, not {', '.join(unknown)}")
    if not 0.0 <= settings.learn.drift_threshold <= 1.0:
        problems.append("learn.drift-threshold must lie between 0 and 1")
    if settings.learn.retention_days < 0:
        problems.append("learn.retention-days must be 0 (no limit) or more")
    problems += _contract_problems(raw.get("architecture"))
    if not _BRANCH.fullmatch(settings.state.branch):
        problems.append(f"state.branch must be the name of a branch, such as {StateSettings().branch}")
    if problems:
        raise ConfigError(f"{where} cannot be used: " + "; ".join(problems) + ".")
    return settings


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


def _section(kind: type[Any], raw: Mapping[str, Any], prefix: str, problems: list[str]) -> Any:
    hints = get_type_hints(kind)
    known = {item.name.replace("_", "-"): item for item in fields(kind)}
    values: dict[str, Any] = {}
    for key, value in raw.items():
        item = known.get(key)
        if item is None:
            near = difflib.get_close_matches(key, known, 1, 0.5)
            hint = f" (did you mean {prefix}{near[0]}?)" if near else f" (known here: {', '.join(known)})"
            problems.append(f"unknown key {prefix}{key}{hint}")
            continue
        values[item.name] = _value(hints[item.name], value, f"{prefix}{key}", problems)
    return kind(**{name: value for name, value in values.items() if value is not MISSING})


def _value(hint: Any, value: Any, name: str, problems: list[str]) -> Any:
    inner = get_args(hint)[-1] if get_origin(hint) is dict else get_args(hint)[0] if get_origin(hint) is tuple else hint
    if get_origin(hint) is tuple and _is_record(inner):
        if not isinstance(value, list):
            problems.append(f"{name} must be a list of tables, each under [[{name}]]")
            return MISSING
        found = (_value(inner, row, f"{name}[{place}]", problems) for place, row in enumerate(value, 1))
        return tuple(row for row in found if row is not MISSING)
    if get_origin(hint) is dict or _is_record(hint):
        if not isinstance(value, dict):
            problems.append(f"{name} must be a table")
            return MISSING
        if _is_record(hint):
            return _section(hint, value, f"{name}.", problems)
        return {key: _value(inner, row, f"{name}.{key}", problems) for key, row in value.items()}
    checked, expected = _check(hint, value)
    if checked is MISSING:
        problems.append(f"{name} must be {expected}, not {value!r}")
    return checked


def _is_record(hint: Any) -> bool:
    return isinstance(hint, type) and hasattr(hint, "__dataclass_fields__")


def _check(hint: Any, value: Any) -> tuple[Any, str]:
    origin = get_origin(hint)
    if origin is Literal:
        allowed = get_args(hint)
        return (value if value in allowed else MISSING), f"one of {', '.join(map(str, allowed))}"
    if origin is tuple:
        fine = isinstance(value, list) and all(isinstance(item, str) for item in value)
        return (tuple(value) if fine else MISSING), "a list of texts"
    if hint is float:
        fine = isinstance(value, int | float) and not isinstance(value, bool)
        return (float(value) if fine else MISSING), "a number"
    if hint is bool:
        return (value if isinstance(value, bool) else MISSING), "true or false"
    if hint is int:
        return (value if isinstance(value, int) and not isinstance(value, bool) else MISSING), "a whole number"
    if hint is str or isinstance(hint, types.UnionType):
        return (value if isinstance(value, str) else MISSING), "a text"
    raise AssertionError(f"no check for settings of type {hint}")
