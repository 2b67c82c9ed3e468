"""Modules that outgrow their siblings, and code that nothing names any more. Change in, facts out."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from reviewlore.architecture.complexity import part_of, quantile
from reviewlore.architecture.facts.change import ChangeContext, fingerprint, full_name
from reviewlore.architecture.places import is_test, stem_of
from reviewlore.domain.architecture import Evidence, Fact, Module
from reviewlore.domain.source import Definition, language_of

# A module outgrows its siblings with so many lines, so many times their median, beyond 99 of 100 of them.
MIN_LINES = 500
MIN_TIMES = 3
MIN_MODULES = 50
MIN_ADDED = 50
# What was large already and creeps past the line is not this change's doing.
MIN_GAIN = 0.2
# More names than this are not looked up: a change that removes so much is a sweep.
MAX_NAMES = 200

_WORD = re.compile(r"[^\W\d]\w*")
_COMMENT = re.compile(r"\s*(#|//|/?\*)")
# Nobody writes such lines: what a bundler made of the code does not use it.
_LONG_LINE = 1000
# Files that something else than an import starts or finds.
_STARTED = frozenset({"__init__", "__main__", "main", "index", "mod", "lib", "setup", "conftest", "package-info"})
_WARNS = re.compile(r"(^|[._])warn|deprecat", re.IGNORECASE)
_Places = dict[str, list[tuple[str, int]]]


def find_outgrown(change: ChangeContext) -> Iterator[Fact]:
    """Yield one fact for each product module that this change pushes past the size of its siblings.

    Tests are left out: they grow by cases, one beside the other, and nobody has to know the others to read one.
    """
    sizes: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for path, module in change.base.modules.items():
        if module.parsed.definitions and part_of(path) == "product":
            sizes[module.parsed.language][path] = module.parsed.lines
    for patch in change.patches:
        grown, before = change.head.modules.get(patch.path), change.base.modules.get(patch.old_path)
        if grown is None or part_of(patch.path) != "product" or not grown.parsed.definitions:
            continue
        lines, old = grown.parsed.lines, before.parsed.lines if before and patch.status != "added" else 0
        kin = sizes[grown.parsed.language]
        siblings = sorted(kin[path] for path in kin if path != patch.old_path)
        if len(siblings) < MIN_MODULES or lines - old < max(MIN_ADDED, MIN_GAIN * old):
            continue
        fence = max(MIN_LINES, MIN_TIMES * quantile(siblings, 0.5), quantile(siblings, 0.99))
        if old <= fence < lines:
            yield _outgrown(change, grown, old, siblings)


def find_orphans(change: ChangeContext) -> Iterator[Fact]:
    """Yield one fact for each file with code whose last use this change removes, judged by every file of the head.

    A name counts as used wherever it stands as a word outside of what it names, in documents and configuration too;
    what frameworks may call by themselves (decorated, inherited, dunder) is never an orphan.
    """
    dropped = _dropped_words(change)
    modules = {path: stem_of(path) for path in _unimported(change)}
    functions = _candidates(change, dropped, modules)
    names = frozenset(modules.values()) | frozenset(entry.name for _, entry in functions)
    found = change.mentions(names) if names and len(names) <= MAX_NAMES else None
    if found is None:
        return
    places: _Places = defaultdict(list)
    for mention in found:
        places[mention.word].append((mention.path, mention.line))
    for path, stem in modules.items():
        users = {place for place, _ in places[stem] if place != path}
        if all(is_test(user) for user in users):
            yield _lonely_module(change, change.head.modules[path], sorted(users))
    lonely: defaultdict[str, list[tuple[Definition, list[str]]]] = defaultdict(list)
    for module, definition in functions:
        users = {place for place, line in places[definition.name] if not _within(module, definition, place, line)}
        if all(is_test(user) for user in users) and not (users and definition.public):
            lonely[module.path].append((definition, sorted(users)))
    for path, unused in lonely.items():
        yield _lonely_functions(change, path, unused)


def _dropped_words(change: ChangeContext) -> frozenset[str]:
    """Return the words that code outside of the tests has less often after the change than before."""
    words: Counter[str] = Counter()
    for patch in change.patches:
        if language_of(patch.path) is None or is_test(patch.path):
            continue
        for hunk in patch.hunks:
            for row in hunk.text.split("\n")[1:]:
                if row[:1] in ("-", "+") and len(row) <= _LONG_LINE and not _COMMENT.match(row[1:]):
                    sign = 1 if row[0] == "-" else -1
                    for word in _WORD.findall(row[1:]):
                        words[word] += sign
    return frozenset(word for word, count in words.items() if count > 0)


def _unimported(change: ChangeContext) -> Iterator[str]:
    """Yield product modules that product code imported at the base and no longer does."""
    before = {
        change.moved.get(edge.imported, edge.imported) for edge in change.base.edges if not is_test(edge.importer)
    }
    after = {edge.imported for edge in change.head.edges if not is_test(edge.importer)}
    for path in sorted(before - after):
        kept = path in change.head.modules and path not in change.moved and part_of(path) == "product"
        language = language_of(path)
        if kept and stem_of(path) not in _STARTED and not path.endswith("__init__.py") and language != "go":
            yield path


def _candidates(
    change: ChangeContext, dropped: frozenset[str], lonely: Iterable[str]
) -> list[tuple[Module, Definition]]:
    """Return the definitions that lost a mention, stood at the base already and are the only ones of their name."""
    skipped = frozenset(lonely)
    defined: defaultdict[str, list[tuple[Module, Definition]]] = defaultdict(list)
    for module in change.head.modules.values():
        for definition in module.parsed.definitions:
            if definition.name in dropped:
                defined[definition.name].append((module, definition))
    found = []
    for (module, definition), *others in defined.values():
        before = change.base.modules.get(change.base_path(module.path))
        known = before and any(
            (d.owner, d.name) == (definition.owner, definition.name) for d in before.parsed.definitions
        )
        called = definition.decorated or definition.derived or definition.name.startswith("__")
        called = called or _may_be_default(module, definition)
        shipped = part_of(module.path) == "product" and module.path not in skipped
        if known and not others and not called and shipped and not _kept_knowingly(change, module, definition):
            found.append((module, definition))
    return found


def _may_be_default(module: Module, definition: Definition) -> bool:
    """Whether a definition may be the default export, which every importer calls as it likes."""
    offered = module.parsed.offered
    return "default" in offered and definition.name not in offered and definition.owner is None


def _kept_knowingly(change: ChangeContext, module: Module, definition: Definition) -> bool:
    """Whether the change itself wrote in a definition, or that warns whoever still calls it."""
    patch = change.patch_of.get(module.path)
    lines = range(definition.line, definition.end_line + 1)
    if patch and any(line in lines for line in patch.added_lines):
        return True
    return any(call.line in lines and _WARNS.search(call.name) for call in module.parsed.calls)


def _within(module: Module, definition: Definition, path: str, line: int) -> bool:
    return path == module.path and definition.line <= line <= definition.end_line


def _outgrown(change: ChangeContext, module: Module, old: int, siblings: list[int]) -> Fact:
    lines, median = module.parsed.lines, round(quantile(siblings, 0.5))
    grown = f"grows from {old} to {lines} lines" if old else f"starts with {lines} lines"
    return Fact(
        kind="module_outgrown",
        path=module.path,
        line=change.first_line(module.path),
        title=f"`{module.path.rpartition('/')[2]}` {grown}, {lines / max(median, 1):.0f} times the usual",
        why=f"Half of the {len(siblings)} modules of its kind here have at most {median} lines, and 99 of 100 at most "
        f"{round(quantile(siblings, 0.99))}.",
        advice="A part of it that has a name of its own may deserve a module of its own, while the change is fresh.",
        severity="info",
        confidence=0.7,
        fingerprint=fingerprint("module_outgrown", module.path),
        evidence=(
            Evidence(f"{lines} lines and {len(module.parsed.definitions)} definitions at the head", module.path),
            Evidence(f"{old} lines at the base" if old else "New in this change", module.path),
        ),
    )


def _lonely_module(change: ChangeContext, module: Module, users: list[str]) -> Fact:
    only = "only tests import it now" if users else "nothing imports or names it now"
    return _orphaned(change, module, f"Module `{module.name}`", only, [(module.name, None, users)])


def _lonely_functions(change: ChangeContext, path: str, found: list[tuple[Definition, list[str]]]) -> Fact:
    definition, users = found[0]
    only = "only tests use it now" if users else "nothing uses or names it now"
    listed = [(full_name(entry), entry.line, users) for entry, users in found]
    return _orphaned(change, change.head.modules[path], f"`{full_name(definition)}`", only, listed)


def _orphaned(
    change: ChangeContext, module: Module, what: str, only: str, found: Sequence[tuple[str, int | None, list[str]]]
) -> Fact:
    others = len(found) - 1
    more = f" The same holds for {others} more of this file." if others else ""
    return Fact(
        kind="code_orphaned",
        path=module.path,
        line=change.line(module.path, found[0][1]) if found[0][1] else None,
        title=f"{what} lost its last use: {only}",
        why=f"This change removes where it was used, and no other file of the repository has its name.{more} What "
        "nothing uses is still read, tested and kept working.",
        advice="Remove it with its last use, or say who else needs it.",
        severity="info",
        confidence=0.8,
        fingerprint=fingerprint("code_orphaned", module.path, *(name for name, _, _ in found)),
        evidence=tuple(
            Evidence(f"`{name}`: {', '.join(users[:3]) or 'no mention left'}", module.path, line)
            for name, line, users in found[:5]
        ),
    )
