"""What one run of mining did, as plain text of 100 columns: counts kept and dropped by reason. Records in, text out."""

from collections.abc import Mapping

from reviewlore.domain.model import LearnReport


def render_learning(report: LearnReport) -> str:
    """Return the counts of one run and what it wrote."""
    manifest = report.dataset
    held_out = manifest.splits.get("test", 0)
    lines = [
        f"{report.read} remarks read, {report.kept} kept, {sum(report.dropped.values())} dropped",
        *_counts("dropped", report.dropped),
        *_counts("taken for a bot", report.marked),
        *_counts("scrubbed", report.redacted),
        *_counts("outcome", report.outcomes),
        *_counts("strongest evidence", report.evidence),
        f"{manifest.episodes} episodes in all, {report.new_episodes} of them new; not paired, by reason:",
        *_counts("episode", {k.removeprefix("episode:"): v for k, v in manifest.dropped.items() if "episode:" in k}),
        f"{sum(manifest.pairs.values())} preference pairs, {held_out} of them held out (later pull requests)",
        *_counts("pairs", manifest.pairs),
        f"dataset {manifest.id[:12]}",
        f"written as commit {report.commit[:12]}" if report.commit else "nothing new to write",
    ]
    return "\n".join(lines) + "\n"


def _counts(label: str, counts: Mapping[str, int]) -> list[str]:
    return [f"  {label:<20}{name:<40}{count:>8}" for name, count in counts.items()]
