"""The composition root of `doctor`: what is examined and pinned in a repository, and `reviewlore.lock` written."""

from collections.abc import Callable

from reviewlore.adapters.files import write_text
from reviewlore.config import FILE, LOCK_FILE, Lock, render_lock
from reviewlore.config.lock import find_address_problem
from reviewlore.errors import ConfigError
from reviewlore.flows.doctor import Check
from reviewlore.flows.locking import make_lock, tell_pinned
from reviewlore.wiring import Workshop
from reviewlore.wiring_force import open_source


def write_lock(workshop: Workshop, version: str | None, address: str, branch: str, *, dry_run: bool) -> str:
    """Pin a version (None: the one that is active at its source) in `reviewlore.lock`; return what was done.

    ConfigError where git may not fetch from the address, RefusedError where there is no such version.
    """
    problem = find_address_problem(address) if address else None
    if problem:
        raise ConfigError(f"--from {address!r} {problem}.")
    source = open_source(workshop, Lock(repository=address, branch=branch))
    lock = make_lock(source, version, address, branch if address else workshop.settings.state.branch)
    if not dry_run:
        write_text(workshop.repo.top / LOCK_FILE, render_lock(lock))
    verb = "Would write" if dry_run else "Wrote"
    return f"{verb} {LOCK_FILE}. {tell_pinned(lock)} Commit it: it is read from the branch that a change goes into.\n"


def run_doctor(
    workshop: Workshop, recipe: str | None, github: str | None, emit: Callable[[str], None], *, dry_run: bool
) -> int:
    """Check everything and say it, also how a repository on GitHub is set up, and pin a recipe's base model.

    2 where something has to be mended.
    """
    from reviewlore.adapters.machine import package_versions
    from reviewlore.flows import doctor
    from reviewlore.wiring_model import check_model

    checks = doctor.examine(
        workshop, package_versions(), lambda: check_model(workshop.settings.model, lambda: workshop.store)
    )
    if github:
        checks += _examine_forge(workshop, github)
    emit(doctor.render_checks(checks))
    if recipe:
        emit(_pin(workshop, recipe, dry_run=dry_run))
    return 0 if all(check.fine for check in checks) else 2


def _examine_forge(workshop: Workshop, github: str) -> tuple[Check, ...]:
    from reviewlore.adapters.github import connect
    from reviewlore.adapters.github_setup import GithubSetup
    from reviewlore.adapters.resources import load_workflows
    from reviewlore.flows.doctor_github import examine_forge

    remote, address = workshop.github(github)
    return examine_forge(GithubSetup(connect(remote.token, address), remote.repository), load_workflows())


def _pin(workshop: Workshop, name: str, *, dry_run: bool) -> str:
    from reviewlore.adapters.hub import resolve_revision
    from reviewlore.domain.recipe import NamedBase
    from reviewlore.flows.doctor import pin_in_settings

    recipe = workshop.recipe(name)
    base = recipe.base
    if not isinstance(base, NamedBase):
        return f"Recipe {recipe.name} makes its own base model; there is no revision to pin.\n"
    revision = resolve_revision(base.id)
    path = workshop.repo.top / FILE
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    changed = pin_in_settings(text, recipe.name, revision)
    if not dry_run:
        write_text(path, changed)
    verb = "Would write" if dry_run else "Wrote"
    return f"{verb} {base.id} at {revision} to {path.name}. Commit it: settings are read from the default branch.\n"
