"""What usually changes with the changed files and did not this time: tests, and files of the same habit. Facts out."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from reviewlore.architecture.facts.change import ChangeContext, fingerprint
from reviewlore.architecture.history import RECENT, Partner, find_partners
from reviewlore.architecture.naming import holds_tests, is_inline_test
from reviewlore.architecture.places import (
    folder_of,
    is_aside,
    is_changelog,
    is_generated,
    is_product,
    is_prose,
    is_test,
    is_test_module,
    is_vendored,
    stem_of,
)
from reviewlore.diff import FilePatch
from reviewlore.domain.architecture import Evidence, Fact
from reviewlore.domain.source import Definition, language_of

# A habit of two files: this often, this surely, still alive, and far from chance.
MIN_TOGETHER = 10
MIN_SHARE = 0.8
MIN_RECENT = 0.75
MIN_LIFT = 4.0
SURE_SHARE = 0.9
# A change of more files than this is a sweep; what is missing from it is missing on purpose.
MAX_CHANGED = 30

# Chosen on the first commits of merged pull requests of scrapy and pytest (`python -m benchmarks facts --first`): most
# of those that gain a public function, or change three lines of code in a file whose changes came with tests in 40 %,
# have a test when they are merged; below these bounds it is little better than a coin toss.
MIN_NEW_LINES = 1
MIN_CHANGED_LINES = 3
MIN_TESTED = 0.4
MIN_CHANGES = 8
_LATEST = 30
_SAME_BEHAVIOUR = re.compile(
    r"refactor|clean.?up|simplif|\bperf\b|performance|optimi[sz]|speed.?up|typos?\b|typing|type (hint|annot)|annotat"
    r"|\blint|reformat|formatting|\bdocs?\b|documentation|docstring|renam|\bmov(e|ing)\b|modernize|match.case"
    r"|\bchore\b|\bbump|\brevert|\brelease|\binstead of\b|\bdeprecat|quadratic",
    re.IGNORECASE,
)
_TEST_TOGETHER = 3
# What carries one of these says what others do, and does nothing itself.
_DECLARED = frozenset({"abstractmethod", "overload"})


def find_missing_partners(change: ChangeContext) -> Iterator[Fact]:
    """Yield one fact for each changed file whose companions by habit are not part of this change.

    A revert takes back what its original changed, and that alone. What a change of comments, or of versions in a
    manifest, came along with by chance it does not need.
    """
    changed = {path for patch in change.patches for path in (patch.path, patch.old_path)}
    takes_back = change.subjects and all(subject.startswith("Revert") for subject in change.subjects)
    if len(change.patches) > MAX_CHANGED or takes_back:
        return
    named: set[str] = set()
    for patch in change.patches:
        path = patch.path
        if patch.status != "modified" or _is_silent(path) or change.does_nothing(patch):
            continue
        missing = [
            partner
            for partner in find_partners(change.history, path, change.head.files)
            if _is_habit(partner) and partner.partner not in changed | named
        ]
        if missing:
            named.update(partner.partner for partner in missing)
            yield _missing_partner(change, missing)


def find_missing_tests(change: ChangeContext) -> Iterator[Fact]:
    """Yield at most one fact: code without a test, in a module that has tests, in a change that touches none.

    The module with the most new public functions speaks; without any, the most changed one of those whose changes
    usually came with tests, unless every commit says that behaviour stays.
    """
    if len(change.patches) > MAX_CHANGED or any(_touches_tests(change, patch) for patch in change.patches):
        return
    gained, changed = list[tuple[int, Fact]](), list[tuple[int, Fact]]()
    for patch in change.patches:
        path, former = patch.path, patch.old_path
        if patch.status not in ("modified", "renamed") or not is_product(path):
            continue
        code = change.added_code(path)
        new = [
            definition
            for definition in change.added_definitions(path)
            if definition.public
            and definition.kind != "class"
            and _DECLARED.isdisjoint(name.rpartition(".")[2] for name in definition.decorators)
            and len(code.intersection(range(definition.line, definition.end_line + 1))) >= MIN_NEW_LINES
        ]
        tested, changes = _tested(change, former)
        habit = changes >= MIN_CHANGES and tested >= MIN_TESTED * changes
        if not new and not (len(code) >= MIN_CHANGED_LINES and habit and _does_more(change, path, code)):
            continue
        test = find_test(change, former)
        if test is not None and new:
            gained.append((len(new), _missing_test(change, path, new, *test)))
        elif test is not None:
            fact = _untested_change(change, path, code, test[0], f"{tested} of the last {changes} changes")
            changed.append((len(code), fact))
    same = change.subjects and all(_SAME_BEHAVIOUR.search(subject) for subject in change.subjects)
    found = gained or ([] if same else changed)
    if found:
        yield max(found, key=lambda item: item[0])[1]


def _touches_tests(change: ChangeContext, patch: FilePatch) -> bool:
    """Whether a patch belongs to a test, or writes in one that stands beside the code (Rust)."""
    module = change.head.modules.get(patch.path)
    inside = [entry for entry in module.parsed.definitions if is_inline_test(entry)] if module else []
    added = patch.added_lines
    return is_test(patch.path) or any(not added.isdisjoint(range(one.line, one.end_line + 1)) for one in inside)


def _does_more(change: ChangeContext, path: str, code: frozenset[int]) -> bool:
    """Whether a function with new lines is new, has more paths or takes other parameters than before.

    What only says the same in another way does none of these, nor what is made private.
    """
    before = change.base.modules.get(change.base_path(path))
    known: defaultdict[tuple[str, str], list[Definition]] = defaultdict(list)
    for entry in before.parsed.definitions if before else ():
        known[_bare(entry)].append(entry)
    for entry in change.head.modules[path].parsed.definitions:
        if entry.kind == "class" or code.isdisjoint(range(entry.line, entry.end_line + 1)):
            continue
        former = known[_bare(entry)]
        if not former and not (entry.public or entry.name.startswith("__")):
            continue  # a part of what calls it, which is looked at itself
        if not any(old.parameters == entry.parameters and old.cyclomatic >= entry.cyclomatic for old in former):
            return True
    return False


def _bare(definition: Definition) -> tuple[str, str]:
    return (definition.owner or "").lstrip("_"), definition.name.lstrip("_")


def find_test(change: ChangeContext, path: str) -> tuple[str, str] | None:
    """Return the test module that belongs to a module and why, or None.

    By name (`x.py` and `test_x.py` of one language, nearest folder first), else by habit: the test that most often
    changed with it.
    """
    named = [
        test
        for test in change.base.modules
        if is_test_module(test) and _tests_by_name(test, path) and _family(test) == _family(path)
    ]
    if named:
        return max(named, key=lambda test: (_common(test, path), -len(test))), "its name says so"
    usual = [
        partner
        for partner in find_partners(change.history, path, change.base.files)
        if partner.together >= _TEST_TOGETHER
        and is_test(partner.partner)
        and (module := change.base.modules.get(partner.partner))
        and holds_tests(module)
    ]
    best = max(usual, key=lambda partner: (partner.together * partner.lift, partner.partner), default=None)
    return (best.partner, f"it changed in {best.together} of {best.changes} changes to this file") if best else None


def _is_silent(path: str) -> bool:
    """Whether what a file changed with says little about what it needs now: tests, pages, lock files, the margins."""
    return is_vendored(path) or is_test(path) or is_prose(path) or is_generated(path) or is_aside(path)


def _is_habit(partner: Partner) -> bool:
    if is_test(partner.partner) or is_changelog(partner.partner) or is_generated(partner.partner):
        return False  # tests are judged by `find_missing_tests`; changelogs are often written at the release
    often = partner.together >= MIN_TOGETHER and partner.lift >= MIN_LIFT
    return often and partner.share >= MIN_SHARE and partner.recent >= MIN_RECENT


def _tested(change: ChangeContext, path: str) -> tuple[int, int]:
    """Of the latest changes to a file: how many touched a test, and how many there are."""
    numbers = change.history.by_path.get(path, ())[:_LATEST]
    return sum(any(is_test(other) for other in change.history.changes[n].paths) for n in numbers), len(numbers)


def _tests_by_name(test: str, path: str) -> bool:
    stem = stem_of(test).removeprefix("test_").removesuffix("_test")
    own, parent = stem_of(path), folder_of(path).rpartition("/")[2]
    return stem.replace("_", "") in {own.replace("_", ""), (parent + own).replace("_", "")}


def _family(path: str) -> str | None:
    """Return a file's language; the two that run together are one."""
    language = language_of(path)
    return "typescript" if language == "javascript" else language


