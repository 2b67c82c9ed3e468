"""What usually changes with the changed files and did not this time: tests, and files of the same habit. Facts out."""

from collections.abc import Iterator

from reviewlore.architecture.change import ChangeContext, fingerprint
from reviewlore.architecture.history import RECENT, Partner, find_partners
from reviewlore.architecture.places import folder_of, is_product, is_test, is_test_module, is_vendored, stem_of
from reviewlore.domain.architecture import Definition, Evidence, Fact

# A habit: this often, this surely, still alive, and far from chance.
MIN_TOGETHER = 7
MIN_SHARE = 0.8
MIN_RECENT = 0.75
MIN_LIFT = 4.0
# A change of more files than this is a sweep; what is missing from it is missing on purpose.
MAX_CHANGED = 30
# New code of fewer lines is often a constant, a wrapper or a default, tested with what uses it.
MIN_NEW_LINES = 4
_TEST_TOGETHER = 3


def find_missing_partners(change: ChangeContext) -> Iterator[Fact]:
    """Yield one fact for each file that changes with a changed file by habit, and is not part of this change."""
    changed = {path for patch in change.patches for path in (patch.path, patch.old_path)}
    if len(change.patches) > MAX_CHANGED:
        return
    named: set[str] = set()
    for patch in change.patches:
        if patch.status != "modified" or is_vendored(patch.path):
            continue
        for partner in find_partners(change.history, patch.path, change.head.files):
            fit = partner.together >= MIN_TOGETHER and partner.share >= MIN_SHARE and partner.recent >= MIN_RECENT
            if not fit or partner.lift < MIN_LIFT or partner.partner in changed | named:
                continue
            if is_test(partner.partner) and not is_test(patch.path):
                continue  # `find_missing_tests` judges those by what was changed
            named.add(partner.partner)
            yield _missing_partner(change, partner)


def find_missing_tests(change: ChangeContext) -> Iterator[Fact]:
    """Yield one fact for each module that gains public functions while no test is touched, though it has tests."""
    if any(is_test(patch.path) for patch in change.patches) or len(change.patches) > MAX_CHANGED:
        return
    for patch in change.patches:
        if patch.status not in ("modified", "renamed") or not is_product(patch.path):
            continue
        new = [
            definition
            for definition in change.added_definitions(patch.path)
            if definition.public
            and definition.kind != "class"
            and len(patch.added_lines.intersection(range(definition.line, definition.end_line + 1))) >= MIN_NEW_LINES
        ]
        test = find_test(change, change.base_path(patch.path)) if new else None
        if test is not None:
            yield _missing_test(change, patch.path, new, *test)


def find_test(change: ChangeContext, path: str) -> tuple[str, str] | None:
    """Return the test module that belongs to a module and why, or None.

    By name (`x.py` and `test_x.py`, nearest folder first), else by habit: the test that most often changed with it.
    """
    named = [test for test in change.base.modules if is_test_module(test) and _tests_by_name(test, path)]
    if named:
        best = max(named, key=lambda test: (_common(test, path), -len(test)))
        return best, "its name says so"
    for partner in find_partners(change.history, path, change.base.files):
        if is_test_module(partner.partner) and partner.together >= _TEST_TOGETHER and partner.share >= 0.5:
            return partner.partner, f"it changed in {partner.together} of {partner.changes} changes to this file"
    return None


def _tests_by_name(test: str, path: str) -> bool:
    stem = stem_of(test).removeprefix("test_").removesuffix("_test")
    own, parent = stem_of(path), folder_of(path).rpartition("/")[2]
    return stem.replace("_", "") in {own.replace("_", ""), (parent + own).replace("_", "")}


def _common(one: str, other: str) -> int:
    return len(set(one.split("/")[:-1]) & set(other.split("/")[:-1]))


def _missing_partner(change: ChangeContext, partner: Partner) -> Fact:
    return Fact(
        kind="cochange_partner_missing",
        path=partner.path,
        line=change.first_line(partner.path),
        title=f"`{partner.partner}` usually changes together with this file",
        why=f"In {partner.together} of {partner.changes} changes to `{partner.path}`, `{partner.partner}` changed "
        f"too, {partner.lift:.0f} times as often as chance would have it; this change leaves it as it is.",
        advice=f"Check whether `{partner.partner}` has to follow. If it has not, a word in the description helps.",
        severity="warning" if partner.share >= 0.9 else "info",
        confidence=round(min(0.95, partner.share * (0.6 + 0.4 * min(1.0, partner.together / 20))), 2),
        fingerprint=fingerprint("cochange_partner_missing", partner.path, partner.partner),
        evidence=(
            Evidence(f"{partner.together} of {partner.changes} changes, lift {partner.lift:.1f}", partner.partner),
            Evidence(f"{partner.recent:.0%} of the latest {min(RECENT, partner.changes)} changes"),
            *(Evidence("changed both", commit=commit) for commit in partner.commits),
        ),
    )


def _missing_test(change: ChangeContext, path: str, new: list[Definition], test: str, reason: str) -> Fact:
    names = ", ".join(f"`{definition.name}`" for definition in new[:3]) + (" and more" if len(new) > 3 else "")
    return Fact(
        kind="test_partner_missing",
        path=path,
        line=change.line(path, new[0].line),
        title=f"{names} arrived without a test",
        why=f"This file has its tests in `{test}` ({reason}), and this change touches no test at all.",
        advice=f"Add a case to `{test}`, or say which existing test runs through the new code.",
        severity="warning",
        confidence=0.75,
        fingerprint=fingerprint("test_partner_missing", path, *sorted(definition.name for definition in new)),
        evidence=(
            *(Evidence(f"new: `{definition.name}`", path, definition.line) for definition in new[:5]),
            Evidence(f"tests of this file: {reason}", test),
        ),
    )
