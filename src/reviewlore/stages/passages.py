"""What may be cited, from its sources: episodes, taught rules and documents in; passages out. Pure, never raises."""

import re
from collections.abc import Iterable, Sequence

from reviewlore.domain.history import Episode
from reviewlore.domain.retrieval import Passage, Passages, Rule

MAX_DOCUMENTS = 200  # the largest collections of decision records seen hold some 150
MAX_DOCUMENT_BYTES = 200_000
_MAX_SECTIONS = 100
_TEXT = 4_000  # characters by which a passage is found
_EXCERPT = 200
_HUNK_ROWS = 4  # a remark is pinned to the last line of its hunk; what stands far above it is not what it is about
_SUFFIXES = ("md", "markdown", "rst", "adoc", "txt")
# Where decisions are written down: adr-tools, MADR, log4brains, arc42, and what most repositories have.
_FOLDERS = frozenset({"adr", "adrs", "decisions", "decision-records", "architecture-decisions", "arch", "architecture"})
_DOC_ROOTS = frozenset({"doc", "docs", "documentation", ".github", "design"})
_NAMES = frozenset({"contributing", "architecture"})
_ASIDE = re.compile(r"template|readme|index$|changelog", re.IGNORECASE)
# A record that is no longer in force: MADR's front matter, or the status section of Nygard's form.
_STATUS = re.compile(
    r"^(?:[-+*_ \t]{0,8}status[*_]*[ \t]*:[ \t]*|#{1,6}[ \t]*status[ \t]*\n+|status\n[-=~^\"]{3,}\n+)"
    r"[\"'*_\[(]*(superseded|deprecated|rejected|withdrawn)",
    re.IGNORECASE | re.MULTILINE,
)
_ATX = re.compile(r" {0,3}(#{1,6}|={1,6})[ \t]++(.+?)[ \t]*+#*+[ \t]*+$")
_POINT = re.compile(r"(?:[-*+]|\d{1,3}[.)])[ \t]+\S")
_LIST = 3  # points from which on a list is read point by point
_UNDERLINE = re.compile(r"([=\-~^\"*+#'`])\1{2,}[ \t]*$")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,}|-{4,}$|\.\.[ \t]+code)")
_EMPHASIS = re.compile(r"[*`~]+|(?<!\w)_+|_+(?!\w)")  # an underscore inside of a word belongs to a name
_MARKUP = re.compile(r"!?\[([^\]\[]*)\]\([^()]*\)|<!--.*?-->|</?[a-zA-Z][^<>]{0,200}>|\|", re.DOTALL)


def passages_of_episodes(episodes: Iterable[Episode]) -> Passages:
    """Return the remarks that may be cited: people's, and acted on."""
    return Passages(
        tuple(
            Passage(
                kind="episode",
                id=episode.id,
                path=episode.anchor.path,
                text=document_of(episode)[:_TEXT],
                excerpt=_cut(episode.body),
                pull_request=episode.pull_request,
                outcome=episode.outcome,
                concern=episode.concern,
                repository=episode.repository,
                url=episode.url,
            )
            for episode in episodes
            if episode.outcome == "addressed" and episode.author_kind == "human"
        )
    )


def document_of(episode: Episode) -> str:
    """Return the text by which a past remark is found: its words, its path and the last lines of its hunk."""
    return " ".join((episode.body, episode.anchor.path, *episode.hunk.split("\n")[-_HUNK_ROWS:]))


def passages_of_rules(rules: Sequence[Rule], note: str = "") -> Passages:
    """Return the rules that maintainers taught, with what is wrong with the file that holds them."""
    found = (
        Passage("rule", rule.id, "", f"{rule.text} {' '.join(rule.paths)}"[:_TEXT], _cut(rule.text), paths=rule.paths)
        for rule in rules
    )
    return Passages(tuple(found), note)


def is_decision_document(path: str) -> bool:
    """Whether a file tells what was decided: a decision record, an architecture document, or CONTRIBUTING."""
    *folders, name = path.lower().split("/")
    stem, _, suffix = name.rpartition(".")
    if suffix not in _SUFFIXES or _ASIDE.search(stem):
        return False
    if stem in _NAMES and len(folders) <= 2:
        return True
    deciding = _FOLDERS.intersection(folders)
    # `arch` and `architecture` are folders of code too; a record's own folder is not.
    return bool(deciding - {"arch", "architecture"}) or (bool(deciding) and not _DOC_ROOTS.isdisjoint(folders))


