"""setup.cfg and setup.py to records. A setup.py is parsed and read where it is literal; it is never run or imported.

Sources: https://setuptools.pypa.io/en/latest/userguide/declarative_config.html and .../references/keywords.html.
"""

import ast
import configparser
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from reviewlore.domain.manifest import Dependency, DependencyScope, Manifest
from reviewlore.formats.json_text import as_text
from reviewlore.formats.manifests.places import place
from reviewlore.formats.manifests.python_requirements import is_requirements
from reviewlore.formats.pep508 import normal_name, parse_requirement

_MAX_CHARACTERS = 300_000
_MAX_DEPTH = 30
_MAX_ENTRIES = 5_000
_KEYWORDS: tuple[tuple[str, DependencyScope], ...] = (
    ("install_requires", "runtime"),
    ("extras_require", "optional"),
    ("tests_require", "development"),
    ("setup_requires", "build"),
)
# What changes a list in place: a name it is called on no longer is what was assigned.
_CHANGING = frozenset({"append", "extend", "insert", "update", "remove", "setdefault", "pop", "add", "clear"})


@dataclass(slots=True)
class _Found:
    """Dependencies of one file with the lines that name them, and what could not be read."""

    entries: dict[tuple[str, DependencyScope], Dependency] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def add(self, text: str, scope: DependencyScope, line: int) -> None:
        wanted = parse_requirement(text)
        if wanted is None:
            self.problems.append(f"{text.strip()[:60]!r} is no requirement")
        elif len(self.entries) < _MAX_ENTRIES:
            mine: DependencyScope = "optional" if wanted.extra and scope == "runtime" else scope
            local = wanted.url.startswith("file:")
            entry = Dependency(wanted.name, "pypi", mine, line, as_text(wanted.version), local)
            self.entries.setdefault((wanted.name, mine), entry)


def parse_setup_cfg(path: str, text: str) -> tuple[Manifest, ...]:
    """Return the record of a setup.cfg, or none where it only configures tools.

    `file:` lists (setuptools) are read where they are requirements files; other ones become `problem`.
    """
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    if len(text) > _MAX_CHARACTERS:
        return (Manifest(path, "pypi", problem=f"it is longer than {_MAX_CHARACTERS} characters"),)
    try:
        parser.read_string(text.removeprefix("\ufeff"))
    except (configparser.Error, ValueError) as error:
        return (Manifest(path, "pypi", problem=f"it is no INI file ({str(error).splitlines()[0][:120]})"),)
    sections = {name: dict(parser[name]) for name in parser.sections()}
    metadata, options = sections.get("metadata", {}), sections.get("options", {})
    extras = sections.get("options.extras_require", {})
    if not (metadata or options or extras):
        return ()
    found, folder = _Found(), path.rpartition("/")[0]
    # An entry stands on a line of its own, or behind its key.
    rows: dict[str, int] = {}
    for number, row in enumerate(text.split("\n"), 1):
        for said in (row, row.partition("=")[2]):
            rows.setdefault(said.partition(" #")[0].strip(), number)
    for key, scope in _KEYWORDS:
        _listed(found, rows, folder, options.get(key, ""), scope)
    for value in extras.values():
        _listed(found, rows, folder, value, "optional")
    name, version = _unless_computed(metadata.get("name", "")), _unless_computed(metadata.get("version", ""))
    where = sections.get("options.packages.find", {}).get("where", "")
    written = [_root_of(options.get("package_dir", "")), where.strip()]
    roots = tuple(inner for one in written if one and (inner := place(folder, one)) is not None)
    return (_manifest(path, found, normal_name(name), version, roots),)


