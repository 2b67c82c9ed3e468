"""Where added code documents, raises, reports or imports unlike the rest of the repository. Change in, facts out."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reviewlore.architecture.conventions import EXAMPLES, MIN_CASES, MIN_SHARE
from reviewlore.architecture.facts.change import ChangeContext, fingerprint
from reviewlore.architecture.places import is_product
from reviewlore.architecture.usage import Usage, UsageKind, usages_of
from reviewlore.domain.architecture import ArchitectureMap, Evidence, Fact, ImportEdge
from reviewlore.domain.source import Language

_DOCSTRINGS = (
    "docstrings tell of parameters and results in the style of {value}",
    "is documented in another style",
    "Write its sections as the others are written: tools that render them read one style.",
)
_ERRORS = (
    "error classes are called `{value}`",
    "is called otherwise",
    "Give it the same ending, so that it is seen for an error where it is raised and caught.",
)
# What is said where the habit is left: only habits in this direction are worth a remark.
_WORDS: dict[tuple[UsageKind, str], tuple[str, str, str]] = {
    ("documented", "documented"): (
        "public functions and classes are documented",
        "has no documentation",
        "Say in a sentence what it does and what it returns.",
    ),
    ("error_class", "specific"): (
        "errors raised have a class of their own kind",
        "says nothing about what went wrong",
        "Raise one of the error classes there are, so that callers can tell this error from others.",
    ),
    ("docstring_style", "google"): _DOCSTRINGS,
    ("docstring_style", "numpy"): _DOCSTRINGS,
    ("docstring_style", "sphinx"): _DOCSTRINGS,
    ("docstring_style", "epytext"): _DOCSTRINGS,
    ("reporting", "logged"): (
        "messages go to the log",
        "prints instead",
        "Use the logger, unless this is what the program is there to print.",
    ),
    ("import_style", "absolute"): (
        "imports of the repository's own modules are absolute",
        "is imported relatively",
        "Import it by its full name.",
    ),
    ("import_style", "relative"): (
        "imports of the repository's own modules are relative",
        "is imported by its full name",
        "Import it relatively.",
    ),
}
_ANY: dict[UsageKind, tuple[str, str, str]] = {
    "error_class_name": _ERRORS,
    "logger_name": (
        "module-level loggers are called `{value}`",
        "is called otherwise",
        "Call it as the others are called, so that it is found by search.",
    ),
}
# What is no way of doing it, however common.
_NO_HABIT = frozenset({"undocumented", "generic", "printed", "other"})

# From this share on, imports are written one way; below, siblings often have another (7 % of pytest's imports).
_ONE_WAY = 0.98


@dataclass(frozen=True, slots=True)
class Habit:
    """How nearly all shipped code of one language does one thing: `value` in `held` of `cases`.

    `topic` is what it is about where a kind has a habit for each of many things (the imported module).
    """

    kind: UsageKind
    language: Language
    value: str
    held: int
    cases: int
    examples: tuple[str, ...]
    topic: str = ""

    @property
    def spoken(self) -> tuple[str, str, str] | None:
        """What is said where it is left: the habit, the breach, the advice; None where it is only shown."""
        words = _WORDS.get((self.kind, self.value)) or _ANY.get(self.kind)
        return (words[0].format(value=self.value), *words[1:]) if words else None


def mine_habits(tree: ArchitectureMap) -> tuple[Habit, ...]:
    """Return what holds in at least 90 % of at least 20 cases of the shipped code of a language."""
    edges = _edges_of(tree)
    cases: defaultdict[tuple[UsageKind, Language, str], list[tuple[str, Usage]]] = defaultdict(list)
    for path, module in sorted(tree.modules.items()):
        if is_product(path):
            for usage in usages_of(module, tuple(edges[path])):
                cases[usage.kind, module.parsed.language, usage.topic].append((path, usage))
    found = []
    for (kind, language, topic), usages in sorted(cases.items()):
        value, held = Counter(usage.value for _, usage in usages).most_common(1)[0]
        if len(usages) >= MIN_CASES and held >= MIN_SHARE * len(usages) and value not in _NO_HABIT:
            kept = [f"`{usage.name}` ({path}:{usage.line})" for path, usage in usages if usage.value == value]
            found.append(Habit(kind, language, value, held, len(usages), tuple(kept[:EXAMPLES]), topic))
    return tuple(found)


def find_left_habits(change: ChangeContext) -> Iterator[Fact]:
    """Yield one fact for each habit that added lines of shipped code leave, with all places as evidence."""
    habits = {(habit.kind, habit.language, habit.topic): habit for habit in mine_habits(change.base) if _strict(habit)}
    edges, former = _edges_of(change.head), _edges_of(change.base)
    left: defaultdict[Habit, list[tuple[str, Usage]]] = defaultdict(list)
    for patch in change.patches:
        module = change.head.modules.get(patch.path)
        if module is None or not is_product(patch.path):
            continue
        old = change.base.modules.get(change.base_path(patch.path))
        # What the file did before: a line that is only moved or reworded is no new case.
        before = tuple(usages_of(old, tuple(former[old.path]))) if old else ()
        known = {(usage.kind, usage.value, usage.name) for usage in before}
        added = patch.added_lines
        for usage in usages_of(module, tuple(edges[patch.path])):
            habit = habits.get((usage.kind, module.parsed.language, usage.topic))
            new = usage.line in added and (usage.kind, usage.value, usage.name) not in known
            if habit and usage.value != habit.value and new and not _own_way(usage, before):
                left[habit].append((patch.path, usage))
    for habit, places in left.items():
        yield _left(change, habit, places)


def _strict(habit: Habit) -> bool:
    """Whether leaving a habit is worth a remark; of two ways to import, both may be meant where both are in use."""
    return bool(habit.spoken) and (habit.kind != "import_style" or habit.held >= _ONE_WAY * habit.cases)


def _own_way(usage: Usage, before: Sequence[Usage]) -> bool:
    """Whether the file mostly did so before: a line that does as those around it is no offence."""
    values = [entry.value for entry in before if (entry.kind, entry.topic) == (usage.kind, usage.topic)]
    return values.count(usage.value) > len(values) / 2


def _edges_of(tree: ArchitectureMap) -> defaultdict[str, list[ImportEdge]]:
    found: defaultdict[str, list[ImportEdge]] = defaultdict(list)
    for edge in tree.edges:
        found[edge.importer].append(edge)
    return found


def _left(change: ChangeContext, habit: Habit, places: Sequence[tuple[str, Usage]]) -> Fact:
    rule, breach, advice = habit.spoken or ("", "", "")
    path, usage = places[0]
    more = f", and so with {len(places) - 1} more" if len(places) > 1 else ""
    return Fact(
        kind="convention_broken",
        path=path,
        line=change.line(path, usage.line),
        title=f"`{usage.name}` {breach}{more}",
        why=f"In {habit.held} of {habit.cases} cases of shipped code here, {rule}.",
        advice=advice,
        severity="info",
        confidence=round(0.85 * habit.held / habit.cases, 2),
        fingerprint=fingerprint("convention_broken", path, habit.kind, usage.name),
        evidence=(
            *(Evidence(f"`{other.name}`", place, other.line) for place, other in places[1:5]),
            *(Evidence(f"keeps it: {example}") for example in habit.examples),
        ),
    )
