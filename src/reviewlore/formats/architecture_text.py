"""An overview of an architecture as plain text for a terminal of 100 columns, with the layers as a picture. Text out.

Every list is cut, so that two screens hold all of it, and says how long it is in the JSON.
Names of strangers are shown with unseen characters escaped.
"""

import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from reviewlore.domain.layering import Layering
from reviewlore.domain.overview import Demand, Habit, Overview, Ownership
from reviewlore.domain.pipeline import Pipeline
from reviewlore.domain.visible import visible, visible_line

T = TypeVar("T")

_WIDTH = 98
# An example cut to less than this says nothing.
_LEAST = 12
_INNER = _WIDTH - 4
_ROWS = 4
# Contracts and notes are more than a sample; beyond this there are too many to read.
_MANY = 12
# Comments of a proposal that the picture of the layers says already.
_TOLD_ABOVE = ("    # ", "# In no layer: ")


def render_overview(overview: Overview) -> str:
    """Return the most telling of what is known, section by section; what is empty is left out."""
    proposal = _proposal(overview)
    sections = (
        _head(overview),
        _layers(overview.layering),
        [] if proposal else _against(overview.layering),
        _contracts(overview),
        _rows("Hubs: many modules meet in them (imported by, imports)", overview.hubs,
              lambda hub: f"{hub.fan_in:5} {hub.fan_out:5}  {hub.name}"),
        _cycles(overview),
        _rows("Hotspots: complex and often changed (commits, cognitive complexity, people)", overview.hotspots,
              lambda spot: f"{spot.changes:5} {spot.cognitive:5} {spot.people:5}  {spot.path}"),
        _owners(overview),
        _rows("Migrations on their way (old uses, new uses)", overview.migrations,
              lambda row: f"{row.old_uses:5} {row.new_uses:5}  {row.old} → {row.new} ({row.commits} changes)"),
        _rows("Conventions (held of cases)", sorted(overview.habits, key=_widest), _habit),
        _rows("Commits (held of cases)", overview.commit_style, _habit, most=2),
        _rows("Complexity is ordinary up to (cyclomatic, cognitive)", overview.complexity, lambda row: (
              f"{row.cyclomatic:5} {row.cognitive:5}  {row.language}, {row.part} ({row.functions} functions)"), most=3),
        _rows("Internal frameworks: what their users do (held of cases)", overview.frameworks, _demand, most=3),
        _rows("Pipelines (jobs or targets, documents that name them)", overview.pipelines, _pipeline, most=2),
        _third_parties(overview),
        _notes(overview.notes),
        proposal,
        ["All of it: --format json. As a picture: reviewlore report --architecture."],
    )  # fmt: skip
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"


def _head(overview: Overview) -> list[str]:
    languages = ", ".join(f"{count} {name}" for name, count in overview.languages.items())
    line = f"{overview.repository} at {overview.commit[:12]}: {overview.files} files"
    told = f", {sum(overview.languages.values())} modules ({languages}), {overview.product} of them shipped"
    return _wrapped(line + (told if languages else "") + ".", "")


def _layers(layering: Layering) -> list[str]:
    if not layering.layers:
        return ["No layers: no import connects two packages."] if layering.packages else []
    how = f"declared by {layering.origin}" if layering.origin else "inferred from the imports"
    share = f": {layering.confidence:.0%} of the weight between them points down"
    against = f", {len(layering.violations)} run against it" if layering.violations else ""
    lines = _wrapped(f"Layers, {how}{share}{against}. Packages with their number of modules:", "")
    for number, layer in enumerate(layering.layers):
        lines.append(_border(layering, number))
        names = [f"{visible_line(name)} ({len(layering.packages.get(name, ()))})" for name in layer]
        lines += [f"│ {_fit(row, _INNER)} │" for row in _flowing(names, _INNER)]
    lines.append(f"└{'─' * (_WIDTH - 2)}┘")
    if layering.unplaced:
        lines += _wrapped(f"In no layer: {_some(layering.unplaced)}.", "")
    return lines


def _border(layering: Layering, number: int) -> str:
    label = f" {number + 1} "
    crossing = ""
    if number:
        border = layering.borders[number - 1]
        crossing = f" {border.down} down, {border.up} up ({border.confidence:.0%}) "
    left, right = ("├", "┤") if number else ("┌", "┐")
    return f"{left}─{label}{'─' * (_WIDTH - 4 - len(label) - len(crossing))}{crossing}─{right}"


def _flowing(names: Iterable[str], width: int) -> Iterator[str]:
    row = ""
    for name in names:
        if row and len(row) + 3 + len(name) > width:
            yield row
            row = ""
        row = f"{row}   {name}" if row else name
    yield row


def _fit(text: str, width: int) -> str:
    return text.ljust(width) if len(text) <= width else text[: width - 1] + "…"


