"""The composition root of `doctor`: what is examined and pinned in a repository, and `reviewlore.lock` written."""

from collections.abc import Callable

from reviewlore.config import FILE
from reviewlore.wiring import Workshop, write_text


def run_doctor(workshop: Workshop, recipe: str | None, emit: Callable[[str], None], *, dry_run: bool) -> int:
    """Check everything and say it, and pin a recipe's base model; 2 where something has to be mended."""
    from reviewlore.adapters.machine import package_versions
    from reviewlore.flows import doctor
    from reviewlore.wiring_model import check_model

    checks = doctor.examine(
        workshop, package_versions(), lambda: check_model(workshop.settings.model, lambda: workshop.store)
    )
    emit(doctor.render_checks(checks))
    if recipe:
        emit(_pin(workshop, recipe, dry_run=dry_run))
    return 0 if all(check.fine for check in checks) else 2


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
