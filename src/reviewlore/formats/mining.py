"""What one run of mining did, as plain text of 100 columns: counts kept and dropped by reason. Records in, text out."""

import textwrap
from collections.abc import Mapping

from reviewlore.domain.model import LearnReport
from reviewlore.domain.visible import visible_line

_WIDTH = 98

_KEPT = "What was read is kept; run the command again to go on."


def render_learning(report: LearnReport) -> str:
    """Return the counts of one run and what it wrote, or how far an unfinished one came."""
    counts = report.counts
    lines = [
        f"{counts.read} remarks read, {counts.kept} kept, {sum(counts.dropped.values())} dropped",
        *_counts("dropped", counts.dropped),
        *_counts("taken for a bot", counts.marked),
        *_counts("vote void", counts.void),
        *_counts("scrubbed", counts.redacted),
        *_counts("outcome", counts.outcomes),
        *_counts("strongest evidence", counts.evidence),
        *_ending(report),
    ]
    return "\n".join(lines) + "\n"


def _ending(report: LearnReport) -> list[str]:
    requests = [f"{report.requests} requests to GitHub"] if report.requests else []
    if report.dataset is None:
        kept = "Nothing was written: this was a dry run." if report.dry_run else _KEPT
        told = f"Stopped: {report.stopped} {kept}"
        return [f"{report.episodes} episodes so far, {report.counts.fresh} of them new", *requests, told]
    manifest = report.dataset
    unpaired = {k.removeprefix("episode:"): v for k, v in manifest.dropped.items() if "episode:" in k}
    listed = "; not paired, by reason:" if unpaired else ""
    again = [f"{report.reread} pull requests read again: a comment was edited"] if report.reread else []
    gone = [f"{report.forgotten} episodes went: GitHub no longer has them"] if report.forgotten else []
    old = [f"{report.expired} episodes went: older than learn.retention-days allows"] if report.expired else []
    return [
        f"{report.episodes} episodes in all, {report.counts.fresh} of them new" + listed,
        *_counts("episode", unpaired),
        *again,
        *gone,
        *old,
        f"{sum(manifest.pairs.values())} preference pairs, {manifest.splits.get('test', 0)} of them held out "
        "(later pull requests)",
        *_counts("pairs", manifest.pairs),
        f"dataset {manifest.id[:12]}",
        *requests,
        _written(report),
        *textwrap.wrap(visible_line(report.note), _WIDTH),
    ]


def _written(report: LearnReport) -> str:
    if report.dry_run:
        return "nothing was written: this was a dry run"
    return f"written as commit {report.commit[:12]}" if report.commit else "nothing new to write"


def _counts(label: str, counts: Mapping[str, int]) -> list[str]:
    return [f"  {label:<20}{name:<40}{count:>8}" for name, count in counts.items()]
