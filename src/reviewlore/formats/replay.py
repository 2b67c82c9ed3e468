"""A repeated training as plain text of 100 columns: whether the files are the same, and what may have changed them."""

import textwrap

from reviewlore.domain.lineage import ChangedSetting, Replayed
from reviewlore.domain.visible import visible_line

_WIDTH = 98
_SHOWN = 40


def render_replay(replayed: Replayed) -> str:
    """Return the verdict, every file with its hash, and what is not as it was recorded."""
    differing = [file for file in replayed.files if file.recorded != file.made]
    count = len(replayed.files)
    if replayed.same:
        verdict = f"The same: {replayed.version} came out again to the last bit, {count} files in {replayed.seconds} s."
    else:
        verdict = (
            f"Different: {len(differing)} of {count} files of {replayed.version} did not come out the same, in "
            f"{replayed.seconds} s."
        )
    lines = _wrapped(verdict)
    for file in replayed.files:
        sign = "same" if file.recorded == file.made else "differs"
        made = "" if file.recorded == file.made else f", here {file.made[:12] or 'not made'}"
        lines += _wrapped(f"  {sign:<8}{file.name}  {file.recorded[:12] or 'not recorded'}{made}")
    for note in replayed.notes:
        lines += ["", *_wrapped(note)]
    return "\n".join([*lines, "", *_changes(replayed)]) + "\n"


def _changes(replayed: Replayed) -> list[str]:
    if not replayed.changed:
        why = "" if replayed.same else " Something that is not recorded changed it: please report it."
        return _wrapped(f"Code, packages, hardware and settings are as they were recorded.{why}")
    lines = ["Not as it was recorded:" if replayed.same else "Not as it was recorded, which may be why:"]
    for change in replayed.changed[:_SHOWN]:
        lines += _wrapped(f"  {_change(change)}")
    rest = len(replayed.changed) - _SHOWN
    return [*lines, *([f"  and {rest} more"] if rest > 0 else [])]


def _change(change: ChangedSetting) -> str:
    return f"{change.name}: {change.recorded or 'not there'}, here {change.here or 'not there'}"


def _wrapped(text: str) -> list[str]:
    indent = " " * (len(text) - len(text.lstrip()))
    return textwrap.wrap(
        visible_line(text), _WIDTH, initial_indent="", subsequent_indent=f"{indent}  ", break_on_hyphens=False
    )