def _common(one: str, other: str) -> int:
    return len(set(one.split("/")[:-1]) & set(other.split("/")[:-1]))


def _missing_partner(change: ChangeContext, missing: Sequence[Partner]) -> Fact:
    partner, *others = missing
    return Fact(
        kind="cochange_partner_missing",
        path=partner.path,
        line=change.first_line(partner.path),
        title=f"`{partner.partner}` usually changes together with this file",
        why=f"In {partner.together} of {partner.changes} changes to `{partner.path}`, `{partner.partner}` changed "
        f"too, {partner.lift:.0f} times as often as chance would have it; this change leaves it as it is.",
        advice=f"Check whether `{partner.partner}` has to follow. If it has not, a word in the description helps.",
        severity="warning" if partner.share >= SURE_SHARE else "info",
        confidence=round(min(0.9, partner.share * (0.6 + 0.4 * min(1.0, partner.together / 20))), 2),
        fingerprint=fingerprint("cochange_partner_missing", partner.path, partner.partner),
        evidence=(
            Evidence(f"{partner.together} of {partner.changes} changes, lift {partner.lift:.1f}", partner.partner),
            Evidence(f"{partner.recent:.0%} of the latest {min(RECENT, partner.changes)} changes"),
            *(Evidence("changed both", commit=commit) for commit in partner.commits),
            *(Evidence(f"also {entry.together} of {entry.changes} changes", entry.partner) for entry in others[:3]),
        ),
    )


