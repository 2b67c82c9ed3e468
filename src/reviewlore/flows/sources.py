"""Where raw remarks come from beside a forge: files of rows, and dumps of REST answers. Bytes in, one `Source` out."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from reviewlore.domain.forge import PullRequest, ThreadComment
from reviewlore.domain.history import RawRemark
from reviewlore.flows.learn import Source
from reviewlore.formats.dump import Dump, read_dump
from reviewlore.formats.rows import Rejected, parse_comment_row, read_lines
from reviewlore.ports import Console
from reviewlore.stages.mine import join_dump

_SHOWN = 3


def read_files(files: Sequence[tuple[str, bytes]], console: Console) -> Source:
    """Return the remarks of files (name, content): JSON Lines of rows, or saved REST answers, which are joined.

    What is neither is counted and named.
    """
    raws: list[RawRemark] = []
    dropped: Counter[str] = Counter()
    dumps: list[Dump] = []
    for name, data in files:
        bad: list[Rejected] = []
        dump = read_dump(data, name)
        if dump is not None:
            dumps.append(dump)
            bad = dump.rejected
        else:
            for number, row in read_lines(data, name):
                parsed = row if isinstance(row, Rejected) else parse_comment_row(row, number)
                if isinstance(parsed, Rejected):
                    bad.append(parsed)
                else:
                    raws.append(parsed)
        dropped["malformed_line"] += len(bad)
        _name_bad(name, bad, console)
    joined, without = _join(dumps)
    dropped.update(without)
    return Source(", ".join(name for name, _ in files), [*raws, *joined], {k: v for k, v in dropped.items() if v})


def _join(dumps: Sequence[Dump]) -> tuple[list[RawRemark], Counter[str]]:
    """Join dumps over files: one may hold the comments, another the pull requests."""
    comments: dict[str, list[ThreadComment]] = defaultdict(list)
    pulls: dict[str, dict[int, PullRequest]] = defaultdict(dict)
    for dump in dumps:
        for repository, items in dump.comments.items():
            comments[repository] += items
        for repository, known in dump.pulls.items():
            pulls[repository] |= known
    raws: list[RawRemark] = []
    dropped: Counter[str] = Counter()
    for repository, items in sorted(comments.items()):
        found, without = join_dump(repository, items, pulls[repository])
        raws += found
        dropped.update(without)
    return raws, dropped


def _name_bad(name: str, bad: Sequence[Rejected], console: Console) -> None:
    if bad:
        shown = "; ".join(f"line {item.line}: {item.why}" for item in bad[:_SHOWN])
        more = f"; and {len(bad) - _SHOWN} more" if len(bad) > _SHOWN else ""
        console.warn(f"{name}: {len(bad)} lines are no review comments and were left out ({shown}{more}).")