def _against(layering: Layering) -> list[str]:
    return _rows(
        f"Against the layers ({layering.confidence:.0%} of the weight between layers points down)",
        layering.violations,
        lambda edge: (
            f"{edge.weight:5}  {edge.importer} → {edge.imported}"
            + (f" ({edge.examples[0].importer}:{edge.examples[0].line})" if edge.examples else "")
        ),
    )


def _contracts(overview: Overview) -> list[str]:
    lines = []
    standings = sorted(overview.contracts, key=lambda standing: -standing.broken)
    for standing in standings[:_MANY]:
        contract = standing.contract
        state = "kept" if not standing.broken else f"broken by {standing.broken} import{'s'[: standing.broken > 1]}"
        lines.append(f"  {contract.kind}: “{contract.name}” in {contract.origin}: {state}")
        lines += [f"      {edge.importer}:{edge.line} imports {edge.name}" for edge in standing.examples]
    lines += _more(len(standings) - _MANY)
    return ["Declared contracts", *map(_line, lines)] if lines else ["Declared contracts: none."]


def _cycles(overview: Overview) -> list[str]:
    def told(group: Sequence[str]) -> str:
        return f"{len(group):5}  {_some([overview.names.get(path, path) for path in group], 6)}"

    return _rows("Circles of modules", overview.cycles, told)


def _owners(overview: Overview) -> list[str]:
    """Return who changed what; declared owners stand where they are not those of the whole repository."""
    everywhere = next((row.declared for row in overview.owners if not row.folder), ())

    def told(row: Ownership) -> str:
        names = _some(row.declared, 4) if row.declared and (row.declared != everywhere or not row.folder) else ""
        where = row.folder or "(whole repository)"
        return f"{row.people:5} {row.share:5.0%} {row.bus_factor:5}  {where}{f', declared: {names}' if names else ''}"

    return _rows("Owners (people, share of the first, people who make up half)", overview.owners, told)


def _third_parties(overview: Overview) -> list[str]:
    lines: list[str] = []
    for entry in overview.third_parties:
        names = [name for name, _ in entry.packages]
        lines += _wrapped(f"{entry.ecosystem} ({len(names)}): {_some(names)}", "  ")
    return ["Third parties", *lines] if lines else []


def _proposal(overview: Overview) -> list[str]:
    if not overview.proposal or any(standing.contract.kind == "layers" for standing in overview.contracts):
        return []
    shown = [line for line in overview.proposal.rstrip("\n").split("\n") if not line.startswith(_TOLD_ABOVE)]
    return ["Ready to paste into .reviewlore.toml:", "", *map(visible_line, shown)]


def _notes(notes: Sequence[str]) -> list[str]:
    told = [line for note in notes[:_MANY] for line in _wrapped(f"Note: {note}", "")]
    return told + _more(len(notes) - _MANY)


def _widest(habit: Habit) -> tuple[bool, int]:
    return (bool(habit.place), -habit.cases)


def _demand(row: Demand) -> str:
    whose = f"of {row.subject}" if row.users == "subclasses" else f"in {row.subject or '(top)'}/"
    return f"{row.held:5} of {row.cases:5}  {row.users} {whose} {row.expected}"


def _pipeline(row: Pipeline) -> str:
    when = f", on {_some(row.triggers, 6)}" if row.triggers else ""
    what = f": {_some(row.jobs, 6)}" if row.jobs else ""
    name = f" “{row.name}”" if row.name != row.path.rpartition("/")[2] else ""
    return f"{len(row.jobs):5} {len(row.documents):5}  {row.path}{name}{when}{what}"


def _habit(habit: Habit) -> str:
    """Return a habit with its first example, as far as the row has room for one."""
    where = f" in {habit.place}" if habit.place else ""
    told = f"{habit.held:5} of {habit.cases:5}  {habit.kind.replace('_', ' ')}{where}: {habit.value}"
    room = min(40, _WIDTH - len(told) - len("   (as in “”)"))  # a row begins with two blanks
    shown = habit.examples and room >= _LEAST
    return f"{told} (as in “{_fit(_line(habit.examples[0]), room).rstrip()}”)" if shown else told


def _rows(title: str, items: Sequence[T], told: Callable[[T], str], most: int = _ROWS) -> list[str]:
    if not items:
        return []
    cut = f": {most} of {len(items)}" if len(items) > most else ""
    return [title + cut, *(_fit(_line(f"  {told(item)}"), _WIDTH).rstrip() for item in items[:most])]


def _more(left: int) -> list[str]:
    return [f"  … and {left} more"] if left > 0 else []


def _line(text: str) -> str:
    return visible_line(text)


def _some(names: Sequence[str], limit: int = 12) -> str:
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(map(visible_line, names[:limit])) + more


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        visible(text, keep=""),
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
