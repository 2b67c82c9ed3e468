"""What the tests of publishing share: findings, patches made by difflib, and comments as we would have posted them."""

import difflib
from collections.abc import Mapping, Sequence

from reviewlore.diff import FilePatch, parse_diff
from reviewlore.domain.finding import Finding, Review
from reviewlore.domain.forge import IssueComment, OwnThread, ThreadComment
from reviewlore.domain.history import Anchor
from reviewlore.domain.markers import add_hidden, place_marker
from reviewlore.stages.publish.places import find_place_of
from reviewlore.stages.publish.render import render_comment

URL = "https://github.com/octo/demo"
HEAD, BASE = "b" * 40, "a" * 40
ME = "github-actions[bot]"


def finding(name: str = "aaaaaa1", line: int = 1, path: str = "a.py", side: str = "RIGHT", **more) -> Finding:
    values = {"title": f"Title {name}", "why": "Because.", "advice": "Do.", "severity": "warning", "confidence": 0.9}
    source = more.pop("source", "architecture")
    return Finding(name, "rule", source, Anchor(path, line, side), hunk="", **(values | more))


def review(*findings: Finding, **more) -> Review:
    return Review("octo/demo", BASE, more.pop("head", HEAD), "embedded", "prior", findings, files_reviewed=1, **more)


def patches(
    files: Mapping[str, tuple[Sequence[str], Sequence[str]]], renamed: Mapping[str, str] | None = None
) -> tuple[FilePatch, ...]:
    """Parse the diff of some files, each as its rows before and after."""
    text = ""
    for path, (before, after) in files.items():
        old = (renamed or {}).get(path, path)
        moved = f"similarity index 90%\nrename from {old}\nrename to {path}\n" if old != path else ""
        rows = difflib.unified_diff(before, after, f"a/{old}", f"b/{path}", lineterm="")
        text += f"diff --git a/{old} b/{path}\n{moved}" + "".join(f"{row}\n" for row in rows)
    return parse_diff(text)


def comment_on(
    said: Finding, where: Mapping[str, FilePatch], number: int = 1, placed: bool = True, hidden: str | None = None
) -> ThreadComment:
    """A finding as we would have posted it; `placed` False as older versions did."""
    body = render_comment(said, review(said), URL)
    if placed:
        body = add_hidden(body, place_marker(find_place_of(said, where)))
    line = said.anchor.line
    return ThreadComment(
        number, None, 1, 1, said.anchor.path, line, line, said.anchor.side, None, None, "", body, ME, True, "NONE", "",
        "", "", "", "", hidden=hidden,
    )  # fmt: skip


def thread(comment: ThreadComment, **more) -> OwnThread:
    values = {"may_resolve": True, "may_minimise": True}
    return OwnThread(f"PRRT_{comment.id}", f"PRRC_{comment.id}", comment, **(values | more))


def summary(body: str, number: int = 5) -> IssueComment:
    return IssueComment(number, 1, body, ME, True, "NONE", "", "", "")