def passages_of_document(path: str, data: bytes) -> Passages:
    """Return the sections of a document by their headings, the points of a list one by one.

    None of a record that is no longer in force.
    """
    if len(data) > MAX_DOCUMENT_BYTES:
        return Passages(note=f"{path} is longer than {MAX_DOCUMENT_BYTES} bytes and is not searched for decisions.")
    text = data.decode("utf-8", "replace")
    if _STATUS.search(text[:_TEXT]):
        return Passages()
    sections = [part for section in _sections(text) for part in _points(*section)]
    title = next((heading for heading, _, _ in sections if heading), path.rpartition("/")[2].rpartition(".")[0])
    found: list[Passage] = []
    for heading, line, body in sections[:_MAX_SECTIONS]:
        words = _plain(body)
        if sum(character.isalpha() for character in words) < _EXCERPT // 5:
            continue  # a bare heading or a date decides nothing
        where = heading or title
        name = f"{path}#{where}"[:_TEXT]
        found.append(
            Passage(
                kind="decision",
                id=name if all(each.id != name for each in found) else f"{name}:{line}",
                path=path,
                text=f"{title} {where} {words}"[:_TEXT],
                excerpt=_cut(words),
                heading=where,
                line=line,
            )
        )
    more = len(sections) - _MAX_SECTIONS
    note = f"{path} has more than {_MAX_SECTIONS} sections; {more} are not searched for decisions." if more > 0 else ""
    return Passages(tuple(found), note)


def _sections(text: str) -> Iterable[tuple[str, int, str]]:
    """Yield (heading, its 1-based line, text below it): Markdown's and reStructuredText's headings, not in fences."""
    rows = text.replace("\r\n", "\n").split("\n")
    heading, start, body, fence = "", 1, list[str](), ""
    for number, row in enumerate(rows, 1):
        if fence:
            fence = "" if row.strip().startswith(fence) or (fence == ".." and row and not row[0].isspace()) else fence
        elif opened := _FENCE.match(row) if not _is_underline(rows, number - 1) else None:
            fence = opened[1].strip()[:2] if opened[1].startswith("..") else opened[1].strip()
        found = None if fence else _heading(rows, number - 1)
        if found is None:
            body.append(row)
            continue
        if heading or any(map(str.strip, body)):
            yield heading, start, "\n".join(body)
        heading, start, body = found[:_EXCERPT], number, []
    yield heading, start, "\n".join(body)


def _points(heading: str, start: int, body: str) -> Iterable[tuple[str, int, str]]:
    """Yield a section, or what stands before its list and each point of that: one rule of ten is what is cited."""
    rows = body.split("\n")
    first = start + 1 if heading else start  # the heading's own row is not in the body
    places = [place for place, row in enumerate(rows) if _POINT.match(row)]
    if len(places) < _LIST or any(map(_FENCE.match, rows)):  # a row of code may look like a point
        yield heading, start, body
        return
    yield heading, start, "\n".join(rows[: places[0]])
    end = _after_list(rows, places[-1])
    for place, following in zip(places, [*places[1:], end], strict=True):
        yield heading, first + place, "\n".join(rows[place:following])
    yield heading, first + end, "\n".join(rows[end:])


def _after_list(rows: Sequence[str], last: int) -> int:
    """Return where the text behind a list begins, given its last point: after a blank row, and not indented."""
    behind = (at for at in range(last + 1, len(rows)) if rows[at][:1].strip() and not rows[at - 1].strip())
    return next(behind, len(rows))


def _heading(rows: Sequence[str], place: int) -> str | None:
    """Return the heading that starts in a row, or None."""
    row = rows[place]
    if atx := _ATX.match(row[:1_000]):
        return _plain(atx[2])
    if row.strip() and not row[0].isspace() and _is_underline(rows, place + 1):
        return _plain(row[:1_000])
    return None


def _is_underline(rows: Sequence[str], place: int) -> bool:
    """Whether a row underlines the one above it, at about its length."""
    if not 0 < place < len(rows) or _UNDERLINE.match(rows[place]) is None:
        return False
    above = rows[place - 1].strip()
    return bool(above) and len(rows[place].strip()) >= min(len(above), 3) and _UNDERLINE.match(above) is None


def _plain(text: str) -> str:
    """Return Markdown's words on one line."""
    rows = (row for row in text.split("\n") if _UNDERLINE.match(row) is None)
    bare = _MARKUP.sub(lambda found: found[1] or " ", "\n".join(rows)[: 2 * _TEXT])
    return " ".join(_EMPHASIS.sub("", bare).split())


def _cut(text: str) -> str:
    flat = " ".join(text[: 10 * _EXCERPT].split())
    return flat if len(flat) <= _EXCERPT else flat[: _EXCERPT - 1].rstrip() + "…"
