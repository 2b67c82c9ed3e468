"""Findings of other reviewers: SARIF 2.1.0, rdjson, rdjsonl or JSON Lines in, records out, and back with verdicts.

A file that is none of them is an InputError; an entry that is no finding on a file is counted and passed through.
"""

from collections.abc import Mapping
from typing import Any

from reviewlore.domain.foreign import FindingKey, ForeignFile, ForeignFormat, ForeignVerdict
from reviewlore.errors import InputError
from reviewlore.formats import foreign_rdjson, foreign_rows, foreign_sarif
from reviewlore.formats.loose import json_value
from reviewlore.formats.rows import read_text

_MOST_BYTES = 128 << 20  # code scanning takes no more than 10 MB of gzip


def read_foreign_file(data: bytes, name: str, form: ForeignFormat | None = None) -> ForeignFile:
    """Return the findings of a file, plain or gzip; its format is told by its content where none is named."""
    text = read_text(data, name, _MOST_BYTES)
    document = json_value(text)
    chosen = form or _detect(document, text)
    if chosen == "sarif":
        return foreign_sarif.read_log(_object(document, name, "a SARIF log", "runs"))
    if chosen == "rdjson":
        return foreign_rdjson.read_result(_object(document, name, "an rdjson result", "diagnostics"))
    if chosen == "rdjsonl":
        return foreign_rdjson.read_lines(_rows(text, name))
    return foreign_rows.read_findings(_rows(text, name))


def tell_format(data: bytes, name: str) -> ForeignFormat:
    """Return the format of a file, by the keys that only one of them has; what none has is taken for JSON Lines."""
    text = read_text(data, name, _MOST_BYTES)
    return _detect(json_value(text), text)


def render_scored(file: ForeignFile, verdicts: Mapping[FindingKey, ForeignVerdict]) -> str:
    """Return the file with its verdicts, in its own format, without the findings that are not kept.

    InputError where it is nested more deeply than can be written.
    """
    try:
        return _render(file, verdicts)
    except RecursionError as error:
        raise InputError("The file is nested too deeply to be written back. Nothing was scored.") from error


def _render(file: ForeignFile, verdicts: Mapping[FindingKey, ForeignVerdict]) -> str:
    if file.format == "sarif":
        return foreign_sarif.render_log(file.document, verdicts)
    if file.format == "rdjson":
        return foreign_rdjson.render_result(file.document, verdicts)
    if file.format == "rdjsonl":
        return foreign_rdjson.render_lines(file.document, verdicts)
    return foreign_rows.render_findings(file.document, verdicts)


def _detect(document: Any, text: str) -> ForeignFormat:
    if isinstance(document, dict) and isinstance(document.get("runs"), list):
        return "sarif"
    if isinstance(document, dict) and isinstance(document.get("diagnostics"), list):
        return "rdjson"
    rows = (row for row in text.split("\n") if row.strip())
    first = document if isinstance(document, dict) else json_value(next(rows, ""))
    return "rdjsonl" if isinstance(first, dict) and "message" in first and "location" in first else "jsonl"


def _object(document: Any, name: str, what: str, key: str) -> dict[str, Any]:
    if not isinstance(document, dict) or not isinstance(document.get(key), list):
        raise InputError(f"{name} is not {what}: it is no JSON object with a list {key!r}. Nothing was scored.")
    return document


def _rows(text: str, name: str) -> list[dict[str, Any]]:
    rows = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        row = json_value(line)
        if not isinstance(row, dict):
            raise InputError(f"{name}, line {number}: not a JSON object. Correct it; nothing was scored.")
        rows.append(row)
    return rows
