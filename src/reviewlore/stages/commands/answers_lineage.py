"""The answer to `/lore why`: what is known of how a remark came to be said in, five lines out. It names nobody."""

from collections import Counter
from collections.abc import Sequence

from reviewlore.domain.events import FeedbackSignal
from reviewlore.domain.inert import inert_code, inert_line
from reviewlore.domain.lineage import FindingTrace, Posting, PrecedentTrace, VersionLineage
from reviewlore.domain.model import RegistryEntry

_MOST = 5


def render_why(found: FindingTrace, rule: str, entry: RegistryEntry | None, withheld: str = "") -> str:
    """Return the lineage of a remark; `entry` is its version's in the registry.

    `withheld` says why what people said and did is not told (empty: it is).
    """
    version = found.versions[0] if found.versions else None
    rows = [
        f"**Remark** {_remark(found, rule)}",
        f"**Judged by** {_version(version)}",
        f"**Learned from** {_dataset(version)}",
        f"**Precedents**: {_precedents(found.precedents, told=not withheld)}",
        f"**Decided**: {'; '.join([_decision(entry), withheld or _people(found)])}.",
    ]
    return "\n".join(f"{number}. {row}" for number, row in enumerate(rows, 1))


def _remark(found: FindingTrace, rule: str) -> str:
    about = f" of the rule {inert_code(rule)}" if rule else ""
    if not found.postings:
        return f"`{found.finding}`{about}; where it was posted is not known"
    place = found.postings[0]
    where = inert_code(f"{place.path}:{place.line}" if place.line else place.path or "the summary")
    when = place.created_at[:10] or "at a time not known"
    return f"`{found.finding}`{about}, on {where}, posted {when} by {_run(place)}"


def _run(place: Posting) -> str:
    return f"[run {place.said.run}]({place.run_url})" if place.run_url else "a run that it does not name"


def _version(version: VersionLineage | None) -> str:
    if version is None:
        return "a version that the remark does not name"
    tier = f" ({version.tier} tier)" if version.tier else ""
    state = {"active": ", in force", None: ""}.get(version.state, f", {version.state}")
    made = f", trained {version.created_at[:10]} by recipe {inert_code(version.recipe)}" if version.created_at else ""
    base = f" on {inert_code(version.base_model)}" if version.base_model else ""
    note = f": {inert_line(version.note)}" if version.note else ""
    return f"{inert_code(version.id)}{tier}{state}{made}{base}{note}"


def _dataset(version: VersionLineage | None) -> str:
    if version is None or not version.dataset:
        return "nothing of this team, as far as is known"
    kinds: Counter[str] = Counter()
    for name, count in version.pairs.items():
        kinds[name.partition("/")[0]] += count
    told = ", ".join(f"{kind.replace('_', ' ')} {count}" for kind, count in kinds.items())
    pairs = f", {kinds.total()} pairs ({told})" if kinds else ""
    return f"dataset `{version.dataset[:12]}`: {version.dataset_episodes} review remarks{pairs}"


def _precedents(precedents: Sequence[PrecedentTrace], *, told: bool) -> str:
    rows = []
    for each in precedents[:_MOST]:
        name = f"pull request {each.cited.pull_request}"
        row = f"[{name}]({each.cited.url})" if each.cited.url else name
        row += f" on {inert_code(each.cited.path)}"
        if told and each.episode is None:
            row += " (no longer on the state branch)"
        elif told:
            used = "" if each.pairs is None else f", in {each.pairs} of those pairs"
            row += f" ({each.outcome}{used})"
        rows.append(row)
    if more := len(precedents) - len(rows):
        rows.append(f"and {more} more")
    return "; ".join(rows) or "none was named"


def _decision(entry: RegistryEntry | None) -> str:
    if entry is None:
        return "no gate was asked, for no version of this team judged"
    return f"{entry.state} since {entry.decided_at[:10]}: {inert_line(entry.reason)}"


def _people(found: FindingTrace) -> str:
    """Return what people said and did about the remark, by role; the answer is public, so by no name."""
    said = [_said(signal) for signal in (*found.dismissals, *found.acceptances)][:_MOST]
    became = [f"mined as {remark.outcome} ({remark.confidence} confidence)" for remark in found.mined[:1]]
    return "; ".join([*said, *became]) or "nobody dismissed or accepted it, and nothing was mined of it yet"


def _said(signal: FeedbackSignal) -> str:
    what = f"dismissed as {signal.reason}" if signal.kind == "dismissed" else "accepted"
    return f"{what} on {signal.at[:10]} by somebody with the role {signal.role}"
