"""JSON in which everything is said once: bytes in, a plain value out, or ValueError.

For what was signed: two readers of the same bytes must not see two different messages in them.
"""

import json


def read_strict(document: bytes | bytearray) -> object:
    """Return what a JSON document in UTF-8 says.

    ValueError where it is none, says a key of an object twice, has a number that JSON has not (NaN), one of more than
    4,300 digits, or is nested deeper than the interpreter's stack allows (about a thousand levels).
    """
    try:
        value: object = json.loads(document.decode("utf-8"), object_pairs_hook=_once, parse_constant=_refuse)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return value


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a key twice")
    return members


def _refuse(name: str) -> object:
    raise ValueError(f"{name} is no JSON")
