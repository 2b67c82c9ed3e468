"""Which specialist looks at which hunk: what is known of a hunk in, specialists out, by rules that can be read."""

from collections.abc import Sequence

from reviewlore.domain.finding import SPECIALISTS, Specialist
from reviewlore.stages.review.priority import Signals

# Facts by whom they concern; all others are about structure.
_FACTS: dict[str, Specialist] = {
    "test_partner_missing": "testing",
    "complexity_out_of_range": "refactoring",
    "duplicated_helper": "refactoring",
    "module_outgrown": "refactoring",
    "code_orphaned": "refactoring",
    "naming_convention_broken": "refactoring",
    "convention_broken": "refactoring",
    "incident_prone_code_touched": "debugging",
    "reverted_work_repeated": "debugging",
    "signature_changed_stale_callers": "debugging",
    "removed_name_still_imported": "debugging",
    "public_change_undocumented": "documentation",
    "pipeline_undocumented": "documentation",
}
# From so many new rows on, the shape of code is worth a look of its own.
_LARGE = 15


def route(signals: Signals, allowed: Sequence[str] = SPECIALISTS) -> tuple[Specialist, ...]:
    """Return who looks at a hunk, in the specialists' usual order; none where nobody who may look has a reason to.

    Each is asked for what it is for. architecture: imports, build files, a new file, facts about structure.
    refactoring: large, complex or copied code. testing: tests, and code that changes without any. debugging: code with
    incidents, handling of errors, a change that repairs or takes back. documentation: documents, and what others may
    use. Code that none of them has a reason to look at is debugging's.
    """
    reasons: dict[Specialist, bool] = dict.fromkeys(SPECIALISTS, False)
    for kind, _ in signals.facts:
        reasons[_FACTS.get(kind, "architecture")] = True
    if signals.kind == "source":
        reasons["architecture"] |= signals.imports or signals.new_file
        reasons["refactoring"] |= signals.complex or signals.added >= _LARGE
        reasons["testing"] |= signals.untested and signals.added > 0
        reasons["debugging"] |= bool(signals.incidents) or signals.errors or signals.fixes
        reasons["documentation"] |= signals.public
        reasons["debugging"] |= not any(reasons.values())
    elif signals.kind == "test":
        reasons["testing"] = True
    elif signals.kind == "docs":
        reasons["documentation"] = True
    else:
        reasons["architecture"] = True
    return tuple(name for name in SPECIALISTS if reasons[name] and name in allowed)
