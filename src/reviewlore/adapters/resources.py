"""The files that travel with reviewlore: prompts, recipes, workflows, the ranker's prior, the demo's sample.

In a wheel all of them lie inside the package; in a checkout `prompts/` and `sample/` lie at the project's root.
Never writes, and never looks anywhere else.
"""

from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path

from reviewlore.errors import ConfigError, Fault

_PROMPT_ENDING = ".md.j2"
_RECIPE_ENDING = ".toml"


def load_prompts() -> dict[str, str]:
    """Return every prompt template by file name; Fault where there is none."""
    folder = _folder("prompts")
    found = {path.name: _read(path) for path in sorted(folder.glob(f"*{_PROMPT_ENDING}"))}
    if not found:
        raise Fault(f"No prompt template (*{_PROMPT_ENDING}) lies in {folder}. Reinstall reviewlore.")
    return found


def recipe_names() -> tuple[str, ...]:
    """Return the names of the shipped recipes, sorted."""
    return tuple(sorted(path.stem for path in _folder("recipes").glob(f"*{_RECIPE_ENDING}")))


def load_workflows() -> dict[str, str]:
    """Return the templates of what `init` writes by file name; Fault where there is none."""
    folder = _folder("workflows")
    found = {path.name: _read(path) for path in sorted(folder.glob("*.j2"))}
    if not found:
        raise Fault(f"No template of a workflow lies in {folder}. Reinstall reviewlore.")
    return found


def load_recipe(name: str) -> str:
    """Return one shipped recipe's TOML text; ConfigError, with the nearest name, where there is none of that name."""
    names = recipe_names()
    if name not in names:
        near = get_close_matches(name, names, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(names)}."
        raise ConfigError(f"There is no recipe {name!r}; {hint}")
    return _read(_folder("recipes") / f"{name}{_RECIPE_ENDING}")


def load_prior() -> str:
    """Return the shipped ranker's JSON text."""
    return _read(_package() / "ranking" / "prior.json")


def load_prior_calibration() -> bytes:
    """Return what the shipped ranker's scores are worth, as JSON (`Calibrations`)."""
    return _read(_package() / "ranking" / "prior_calibration.json").encode()


def load_attention() -> str:
    """Return the weights by which hunks are looked at, as JSON text."""
    return _read(_package() / "ranking" / "attention.json")


def sample_folder() -> Path:
    """Return the folder with the demo's source data."""
    return _folder("sample")


def places() -> tuple[Path, ...]:
    """Return the folders that a process which runs reviewlore has to be able to read."""
    return (_package(), _folder("prompts"), _folder("sample"))


def _folder(name: str) -> Path:
    package = _package()
    places = [package / name]
    if package.parent.name == "src":  # a checkout or an editable installation: the project's root is above `src`
        places.append(package.parent.parent / name)
    for place in places:
        if place.is_dir():
            return place
    raise Fault(f"reviewlore's {name} are missing (looked in {' and '.join(map(str, places))}). Reinstall reviewlore.")


def _package() -> Path:
    return Path(str(files("reviewlore")))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Fault(f"{path} cannot be read ({error}). Reinstall reviewlore.") from error
