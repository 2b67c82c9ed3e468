"""tsconfig.json and jsconfig.json to records: where import paths lead. Texts in; follows no `extends` itself.

Source: https://www.typescriptlang.org/tsconfig (paths, baseUrl, extends, references, outDir, rootDir).
"""

from reviewlore.domain.manifest import Manifest
from reviewlore.formats.json_text import as_mapping, as_text, as_texts, read_json
from reviewlore.formats.manifests.npm import inside

_MAX_PATTERNS = 5_000
# Stands for the folder of the configuration that is asked, not of the one that says it (TypeScript 5.5).
_OWN_FOLDER = "${configDir}/"


def parse_tsconfig(path: str, text: str) -> tuple[Manifest, ...]:
    """Return the record of one configuration, and one more for each further configuration that it extends.

    `aliases` are `paths`; `roots` holds `baseUrl`; `members` are the configurations referred to. `extends` is a path
    where the text has one (its `.json` may be missing), else the package's specifier as written. Of several, the last
    wins, and the first record has it. `entry` is `outDir` where it is set: what lies there was compiled.
    """
    value, problem = read_json(text)
    if problem or not isinstance(value, dict):
        return (Manifest(path, "npm", problem=problem or "it is no object"),)
    config, folder = as_mapping(value), path.rpartition("/")[0]
    options = as_mapping(config.get("compilerOptions"))
    base = inside(folder, _own(as_text(options.get("baseUrl"))))
    bases = [_base(folder, entry) for entry in as_texts(config.get("extends"))]
    bases = [entry for entry in bases if entry]
    first = Manifest(
        path,
        "npm",
        entry=inside(folder, _own(as_text(options.get("outDir")))),
        roots=(base,) if base else (),
        aliases=_paths(base or folder, options.get("paths")),
        members=_references(folder, config.get("references")),
        extends=bases[-1] if bases else "",
    )
    return (first, *(Manifest(path, "npm", extends=entry) for entry in reversed(bases[:-1])))


def _paths(folder: str, paths: object) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found = []
    for pattern, targets in list(as_mapping(paths).items())[:_MAX_PATTERNS]:
        inner = tuple(place for target in as_texts(targets) if (place := inside(folder, _own(target))))
        if inner and len(pattern) <= 500 and pattern.count("*") <= 1:
            found.append((pattern, inner))
    return tuple(found)


def _references(folder: str, references: object) -> tuple[str, ...]:
    rows = references if isinstance(references, list) else []
    places = (inside(folder, as_text(as_mapping(row).get("path"))) for row in rows[:_MAX_PATTERNS])
    return tuple(place for place in places if place)


def _base(folder: str, written: str) -> str:
    return inside(folder, written) if written.startswith((".", "/")) else written


def _own(target: str) -> str:
    return f"./{target.removeprefix(_OWN_FOLDER)}" if target.startswith(_OWN_FOLDER) else target
