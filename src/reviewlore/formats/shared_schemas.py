"""Schema files that repositories share, by what they call themselves: path and text in, `SharedSchema` out.

JSON Schema by `$id`, OpenAPI by title and version, Protocol Buffers by package and services, Avro by full name, GraphQL
(which has no name of its own) by a hash of its content. What cannot be read has the hash as its identity, or is none.
"""

import hashlib
import re

from reviewlore.domain.federation import SchemaVersion, SharedKind, SharedSchema
from reviewlore.formats.loose import json_value
from reviewlore.formats.schema_elements import read_elements
from reviewlore.formats.yaml_text import read_yaml

MAX_CHARACTERS = 1_000_000
_MAX_IDENTITY = 200
_OPENAPI = re.compile(r"(openapi|swagger)([.-][\w.-]+)?\.(ya?ml|json)", re.IGNORECASE)
_PACKAGE = re.compile(r"^[ \t]*+package\s+([\w.]+)\s*;", re.MULTILINE)
_SERVICE = re.compile(r"^[ \t]*+(?:service|message)\s+(\w+)", re.MULTILINE)


def read_version(path: str, text: str) -> SchemaVersion | None:
    """Return a schema file with all that it says; None where it is no schema, or cannot be compared."""
    schema = read_schema(path, text)
    elements = read_elements(schema.kind, text) if schema else None
    return SchemaVersion(schema, elements) if schema and elements else None


def is_schema_file(path: str) -> bool:
    """Whether a path is a schema that this module reads, by its name."""
    return _kind(path) is not None


def read_schema(path: str, text: str) -> SharedSchema | None:
    """Return what a schema file calls itself; None where it is no schema."""
    kind = _kind(path)
    if kind is None or len(text) > MAX_CHARACTERS or not text.strip():
        return None
    identity = {
        "openapi": _openapi,
        "json_schema": _json_schema,
        "protobuf": _protobuf,
        "avro": _avro,
        "graphql": _hash,
    }[kind](text)
    return SharedSchema(kind, identity[:_MAX_IDENTITY], path, _hash(text)) if identity else None


def _kind(path: str) -> SharedKind | None:
    name = path.rpartition("/")[2]
    if name.endswith(".proto"):
        return "protobuf"
    if name.endswith((".graphql", ".graphqls", ".gql")):
        return "graphql"
    if name.endswith(".avsc"):
        return "avro"
    if name.endswith(".schema.json"):
        return "json_schema"
    return "openapi" if _OPENAPI.fullmatch(name) else None


def _hash(text: str) -> str:
    """Return a hash that does not depend on spaces and line ends."""
    return "sha256:" + hashlib.sha256(" ".join(text.split()).encode("utf-8", "replace")).hexdigest()[:32]


def _openapi(text: str) -> str:
    value, _ = read_yaml(text)  # JSON is YAML
    if not isinstance(value, dict) or not ("openapi" in value or "swagger" in value):
        return ""
    info = value.get("info")
    if isinstance(info, dict) and isinstance(info.get("title"), str):
        return info["title"].strip() or _hash(text)
    return _hash(text)


def _json_schema(text: str) -> str:
    value: object = json_value(text)
    named = value.get("$id", value.get("id")) if isinstance(value, dict) else None
    return named if isinstance(named, str) and named else _hash(text)


def _avro(text: str) -> str:
    value: object = json_value(text)
    if isinstance(value, dict) and isinstance(value.get("name"), str):
        space = value.get("namespace")
        return f"{space}.{value['name']}" if isinstance(space, str) and space else value["name"]
    return _hash(text)


def _protobuf(text: str) -> str:
    package = _PACKAGE.search(text)
    names = sorted(set(_SERVICE.findall(text)))
    if package is None or not names:
        return _hash(text)
    return f"{package[1]}: {', '.join(names)}"
