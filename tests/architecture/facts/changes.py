"""A change as the facts see it, made in memory from the files before and after: fast enough for many small cases."""

import difflib
import re
from collections.abc import Mapping

from tests.architecture.trees import map_of

from reviewlore.architecture.facts.change import ChangeContext
from reviewlore.diff import parse_diff
from reviewlore.domain.architecture import Mention

Files = Mapping[str, str]


def change_of(before: Files, after: Mapping[str, str | None], moved: Mapping[str, str] | None = None) -> ChangeContext:
    """The change from one tree to the same with `after` written over it (None removes); `moved`: old -> new path."""
    moved = moved or {}
    gone = {path for path, text in after.items() if text is None} | moved.keys()
    renamed = {new: before[old] for old, new in moved.items()}
    kept = {path: text for path, text in (dict(before) | renamed).items() if path not in gone}
    head = kept | {path: text for path, text in after.items() if text is not None}
    former = {new: old for old, new in moved.items()}
    pairs = [(former.get(path, path), path) for path in sorted(head)] + [(path, None) for path in gone - moved.keys()]
    diff = "".join(_patch(old, new, before, head) for old, new in pairs)
    return ChangeContext(
        base=map_of(before),
        head=map_of(head),
        patches=parse_diff(diff),
        mentions=lambda words: [
            Mention(word, path, number)
            for path, text in head.items()
            for number, row in enumerate(text.split("\n"), 1)
            for word in re.findall(r"\w+", row)
            if word in words
        ],
    )


def _patch(old: str, new: str | None, before: Files, head: Files) -> str:
    first, second = before.get(old), head[new] if new else None
    if first == second and old == new:
        return ""
    rows = difflib.unified_diff(
        (first or "").splitlines(keepends=True),
        (second or "").splitlines(keepends=True),
        f"a/{old}" if first is not None else "/dev/null",
        f"b/{new}" if second is not None else "/dev/null",
    )
    name = new or old
    head_rows = [f"diff --git a/{old} b/{name}\n"]
    if first is None:
        head_rows.append("new file mode 100644\n")
    if second is None:
        head_rows.append("deleted file mode 100644\n")
    if old != name:
        head_rows += ["similarity index 90%\n", f"rename from {old}\n", f"rename to {name}\n"]
    return "".join(head_rows) + "".join(row if row.endswith("\n") else f"{row}\n" for row in rows)
