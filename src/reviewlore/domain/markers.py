"""The hidden last lines of everything we post, by which a later run knows what was said. Text in, text out.

The last one says what a body is. Above it may stand others, which older comments lack: the run that wrote the body; of
a remark what code it is about; of the summary what was reviewed and said. Only the end of a body counts, so that no
quoted text can forge one.
"""

import re
from dataclasses import dataclass

MARKER = "<!-- reviewlore:"
EVERYTHING = "all"
_MOST_SAID = 200
_MOST_UNSEEN = 100
_MARKED = re.compile(r"<!-- reviewlore:(finding|reply|review)=([0-9A-Za-z]{1,64}) -->\s*\Z")
_PLACE = re.compile(
    r"<!-- reviewlore-place=([0-9a-f]{16}|none) ([a-z]{1,20}) -->\s*"
    r"(?:<!-- reviewlore-run=[0-9]{1,20} -->\s*)?<!-- reviewlore:finding=[^<>]{1,80} -->\s*\Z"
)
_MEMORY = re.compile(
    r"<!-- reviewlore-memory=((?:[0-9a-f]{40,64}|none) (?:[0-9a-f]{40,64}|none) [0-9]{1,6} (?:on|paused)"
    r" (?:none|all|[0-9a-f]{8}(?:,[0-9a-f]{8}){0,99})"
    r"(?: [0-9a-f]{6,64}){0,200}) -->\s*<!-- reviewlore:summary -->\s*\Z"
)
_ASKED = re.compile(
    r"<!-- reviewlore-reviews=(paused|resumed) ([0-9TZ:.+-]{1,40}) ([0-9]{1,6}) -->\s*"
    r"<!-- reviewlore:reply=([0-9]{1,20}) -->\s*\Z"
)
_LAST = re.compile(r"(?:<!-- reviewlore-run=[0-9]{1,20} -->\s*)?<!-- reviewlore:[^<>]{1,80} -->\s*\Z")
_HIDDEN = re.compile(r"(?:<!-- reviewlore-[a-z]{1,20}=[^<>]{1,20000} -->\s*)*<!-- reviewlore:[^<>]{1,80} -->\s*\Z")
_RUN = re.compile(r"<!-- reviewlore-run=([0-9]{1,20}) -->\s*<!-- reviewlore:[^<>]{1,80} -->\s*\Z")


def marker(kind: str, value: str) -> str:
    """Return the hidden last line of a body: `kind` is finding, reply or review."""
    return f"{MARKER}{kind}={value} -->"


def find_marker(kind: str, body: str) -> str | None:
    """Return the value of a body's marker; only its last line counts, so that no quoted text can forge one."""
    match = _MARKED.search(body)
    return match[2] if match is not None and match[1] == kind else None


def run_marker(run: str) -> str:
    """Return the hidden line that names a run, with its line end; nothing where there is no run, or no id of one.

    An attempt behind the id (`7-2`) is left out: the address of a run has none.
    """
    match = re.fullmatch(r"([0-9]{1,20})(?:-[0-9]{1,6})?", run, re.ASCII)
    return f"<!-- reviewlore-run={match[1]} -->\n" if match else ""


def find_run(body: str) -> str:
    """Return the id of the run that wrote a body, empty where it is not told."""
    match = _RUN.search(body)
    return match[1] if match is not None else ""


@dataclass(frozen=True, slots=True)
class Place:
    """What a remark is about, however its lines move and its words change: a short hash, and who found it.

    `key` is empty where the remark is on no line of the diff, and `source` where an older comment does not tell.
    """

    key: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Memory:
    """What the summary comment keeps for the next run: commits reviewed last, and how many heads were reviewed so far.

    `base` is the merge base. `said` are the fingerprints of all inline remarks ever posted, so that one that somebody
    deleted is not said again. `paused`: it was told that reviews are paused. `unseen` are the files, each as eight
    hexadecimal digits, that no model was shown whole, or `all`.
    """

    head: str = ""
    base: str = ""
    reviews: int = 0
    said: tuple[str, ...] = ()
    paused: bool = False
    unseen: tuple[str, ...] = (EVERYTHING,)


@dataclass(frozen=True, slots=True)
class Pause:
    """What somebody asked about the reviews of a pull request, as our answer keeps it.

    `held`: not to make them by themselves. `reviews` is how many heads had been reviewed by then; `at` is when it was
    asked (ISO 8601 in UTC), `command` the id of the comment that asked.
    """

    held: bool = False
    reviews: int = 0
    at: str = ""
    command: int = 0


@dataclass(frozen=True, slots=True)
class Earlier:
    """What counts of a pull request's reviews: heads reviewed since somebody resumed, and whether they are held."""

    reviews: int = 0
    held: bool = False


def place_marker(place: Place) -> str:
    """Return the hidden line that names what a remark is about."""
    return f"<!-- reviewlore-place={place.key or 'none'} {place.source or 'unknown'} -->"


def find_place(body: str) -> Place:
    """Return what the remark of a body is about, empty where it does not tell."""
    match = _PLACE.search(body)
    return Place("" if match[1] == "none" else match[1], match[2]) if match is not None else Place()


def memory_marker(memory: Memory) -> str:
    """Return the hidden line that keeps a memory; of what was said, the newest."""
    state = "paused" if memory.paused else "on"
    unseen = memory.unseen if len(memory.unseen) <= _MOST_UNSEEN else (EVERYTHING,)
    seen = (memory.head or "none", memory.base or "none", str(memory.reviews), state, ",".join(unseen) or "none")
    words = (*seen, *memory.said[-_MOST_SAID:])
    return f"<!-- reviewlore-memory={' '.join(words)} -->"


def find_memory(body: str) -> Memory:
    """Return the memory that a summary comment keeps; an empty one where there is none."""
    match = _MEMORY.search(body)
    if match is None:
        return Memory()
    head, base, reviews, state, unseen, *said = (word.replace("none", "") for word in match[1].split(" "))
    hidden = tuple(unseen.split(",")) if unseen else ()
    return Memory(head, base, int(reviews), tuple(said), state == "paused", hidden)


def pause_marker(pause: Pause) -> str:
    """Return the hidden line of an answer that keeps what was asked; the line below it names the comment that asked."""
    at = re.sub(r"[^0-9TZ:.+-]", "", pause.at)[:40]
    return f"<!-- reviewlore-reviews={'paused' if pause.held else 'resumed'} {at} {pause.reviews} -->"


def find_pause(body: str) -> Pause | None:
    """Return what an answer of ours keeps of a pause, None where it keeps nothing."""
    match = _ASKED.search(body)
    if match is None:
        return None
    return Pause(match[1] == "paused", int(match[3]), match[2], int(match[4]))


def add_hidden(body: str, line: str) -> str:
    """Return a body with one more hidden line, above those that end it."""
    match = _LAST.search(body)
    at = match.start() if match is not None else len(body)
    return f"{body[:at]}{line}\n{body[at:]}"


def find_text(body: str) -> str:
    """Return what people see of a body: all above the hidden lines that end it."""
    return _HIDDEN.sub("", body.replace("\r\n", "\n")).rstrip()