def parse_setup_py(path: str, text: str) -> tuple[Manifest, ...]:
    """Return what the call of `setup()` in a setup.py says in literals, names that stand for them, and their sums.

    Everything else is unknown and said to be so in `problem`, unless it reads a requirements file by name. A file
    without a call of `setup` is no manifest.
    """
    if len(text) > _MAX_CHARACTERS:
        return (Manifest(path, "pypi", problem=f"it is longer than {_MAX_CHARACTERS} characters"),)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about invalid escapes, which are theirs to mend
            tree = ast.parse(text.removeprefix("\ufeff"))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return (Manifest(path, "pypi", problem=f"it is no Python ({type(error).__name__})"),)
    call = next((node for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_setup(node.func)), None)
    if call is None:
        return ()
    literals = _Literals(_assigned(tree))
    found = _Found()
    said = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    for spread in (keyword.value for keyword in call.keywords if keyword.arg is None):
        inner = literals.resolved(spread)
        if isinstance(inner, ast.Dict):
            for key, value in zip(inner.keys, inner.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    said[key.value] = value
        else:
            found.problems.append("some arguments of setup() are computed")
    for keyword, scope in _KEYWORDS:
        _collect(found, keyword, said.get(keyword), scope, literals)
    name, version = literals.text(said.get("name")), literals.text(said.get("version"))
    roots = _package_dir(path.rpartition("/")[0], said.get("package_dir"), literals)
    return (_manifest(path, found, normal_name(name), as_text(version), roots),)


def _manifest(path: str, found: _Found, name: str, version: str, roots: tuple[str, ...]) -> Manifest:
    problem = "; ".join(found.problems[:3])
    return Manifest(path, "pypi", name, version, tuple(found.entries.values()), roots=roots, problem=problem)


def _listed(found: _Found, rows: Mapping[str, int], folder: str, value: str, scope: DependencyScope) -> None:
    if value.strip().startswith("file:"):
        files = [one.strip() for one in value.strip().removeprefix("file:").split(",")]
        unread = [one for one in files if not is_requirements(place(folder, one) or "")]
        found.problems += [f"it takes requirements from {one[:60]!r}, which is not read" for one in unread]
        return
    # One line may hold several, parted by `;`, unless that starts a marker; on lines of their own it always does.
    parts = value.splitlines() if "\n" in value.strip() else [value]
    for part in parts[:_MAX_ENTRIES]:
        text = part.partition(" #")[0].strip()
        if text and not text.startswith("#"):
            found.add(text, scope, rows.get(text, 1))


def _unless_computed(value: str) -> str:
    return "" if value.startswith(("attr:", "file:")) else as_text(value.strip())


def _root_of(package_dir: str) -> str:
    """Return the folder of `=src`, the root package's."""
    rows = (row.partition("=") for row in package_dir.splitlines())
    return next((target.strip() for name, equals, target in rows if equals and not name.strip()), "")


def _is_setup(function: ast.expr) -> bool:
    if isinstance(function, ast.Attribute):
        return function.attr == "setup" and isinstance(function.value, ast.Name)
    return isinstance(function, ast.Name) and function.id == "setup"


def _assigned(tree: ast.Module) -> dict[str, ast.expr]:
    """Return the names that are assigned once, at the top of the file, and never changed in place."""
    found: dict[str, ast.expr] = {}
    doubtful: set[str] = set()
    top = {id(node) for node in tree.body}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                # `a["b"] = …` changes a too.
                inner = next((one for one in ast.walk(target) if isinstance(one, ast.Name)), None)
                if isinstance(target, ast.Name) and id(node) in top and node.value and target.id not in found:
                    found[target.id] = node.value
                elif inner:
                    doubtful.add(inner.id)
        elif isinstance(node, ast.AugAssign | ast.For | ast.NamedExpr) and isinstance(node.target, ast.Name):
            doubtful.add(node.target.id)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGING:
            doubtful |= {one.id for one in ast.walk(node.func.value) if isinstance(one, ast.Name)}
    return {name: value for name, value in found.items() if name not in doubtful}


class _Literals:
    """Reads values of a file without running it; looks at so many parts at most, as names may stand for names."""

    def __init__(self, names: Mapping[str, ast.expr]) -> None:
        self._names = names
        self._left = 10 * _MAX_ENTRIES

    def resolved(self, node: ast.expr | None) -> ast.expr | None:
        """Return what a name stands for, through a few other names."""
        for _ in range(_MAX_DEPTH):
            if not isinstance(node, ast.Name):
                return node
            node = self._names.get(node.id)
        return None

    def text(self, node: ast.expr | None) -> str:
        node = self.resolved(node)
        return as_text(node.value) if isinstance(node, ast.Constant) else ""

    def texts(self, node: ast.expr | None, depth: int = 0) -> Iterator[tuple[str, int] | None]:
        """Yield the texts of a list with their lines, and None for each part that is not literal."""
        node = self.resolved(node)
        self._left -= 1
        if depth > _MAX_DEPTH or self._left < 0:
            yield None
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            for offset, row in enumerate(node.value.splitlines()):
                if row.strip():
                    yield row.strip(), node.lineno + offset
        elif isinstance(node, ast.List | ast.Tuple | ast.Set):
            for item in node.elts:
                if self._left >= 0:
                    yield from self.texts(item.value if isinstance(item, ast.Starred) else item, depth + 1)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            yield from self.texts(node.left, depth + 1)
            yield from self.texts(node.right, depth + 1)
        elif not _reads_requirements(node):
            yield None


def _reads_requirements(node: ast.expr | None) -> bool:
    """Whether an expression works on a requirements file, which speaks for itself: `read("requirements/base.in")`."""
    parts = ast.walk(node) if node else ()
    return any(
        isinstance(part, ast.Constant) and isinstance(part.value, str) and is_requirements(place("", part.value) or "")
        for part in parts
    )


def _collect(found: _Found, key: str, node: ast.expr | None, scope: DependencyScope, literals: _Literals) -> None:
    if node is None:
        return
    node = literals.resolved(node)
    groups: list[ast.expr | None] = [node]
    if isinstance(node, ast.Dict):
        groups = [None if inner is None else value for inner, value in zip(node.keys, node.values, strict=True)]
    elif key == "extras_require":
        groups = [None]
    for group in groups:
        for entry in literals.texts(group):
            if entry:
                found.add(entry[0], scope, entry[1])
            elif (reason := f"{key} is computed in part") not in found.problems:
                found.problems.append(reason)


def _package_dir(folder: str, node: ast.expr | None, literals: _Literals) -> tuple[str, ...]:
    node = literals.resolved(node)
    pairs = zip(node.keys, node.values, strict=True) if isinstance(node, ast.Dict) else ()
    written = (literals.text(value) for key, value in pairs if isinstance(key, ast.Constant) and key.value == "")
    return tuple(inner for one in written if one and (inner := place(folder, one)) is not None)
