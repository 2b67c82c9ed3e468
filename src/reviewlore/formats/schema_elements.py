"""What a schema file demands and offers, as paths of words: text in, a set out, so that two versions can be compared.

Words for readers (descriptions, titles, examples, comments, tags) are left out, and so is the order of what is named.
"""

import re
from collections.abc import Iterator

from reviewlore.domain.federation import SchemaElements, SharedKind
from reviewlore.formats.yaml_text import read_yaml

# A schema with more than this is not compared: what aliases unfold to has no bound of its own.
MAX_ELEMENTS = 20_000
_MAX_DEPTH = 60
_PROSE = frozenset(
    {"$comment", "$id", "contact", "description", "doc", "example", "examples", "externalDocs", "info", "license",
     "operationId", "servers", "summary", "tags", "title"}
)  # fmt: skip
# Below these, keys are names that somebody chose, which may be any word.
_NAMES = frozenset({"properties", "schemas", "paths", "definitions", "$defs", "parameters", "responses"})
# What is not closed goes on to the end, so that no text is gone over twice.
_COMMENTS = {
    "protobuf": re.compile(r"/\*.*?(?:\*/|\Z)|//[^\n]*", re.DOTALL),
    "graphql": re.compile(r'"""(?:[^"\\]|\\.|"(?!""))*+(?:"""|\Z)|"(?:[^"\\\n]|\\.)*+"?|#[^\n]*', re.DOTALL),
}
_SPACE = re.compile(r"\s+")


def read_elements(kind: SharedKind, text: str) -> SchemaElements | None:
    """Return what a schema says; None where it cannot be read, says nothing, or says too much."""
    found: set[tuple[str, ...]] = set()
    for element in _blocks(kind, text) if kind in _COMMENTS else _leaves(text):
        if element is None or len(found) > MAX_ELEMENTS:
            return None
        found.add(element)
    return frozenset(found) or None


def _leaves(text: str) -> Iterator[tuple[str, ...] | None]:
    """Yield the path to everything in a JSON or YAML document, a value as its last word; None where it is too much."""
    value, _ = read_yaml(text)  # JSON is YAML
    visits = 0
    stack: list[tuple[tuple[str, ...], object]] = [((), value)] if isinstance(value, dict) else []
    while stack:
        path, item = stack.pop()
        visits += 1
        if visits > MAX_ELEMENTS:
            yield None
            return
        if path and isinstance(item, dict | list):
            yield path
        if isinstance(item, dict):
            named = bool(path) and path[-1] in _NAMES
            kept = [(str(key), inner) for key, inner in item.items() if named or str(key) not in _PROSE]
            stack += [((*path, key), inner) for key, inner in kept if named or not key.startswith("x-")]
        elif isinstance(item, list):
            stack += [((*path, _called(inner)), inner) for inner in item]
        else:
            yield (*path, str(item))


def _called(item: object) -> str:
    """Return what an entry of a list is known by: its name, else nothing, so that the order does not count."""
    if isinstance(item, dict):
        for key in ("name", "$ref"):
            if isinstance(item.get(key), str):
                return str(item[key])
    return "[]"


def _blocks(kind: SharedKind, text: str) -> Iterator[tuple[str, ...] | None]:
    """Yield every statement of a text of blocks in braces after the heads of its blocks; None where it is too deep."""
    plain = _COMMENTS[kind].sub(" ", text)
    ends = ";" if kind == "protobuf" else "\n"
    within: list[str] = []
    for part in re.finditer(rf"[^{{}}{ends}(]*(?:\([^()]*\)[^{{}}{ends}(]*)*[{{}}{ends}(]?", plain):
        words, last = part[0], part[0][-1:]
        statement = _SPACE.sub(" ", words[:-1] if last and last in "{};\n(" else words).strip()
        if last == "{":
            within.append(statement)
            yield tuple(within)
        elif statement:
            yield (*within, statement)
        if last == "}" and within:
            within.pop()
        if len(within) > _MAX_DEPTH:
            yield None
            return