def _missing_test(change: ChangeContext, path: str, new: list[Definition], test: str, reason: str) -> Fact:
    unique = tuple(dict.fromkeys(definition.name for definition in new))
    names = ", ".join(f"`{name}`" for name in unique[:3]) + (" and more" if len(unique) > 3 else "")
    return Fact(
        kind="test_partner_missing",
        path=path,
        line=change.line(path, new[0].line),
        title=f"{names} arrived without a test",
        why=f"This file has its tests in `{test}` ({reason}), and this change touches no test at all.",
        advice=f"Add a case to `{test}`, or say which existing test runs through the new code.",
        severity="warning",
        confidence=0.8,
        fingerprint=fingerprint("test_partner_missing", path, unique[0]),
        evidence=(
            *(Evidence(f"new: `{definition.name}`", path, definition.line) for definition in new[:5]),
            Evidence(f"tests of this file: {reason}", test),
        ),
    )


def _untested_change(change: ChangeContext, path: str, code: frozenset[int], test: str, habit: str) -> Fact:
    around = [d for d in change.head.modules[path].parsed.definitions if d.body <= min(code) <= d.end_line]
    place = around[-1].name if around else ""
    return Fact(
        kind="test_partner_missing",
        path=path,
        line=min(code),
        title=f"Code changes in `{change.name(path)}`, and no test does",
        why=f"{len(code)} lines of code are new. In {habit} to this file a test changed too, most of all `{test}`.",
        advice="If behaviour changes, add a case that fails without it; if only the shape does, all is well.",
        severity="info",
        confidence=0.7,
        fingerprint=fingerprint("test_partner_missing", path, "changed", place),
        evidence=(Evidence(f"a test changed in {habit}", test),),
    )
