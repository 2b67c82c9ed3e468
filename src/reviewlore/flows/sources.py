"""Where raw remarks come from: files of rows, or a forge. Bytes or pages in, one `Source` out."""

from collections import Counter
from collections.abc import Sequence

from reviewlore.domain.history import RawRemark
from reviewlore.flows.learn import Source
from reviewlore.formats.rows import Rejected, parse_comment_row, read_lines
from reviewlore.ports import Console, ForgeHistory
from reviewlore.stages.mine import join_threads

_SHOWN = 3


def read_files(files: Sequence[tuple[str, bytes]], console: Console) -> Source:
    """Return the remarks of JSON Lines files (name, content); malformed lines are counted and named."""
    raws: list[RawRemark] = []
    rejected: Counter[str] = Counter()
    for name, data in files:
        bad: list[Rejected] = []
        for number, row in read_lines(data, name):
            parsed = row if isinstance(row, Rejected) else parse_comment_row(row, number)
            if isinstance(parsed, Rejected):
                bad.append(parsed)
            else:
                raws.append(parsed)
        rejected["malformed_line"] += len(bad)
        if bad:
            shown = "; ".join(f"line {item.line}: {item.why}" for item in bad[:_SHOWN])
            more = f"; and {len(bad) - _SHOWN} more" if len(bad) > _SHOWN else ""
            console.warn(f"{name}: {len(bad)} lines are no review comments and were left out ({shown}{more}).")
    return Source(", ".join(name for name, _ in files), raws, {k: v for k, v in rejected.items() if v})


def read_forge(history: ForgeHistory, console: Console, since: str | None = None) -> Source:
    """Return the remarks of a repository's merged pull requests, read in whole pages."""
    pulls = {pull.number: pull for pull in console.track(history.closed_pulls(), "Reading pull requests")}
    comments = tuple(console.track(history.thread_comments(since), "Reading review comments"))
    activity = {item.number: item for item in console.track(history.activity(since), "Reading threads")}
    raws, dropped = join_threads(history.repository, pulls, comments, activity)
    console.say(
        f"{len(pulls)} closed pull requests, {len(comments)} review comments, {history.requests_used()} requests"
    )
    return Source(f"github:{history.repository}", raws, dropped)
