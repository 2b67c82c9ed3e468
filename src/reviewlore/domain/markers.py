"""The hidden last line of everything we post, by which a later run knows what was said. Text in, text out.

Above it may stand another hidden line with the id of the run that wrote the body; older comments have none.
"""

import re

MARKER = "<!-- reviewlore:"
_MARKED = re.compile(r"<!-- reviewlore:(finding|reply|review)=([0-9A-Za-z]{1,64}) -->\s*\Z")
_RUN = re.compile(r"<!-- reviewlore-run=([0-9]{1,20}) -->\s*<!-- reviewlore:[^<>]{1,80} -->\s*\Z")


def marker(kind: str, value: str) -> str:
    """Return the hidden last line of a body: `kind` is finding, reply or review."""
    return f"{MARKER}{kind}={value} -->"


def find_marker(kind: str, body: str) -> str | None:
    """Return the value of a body's marker; only its last line counts, so that no quoted text can forge one."""
    match = _MARKED.search(body)
    return match[2] if match is not None and match[1] == kind else None


def run_marker(run: str) -> str:
    """Return the hidden line that names a run, with its line end; nothing where there is no run, or no id of one."""
    return f"<!-- reviewlore-run={run} -->\n" if re.fullmatch(r"[0-9]{1,20}", run, re.ASCII) else ""


def find_run(body: str) -> str:
    """Return the id of the run that wrote a body, empty where it is not told."""
    match = _RUN.search(body)
    return match[1] if match is not None else ""
