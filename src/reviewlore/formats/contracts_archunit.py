"""Rules about packages that ArchUnit tests declare: the text of a Java file in, contracts and notes out. Runs none.

Read are literal chains (https://www.archunit.org/userguide/html/000_Index.html): `layeredArchitecture()`,
`onionArchitecture()`, `noClasses()` and `classes()` that reside in packages and depend on classes in others. What is
computed, or says more than packages and dependencies, is named in a note. `..web..` becomes `**.web` below the analysed
packages; only what ends in `..` is read, as a member of a contract holds all that lies below it.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from reviewlore.domain.architecture import Contract, Layer

_MAX_CHARACTERS = 1_000_000
# No rule that a person wrote has more steps, or longer arguments; no file more rules.
_MAX_STEPS, _MAX_ARGUMENTS, _MAX_RULES, _MAX_NAMES = 100, 3_000, 200, 50
_QUIET = re.compile(
    r'"""(?s:.*?)(?:"""|\Z)|"(?:[^"\\\n]|\\.)*+"?|\'(?:[^\'\\\n]|\\.)*+\'?|//[^\n]*+|/\*(?s:.*?)(?:\*/|\Z)'
)
_START = re.compile(r"(?<![\w\"])(layeredArchitecture|onionArchitecture|noClasses|classes|slices)[ \t]*+\(\s*+\)")
_CALL = re.compile(r"\s*+\.\s*+(\w+)\s*+\(")
_BRACKET = re.compile(r'[()]|"(?:[^"\\\n]|\\.)*+"')
_LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*+)"')
_CONSTANT = re.compile(r'\bString\s++(\w+)\s*+=\s*+"([^"\\\n]*+)"\s*+;')
_SCOPE = re.compile(r"@AnalyzeClasses\s*+\(|\.importPackages\s*+\(")
_PACKAGE = re.compile(r"(?:\.\.)?\w+(?:\.\.?\w+)*\.\.")
# What changes how a rule is told, not what it says.
_WORDS_ONLY = frozenset(
    "as because allowEmptyShould withOptionalLayers consideringAllDependencies consideringOnlyDependenciesInLayers "
    "consideringOnlyDependenciesInAnyPackage ensureAllClassesAreContainedInArchitecture check".split()
)
_INSIDE = frozenset({"resideInAPackage", "resideInAnyPackage"})
_Arguments = tuple[str, ...] | None  # None: something is computed
_Chain = list[tuple[str, _Arguments]]


class _File:
    """One file: its text without comments, the text constants it declares and the packages it analyses."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = _QUIET.sub(lambda found: " " if found[0].startswith(("//", "/*")) else found[0], text)
        self._constants = {found[1]: found[2] for found in _CONSTANT.finditer(self.text)}
        self.scopes = tuple(self._scopes())

    def chains(self) -> Iterator[tuple[str, int, _Chain]]:
        """Yield how each rule starts, where in the text, and the calls that follow each other behind that."""
        for start in islice(_START.finditer(self.text), _MAX_RULES):
            chain: _Chain = []
            at = start.end()
            while len(chain) < _MAX_STEPS and (call := _CALL.match(self.text, at)):
                written, at = self._bracket(call.end())
                chain.append((call[1], self._arguments(written)))
            yield start[1], start.start(), chain

    def _bracket(self, at: int) -> tuple[str, int]:
        """Return what stands up to the closing bracket of one that is open, and the place behind it."""
        depth = 1
        for found in _BRACKET.finditer(self.text, at, at + _MAX_ARGUMENTS):
            depth += {"(": 1, ")": -1}.get(found[0], 0)
            if not depth:
                return self.text[at : found.start()], found.end()
        return "?", len(self.text)

    def _arguments(self, written: str) -> _Arguments:
        if not written.strip():
            return ()
        found = []
        for argument in _split(written, ","):
            parts = [self._value(part.strip()) for part in _split(argument, "+")]
            if None in parts:
                return None
            found.append("".join(part for part in parts if part is not None))
        return tuple(found[:_MAX_NAMES])

    def _value(self, written: str) -> str | None:
        literal = _LITERAL.fullmatch(written)
        return literal[1] if literal else self._constants.get(written)

    def _scopes(self) -> Iterator[str]:
        for start in islice(_SCOPE.finditer(self.text), _MAX_NAMES):
            written, _ = self._bracket(start.end())
            for literal in _LITERAL.finditer(written.partition("importOptions")[0]):
                yield literal[1].removesuffix("..")


def read_archunit(path: str, text: str) -> tuple[tuple[Contract, ...], tuple[str, ...]]:
    """Return the contracts that a Java file declares with ArchUnit, and a note on those that are not judged.

    Of a layer that only some may access, the other layers are kept out: classes in no layer are left alone.
    """
    if "com.tngtech.archunit" not in text:
        return (), ()
    if len(text) > _MAX_CHARACTERS:
        return (), (f"{path}: its ArchUnit rules are not judged, as it is longer than {_MAX_CHARACTERS} characters.",)
    file = _File(path, text)
    found: list[Contract] = []
    unread: list[int] = []
    for start, at, chain in file.chains():
        if not chain:
            continue  # some other method of that name
        if start == "layeredArchitecture":
            contracts = _layered(file, chain)
        elif start == "onionArchitecture":
            contracts = _onion(file, chain)
        else:
            contracts = None if start == "slices" else _classes(file, chain, positive=start == "classes")
        if contracts is None:
            unread.append(at)
        found += contracts or ()
    notes = (_note(file, unread),) if unread else ()
    return tuple(found), notes


def _note(file: _File, unread: Sequence[int]) -> str:
    some = "1 ArchUnit rule says" if len(unread) == 1 else f"{len(unread)} ArchUnit rules say"
    return f"{file.path}: {some} more than is judged here, or compute what they are about."


def _layered(file: _File, chain: _Chain) -> list[Contract] | None:
    layers: dict[str, tuple[str, ...]] = {}
    rules: list[tuple[str, str, tuple[str, ...]]] = []
    current = ""
    for name, arguments in chain:
        if name in _WORDS_ONLY:
            continue
        if arguments is None:
            return None
        if name in ("layer", "optionalLayer", "whereLayer") and len(arguments) == 1:
            current = arguments[0]
        elif name == "definedBy" and (members := _members(file, arguments)):
            layers[current] = members
        elif name.startswith("may"):
            rules.append((current, name, arguments))
        else:
            return None
    found = []
    for layer, rule, others in rules:
        contract = _access(file, layers, layer, rule, others)
        if contract is None:
            return None
        if contract.sources and contract.targets:
            found.append(contract)
    return found


def _access(
    file: _File, layers: dict[str, tuple[str, ...]], layer: str, rule: str, others: tuple[str, ...]
) -> Contract | None:
    """Return what `whereLayer` forbids: the layers that are not named must not import this one, or the reverse."""
    kept_out = {"mayNotBeAccessedByAnyLayer", "mayOnlyBeAccessedByLayers"}
    if layer not in layers or rule not in kept_out | {"mayNotAccessAnyLayer", "mayOnlyAccessLayers"}:
        return None
    rest = tuple(
        member for name, members in layers.items() if name != layer and name not in others for member in members
    )
    says = {
        "mayNotBeAccessedByAnyLayer": "may not be accessed by any layer",
        "mayOnlyBeAccessedByLayers": f"may only be accessed by {', '.join(others)}",
        "mayNotAccessAnyLayer": "may not access any layer",
        "mayOnlyAccessLayers": f"may only access {', '.join(others)}",
    }[rule]
    sources, targets = (rest, layers[layer]) if rule in kept_out else (layers[layer], rest)
    return Contract("forbidden", f"{layer} {says}", file.path, sources=sources, targets=targets)


def _onion(file: _File, chain: _Chain) -> list[Contract] | None:
    """Adapters above application services above domain services above domain models; adapters know no other adapter."""
    rings: dict[str, tuple[str, ...]] = {}
    adapters: tuple[str, ...] = ()
    for name, arguments in chain:
        if name in _WORDS_ONLY:
            continue
        members = _members(file, arguments[1:] if name == "adapter" else arguments) if arguments else None
        if not members:
            return None
        if name == "adapter":
            adapters += members
        elif name in ("applicationServices", "domainServices", "domainModels"):
            rings[name] = members
        else:
            return None
    layers = [Layer(adapters, independent=True)] if adapters else []
    layers += [
        Layer(rings[name]) for name in ("applicationServices", "domainServices", "domainModels") if name in rings
    ]
    return [Contract("layers", "onion architecture", file.path, tuple(layers))] if len(layers) > 1 else []


def _classes(file: _File, chain: _Chain, *, positive: bool) -> list[Contract] | None:
    """Read `that().resideIn….should().dependOnClassesThat().resideIn…`, positive: with `onlyDependOnClassesThat`."""
    told = [(name, arguments) for name, arguments in chain if name not in _WORDS_ONLY]
    names = [name for name, _ in told]
    verb = "onlyDependOnClassesThat" if positive else "dependOnClassesThat"
    if len(told) != 5 or names[0] != "that" or names[2:4] != ["should", verb] or not {names[1], names[4]} <= _INSIDE:
        return None
    ours, theirs = (arguments for name, arguments in told if name in _INSIDE)
    if not ours or not theirs:
        return None
    sources = _members(file, ours)
    # Packages from elsewhere (`java..`) that are allowed beside our own need not be known.
    targets = _members(file, theirs)
    if not sources or not targets:
        return None
    said = next((arguments[0] for name, arguments in chain if name == "as" and arguments), "")
    words = "only depend" if positive else "do not depend"
    name = said or f"classes in {', '.join(ours)} {words} on {', '.join(theirs)}"
    return [Contract("allowed" if positive else "forbidden", name, file.path, sources=sources, targets=targets)]


def _members(file: _File, packages: Sequence[str]) -> tuple[str, ...] | None:
    """Return the patterns that packages stand for, or None where one says more than a pattern can."""
    found: dict[str, None] = {}
    for written in packages:
        if not _PACKAGE.fullmatch(written):
            return None
        inner = written.removesuffix("..")
        if inner.startswith(".."):
            rest = inner[2:]
            starts = [f"{scope}." for scope in file.scopes] or [""]
            texts = [text for start in starts for text in (f"{start}{rest}", f"{start}**.{rest}")]
        else:
            texts = [inner]
        for text in texts:
            found |= dict.fromkeys(_open(text))
    return tuple(found)


def _open(text: str) -> Iterator[str]:
    """Yield a pattern with each `..` left out, and standing for some packages; a second one always stands for some."""
    first, dots, rest = text.partition("..")
    rest = rest.replace("..", ".**.")
    yield f"{first}.{rest}" if dots else text
    if dots:
        yield f"{first}.**.{rest}"


def _split(text: str, sign: str) -> list[str]:
    """Split where a sign stands outside of strings."""
    parts, start = [], 0
    for found in re.finditer(rf'"(?:[^"\\\n]|\\.)*+"|{re.escape(sign)}', text):
        if found[0] == sign:
            parts.append(text[start : found.start()])
            start = found.end()
    return [*parts, text[start:]]
