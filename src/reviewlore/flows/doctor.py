"""Is everything in place? Checks a repository, its state branch, model and installation; pins a base's revision."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from reviewlore.config import FILE, parse_settings
from reviewlore.errors import InputError, ReviewloreError
from reviewlore.flows import state
from reviewlore.flows.in_force import InForce
from reviewlore.flows.review import read_settings
from reviewlore.flows.training_lock import describe_hold
from reviewlore.formats.standing import render_due
from reviewlore.ports import Clock, Repo, Store
from reviewlore.stages.registry import find_tainted

_SHOWN = 8  # names of models in one line


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: `fine` is False where somebody has to do something."""

    name: str
    fine: bool
    said: str


class LocalRepo(Repo, Protocol):
    """A repository on this machine, as `adapters/git.py` gives it."""

    @property
    def name(self) -> str:
        """`owner/name`, or the folder's name."""
        ...

    @property
    def shallow(self) -> bool:
        """Whether the history was cut off."""
        ...

    def default_branch(self) -> str:
        """Return what a review compares against; InputError where there is none."""
        ...


class Patient(Protocol):
    """What is examined."""

    @property
    def repo(self) -> LocalRepo:
        """The repository."""
        ...

    @property
    def store(self) -> Store:
        """Its state branch."""
        ...

    @property
    def clock(self) -> Clock:
        """The system's clock."""
        ...

    def in_force(self) -> InForce:
        """Return whose judgement reviews use: what is pinned, or what is in force."""
        ...


def examine(patient: Patient, packages: Mapping[str, str], model: Callable[[], str]) -> tuple[Check, ...]:
    """Look at everything; `packages` maps what is installed to its version, `model` says how the model stands."""
    return run_checks(
        [
            ("repository", lambda: _repository(patient.repo)),
            ("settings", lambda: _settings(patient.repo)),
            ("state branch", lambda: _branch(patient.store)),
            ("training", lambda: tell_training(patient.store, patient.clock.now())),
            ("judgement", lambda: _judgement(patient)),
            ("forgotten data", lambda: _forgotten(patient.store)),
            ("model", model),
            ("model extra", lambda: _installed(packages)),
        ]
    )


def run_checks(checks: Sequence[tuple[str, Callable[[], str]]]) -> tuple[Check, ...]:
    """Run each check; one of our errors is its finding, not the end, and is said once where others fail of it too."""
    found: list[Check] = []
    for name, look in checks:
        try:
            found.append(Check(name, True, look()))
        except ReviewloreError as error:
            if all(each.fine or each.said != str(error) for each in found):
                found.append(Check(name, False, str(error)))
    return tuple(found)


def render_checks(checks: Sequence[Check]) -> str:
    """Return the checks as lines of text."""
    return "".join(f"{'ok     ' if check.fine else 'PROBLEM'}  {check.name}: {check.said}\n" for check in checks)


def tell_served(name: str, listed: Sequence[str]) -> str:
    """Say what a model's server lists beside the model that the settings name; InputError where not even that.

    Ollama lists `name:latest` and answers to `name`; a server that lists nothing may answer all the same.
    """
    if not listed:
        return f"its server answers, and lists no models; whether it has {name} shows when it is asked."
    own = [each for each in listed if each == name or each.startswith(f"{name}:")]
    others = [each for each in listed if each not in own]
    shown = ", ".join(others[:_SHOWN]) + (f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else "")
    if not own:
        raise InputError(f"Its server answers, but lists no {name}, only {shown}. Correct `[model] name`.")
    return f"its server answers and lists {own[0]}; adapters and models beside it: {shown or 'none'}."


def tell_training(store: Store, now: str) -> str:
    """Say whether somebody trains on a state branch, who, and since when."""
    hold = state.read_hold(store)
    return "nobody trains" if hold is None else describe_hold(hold, now)


def pin_in_settings(text: str, recipe: str, revision: str) -> str:
    """Return the text of `.reviewlore.toml` with a recipe's base revision set; the rest stays as it is.

    ConfigError where the text cannot be used before or after.
    """
    parse_settings(text)
    section = re.compile(rf"^\[recipes\.{re.escape(recipe)}\][ \t]*$", re.MULTILINE)
    line = f'revision = "{revision}"'
    found = section.search(text)
    if found is None:
        gap = "" if not text else "\n" if text.endswith("\n") else "\n\n"
        changed = f"{text}{gap}[recipes.{recipe}]\n{line}\n"
    else:
        following = re.compile(r"^\[", re.MULTILINE).search(text, found.end())
        end = following.start() if following else len(text)
        body, count = re.subn(r"^revision\s*=.*$", line, text[found.end() : end], count=1, flags=re.MULTILINE)
        body = body if count else f"\n{line}{body}"
        changed = text[: found.end()] + body + text[end:]
    parse_settings(changed)
    return changed


def _repository(repo: LocalRepo) -> str:
    return repo.name + ("; the clone is shallow, so co-change is known in part only" if repo.shallow else "")


def _settings(repo: LocalRepo) -> str:
    try:
        start = repo.resolve(repo.default_branch())
    except InputError:
        return "no default branch here (a repository that only carries the state?), defaults are used"
    read_settings(repo, start)
    return f"{FILE} is fine" if repo.read(start, FILE) is not None else f"no {FILE}, defaults are used"


def _branch(store: Store) -> str:
    entries, episodes = len(state.read_audit(store)), len(state.read_episodes(store))
    return f"{episodes} episodes, {entries} entries in an unbroken audit log" if entries else "nothing was mined yet"


def _judgement(patient: Patient) -> str:
    found = patient.in_force()
    if found.notes and not found.pinned:
        raise InputError(found.notes[0])
    each = (found.judgement, *found.judgement.specialists.values())
    names = ", ".join(f"{own.version} ({own.tier} tier)" for own in each)
    return f"{names}, its files verified. {found.notes[0]}" if found.pinned else f"{names}, its files verified"


def _forgotten(store: Store) -> str:
    tainted = find_tainted(state.read_registry(store))
    if tainted is not None:
        raise InputError(render_due(tainted))
    return "the version in force learned from nothing that was forgotten since"


def _installed(packages: Mapping[str, str]) -> str:
    missing = [name for name in ("torch", "transformers", "peft", "trl", "lightgbm") if name not in packages]
    return f"training is not possible here: {', '.join(missing)} missing" if missing else "training is possible here"
