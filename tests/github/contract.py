"""Judges REST exchanges against GitHub's published OpenAPI description.

In: a method, an URL, a status and a JSON body. Out: a list of violations, empty when the exchange conforms.
It knows nothing about the state of any repository, and answers no request itself.
"""

import functools
import json
import lzma
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import jsonschema_rs

DATA = Path(__file__).parent / "data"
# Statuses that GitHub documents for every operation at once, in its guides rather than beside each operation.
ANYWHERE = frozenset({301, 304, 307, 401, 403, 404, 422, 429, 500, 502, 503})
# Path parameters that may hold slashes although the description does not mark them.
SLASHED = frozenset({"path", "basehead", "ref"})
# Keywords of OpenAPI 3.0 that JSON Schema does not know.
NOT_SCHEMA = frozenset({"example", "examples", "discriminator", "xml", "externalDocs", "x-octokit", "x-github"})
# Where the description is narrower than GitHub's text beside it: (method, template) -> type of body also allowed.
ALSO_ALLOWED = {
    ("POST", "/repos/{owner}/{repo}/issues/{issue_number}/labels"): list,
    ("PUT", "/repos/{owner}/{repo}/issues/{issue_number}/labels"): list,
}
# Where GitHub answers null although the description does not say so: deleted accounts and forks, outdated comments.
KNOWN_NULLS = re.compile(r"(\d+/)?(user|head/user|head/repo|line): null is not of type ")


@dataclass(frozen=True)
class Route:
    """One path template of the description, as a pattern, with its operations by lower-case method."""

    template: str
    pattern: re.Pattern[str]
    operations: dict[str, Any]


@dataclass(frozen=True)
class Match:
    """The operation that a method and path mean, and the values of its path parameters."""

    method: str
    template: str
    operation: dict[str, Any]
    values: dict[str, str]


