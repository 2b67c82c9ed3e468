"""How fast and how exactly secrets and personal data are taken out: lines a second, recall and false alarms.

Source is the standard library of the Python that runs this, in pieces of 20 lines, the length of a hunk; detect-secrets
is measured beside it in the same run where it is installed (the extra `bench`).
"""

import argparse
import importlib
import json
import sysconfig
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from reviewlore.stages.redact import redact, redact_mentions

LINES, PIECE, LIBRARY_LINES = 100_000, 20, 4_000


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks redaction", description=__doc__)
    parser.add_argument("--source", default=sysconfig.get_paths()["stdlib"], help="a folder of *.py files")
    parser.add_argument("--lines", type=int, default=LINES, help="how many lines to read")
    parser.add_argument("--cases", default="open", choices=("open", "sealed", "last"), help="which set")
    parser.add_argument("--json", action="store_true", help="accepted for symmetry: the last line is always JSON")
    arguments = parser.parse_args(argv)
    pieces = read_pieces(Path(arguments.source), arguments.lines)
    if not pieces:
        print(f"Not measured: no *.py file in {arguments.source}.")
        print(json.dumps({"not_measured": ["source"]}))
        return 0
    result = measure(pieces) | exactness(arguments.cases)
    for name, value in result.items():
        print(f"{name}: {value}")
    print(json.dumps(result, sort_keys=True))
    return 0


def read_pieces(folder: Path, limit: int) -> list[str]:
    """Source in pieces of 20 lines, from the files in the order of their names, up to a number of lines."""
    pieces: list[str] = []
    for path in sorted(folder.rglob("*.py")):
        if len(pieces) * PIECE >= limit:
            break
        rows = path.read_text(encoding="utf-8", errors="replace").split("\n")
        pieces += ["\n".join(rows[at : at + PIECE]) for at in range(0, len(rows), PIECE)]
    return pieces[: max(1, limit // PIECE)]


def measure(pieces: Sequence[str]) -> dict[str, Any]:
    """Lines of source a second of processor time, the best of three runs; the library's on fewer lines."""
    lines = sum(piece.count("\n") + 1 for piece in pieces)
    found = sum(sum(redact(piece)[1].values()) for piece in pieces)
    ours = lines / _seconds(lambda: [redact(piece) for piece in pieces], 3)
    result: dict[str, Any] = {
        "lines": lines,
        "lines_per_second": round(ours),
        "findings_per_100k_lines": round(100_000 * found / lines, 1),
    }
    theirs = _detect_secrets([row for piece in pieces for row in piece.split("\n")][:LIBRARY_LINES])
    if theirs is None:
        return result | {"not_measured": ["detect-secrets"]}
    return result | {"detect_secrets_lines_per_second": round(theirs), "times_as_fast": round(ours / theirs, 1)}


def exactness(name: str) -> dict[str, Any]:
    """Recall on the cases with a secret and the share of plain ones that were changed."""
    cases = importlib.import_module(f"tests.redaction.cases_{name}").cases()
    scrubbed = [(case, redact_mentions(redact(case.text)[0])) for case in cases]
    secret = [case.secret not in text for case, text in scrubbed if case.secret is not None]
    plain = [text != case.text for case, text in scrubbed if case.secret is None]
    return {
        "cases": name,
        "recall": round(sum(secret) / len(secret), 4),
        "false_alarms": round(sum(plain) / len(plain), 4),
        "secret_cases": len(secret),
        "plain_cases": len(plain),
    }


def _seconds(work: Callable[[], object], runs: int) -> float:
    best = float("inf")
    for _ in range(runs):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def _detect_secrets(rows: Sequence[str]) -> float | None:
    """Lines a second of the library's scan of a file with its default detectors; None where it is not installed."""
    try:
        from detect_secrets.core.scan import scan_file
        from detect_secrets.settings import default_settings
    except ImportError:
        return None
    with tempfile.TemporaryDirectory() as folder, default_settings():
        path = Path(folder, "rows.py")
        path.write_text("\n".join(rows), encoding="utf-8")
        return len(rows) / _seconds(lambda: list(scan_file(str(path))), 1)