class Contract:
    """GitHub's description, compiled on demand; read-only, so that all tests of a run share one."""

    def __init__(self, path: Path = DATA / "github-openapi-slim.json.xz") -> None:
        self.document = json.loads(lzma.decompress(path.read_bytes()))
        self._components = self.document["components"]
        self._schemas = _json_schema(self._components["schemas"])
        # The most literal template wins: /pulls/comments is not pull request number "comments".
        routes = [self._route(template, item) for template, item in self.document["paths"].items()]
        self._routes = sorted(routes, key=lambda route: (route.template.count("{"), -len(route.template)))
        self._validator = functools.cache(self._compile)

    def match(self, method: str, path: str) -> Match | None:
        """Return the operation of a request path, None where GitHub has none."""
        for route in self._routes:
            found = route.pattern.fullmatch(path)
            if found and method.lower() in route.operations:
                values = {name: unquote(value) for name, value in found.groupdict().items()}
                return Match(method, route.template, route.operations[method.lower()], values)
        return None

    def judge_request(self, method: str, url: str, body: Any) -> list[str]:
        """Return what is wrong with a request: unknown operation or query, missing or malformed body."""
        parts = urlsplit(url)
        match = self.match(method, parts.path)
        if match is None:
            return [f"no operation {method} {parts.path}"]
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        return self._query_errors(match.operation, query) + self._body_errors(match, body)

    def judge_response(self, method: str, url: str, status: int, body: Any) -> list[str]:
        """Return what is wrong with an answer: undeclared status, unexpected body, schema errors."""
        match = self.match(method, urlsplit(url).path)
        if match is None:
            return [f"no operation {method} {url}"]
        declared = match.operation["responses"]
        answer = declared.get(str(status)) or declared.get("default")
        if answer is None:
            undeclared = f"{method} {match.template}: status {status} is not among {sorted(declared)}"
            return [] if status in ANYWHERE else [undeclared]
        content = self.resolve(answer).get("content") or {}
        if status == 204 or not content:
            return [] if body in (None, "", {}) else [f"{method} {match.template} {status}: unexpected body"]
        schema = next((media.get("schema") for kind, media in content.items() if "json" in kind), None)
        errors = [] if schema is None else self._schema_errors(schema, body)
        wrong = [error for error in errors if not KNOWN_NULLS.match(error)]
        return [f"{method} {match.template} {status}: {error}" for error in wrong]

    def example(self, method: str, template: str, status: int) -> Any:
        """Return the text of GitHub's own first example of an answer (of its first element, for a list)."""
        operation = self.document["paths"][template][method.lower()]
        media = self.resolve(operation["responses"][str(status)])["content"]["application/json"]
        value = self.resolve(next(iter(media["examples"].values())))["value"]
        return value[0] if isinstance(value, list) else value

    def resolve(self, node: dict[str, Any]) -> dict[str, Any]:
        """Follow one `$ref` into the components."""
        if "$ref" not in node:
            return node
        kind, name = node["$ref"].split("/")[-2:]
        return self._components[kind][name]

    def _route(self, template: str, item: dict[str, Any]) -> Route:
        parameters = [self.resolve(each) for operation in item.values() for each in operation.get("parameters", [])]
        slashed = SLASHED | {each["name"] for each in parameters if each.get("x-multi-segment")}

        def group(found: re.Match[str]) -> str:
            return f"(?P<{found[1]}>{'.+' if found[1] in slashed else '[^/]+'})"

        return Route(template, re.compile(re.sub(r"\\\{(\w+)\\\}", group, re.escape(template)) + "/?"), item)

    def _query_errors(self, operation: dict[str, Any], query: dict[str, str]) -> list[str]:
        declared = [self.resolve(each) for each in operation.get("parameters", [])]
        known = {each["name"]: each for each in declared if each["in"] == "query"}
        errors = [f"query {name} is unknown to the operation" for name in query if name not in known]
        for name, parameter in known.items():
            if name in query:
                errors += self._value_errors(name, parameter.get("schema", {}), query[name])
            elif parameter.get("required"):
                errors.append(f"query {name} is required")
        return errors

    def _value_errors(self, name: str, schema: dict[str, Any], text: str) -> list[str]:
        value: Any = text
        if schema.get("type") == "integer":
            if not re.fullmatch(r"-?\d+", text):
                return [f"query {name}={text!r} is not an integer"]
            value = int(text)
        elif schema.get("type") == "boolean":
            value = {"true": True, "false": False}.get(text, text)
        elif schema.get("type") == "array":
            value = text.split(",")
        return [f"query {name}: {error}" for error in self._schema_errors(schema, value)]

    def _body_errors(self, match: Match, body: Any) -> list[str]:
        declared = match.operation.get("requestBody")
        if not declared:
            return [] if body in (None, {}, "") else ["a body is not allowed"]
        if body is None:
            return ["a body is required"] if declared.get("required") else []
        schema = declared["content"].get("application/json", {}).get("schema")
        also = ALSO_ALLOWED.get((match.method, match.template))
        if schema is None or (also is not None and isinstance(body, also)):
            return []
        return [f"body {error}" for error in self._schema_errors(schema, body)]

    def _schema_errors(self, schema: dict[str, Any], value: Any, limit: int = 8) -> list[str]:
        errors = []
        for error in self._validator(json.dumps(_json_schema(schema), sort_keys=True)).iter_errors(value):
            errors.append(f"{'/'.join(map(str, error.instance_path))}: {error.message[:300]}")
            if len(errors) == limit:
                break
        return errors

    def _compile(self, schema: str) -> jsonschema_rs.Validator:
        document = {
            "$ref": "#/$defs/subject",
            "$defs": {"subject": json.loads(schema)},
            "components": {"schemas": self._schemas},
        }
        return jsonschema_rs.Draft202012Validator(document, validate_formats=True)


def _json_schema(node: Any) -> Any:
    """Translate an OpenAPI 3.0 schema to JSON Schema 2020-12: `nullable`, and exclusive bounds as numbers."""
    if isinstance(node, list):
        return [_json_schema(each) for each in node]
    if not isinstance(node, dict):
        return node
    node = {key: _json_schema(value) for key, value in node.items() if key not in NOT_SCHEMA}
    for bound, exclusive in (("maximum", "exclusiveMaximum"), ("minimum", "exclusiveMinimum")):
        if isinstance(node.get(exclusive), bool) and node.pop(exclusive):
            node[exclusive] = node.pop(bound)
    if node.pop("nullable", False) is not True:
        return node
    if None not in node.get("enum", [None]):
        node["enum"] = [*node["enum"], None]
    if isinstance(node.get("type"), str):
        return {**node, "type": [node["type"], "null"]}
    return {"anyOf": [node, {"type": "null"}]} if node else node
