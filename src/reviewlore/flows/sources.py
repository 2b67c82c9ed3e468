"""Where raw remarks come from beside a forge: files of rows, and dumps of REST answers. Bytes in, one `Source` out."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from reviewlore.domain.forge import PullRequest, ThreadComment
from reviewlore.domain.history import RawRemark
from reviewlore.flows.hunks import Hunks
from reviewlore.flows.learn import Source
from reviewlore.formats.dump import Dump, read_dump
from reviewlore.formats.rows import Rejected, parse_comment_row, read_lines
from reviewlore.ports import Console, Repo
from reviewlore.stages.mine import join_dump

_SHOWN = 3


def read_files(files: Sequence[tuple[str, bytes]], console: Console, repo: Repo | None = None) -> Source:
    """Return the remarks of files (name, content): JSON Lines of rows, or saved REST answers, which are joined.

    What is neither is counted and named. A remark that comes without its hunk gets it from `repo`, where the commit its
    reviewer saw is there.
    """
    raws: list[RawRemark] = []
    dropped: Counter[str] = Counter()
    dumps: list[Dump] = []
    for name, data in files:
        dump = read_dump(data, name)
        if dump is not None:
            dumps.append(dump)
            bad = dump.rejected
            _name_bad(name, "object", bad, console)
        else:
            rows, bad = _read_rows(data, name)
            raws += rows
            _name_bad(name, "line", bad, console)
        dropped["malformed_line"] += len(bad)
    joined, without = _join(dumps)
    dropped.update(without)
    raws += joined
    if repo is not None:
        raws = _with_hunks(raws, repo)
    return Source(", ".join(name for name, _ in files), raws, {k: v for k, v in dropped.items() if v})


def _read_rows(data: bytes, name: str) -> tuple[list[RawRemark], list[Rejected]]:
    raws: list[RawRemark] = []
    bad: list[Rejected] = []
    for number, row in read_lines(data, name):
        parsed = row if isinstance(row, Rejected) else parse_comment_row(row, number)
        if isinstance(parsed, Rejected):
            bad.append(parsed)
        else:
            raws.append(parsed)
    return raws, bad


def _join(dumps: Sequence[Dump]) -> tuple[list[RawRemark], Counter[str]]:
    """Join dumps over files: one may hold the comments, another the pull requests."""
    comments: dict[str, list[ThreadComment]] = defaultdict(list)
    pulls: dict[str, dict[int, PullRequest]] = defaultdict(dict)
    for dump in dumps:
        for repository, items in dump.comments.items():
            comments[repository] += items
        for repository, known in dump.pulls.items():
            for number, pull in known.items():
                older = pulls[repository].get(number, pull)
                pulls[repository][number] = max(older, pull, key=lambda each: each.updated_at)
    raws: list[RawRemark] = []
    dropped: Counter[str] = Counter()
    for repository, items in sorted(comments.items()):
        found, without = join_dump(repository, items, pulls[repository])
        raws += found
        dropped.update(without)
    return raws, dropped


def _with_hunks(raws: Sequence[RawRemark], repo: Repo) -> list[RawRemark]:
    """Make the hunks of remarks that have none, those of one commit after another."""
    hunks = Hunks(repo)
    without = [raw for raw in raws if not raw.hunk.strip() and raw.reviewed_commit]
    without.sort(key=lambda raw: (raw.reviewed_commit or "", raw.base or ""))
    made = {id(raw): hunks.find(raw, (raw.base,) if raw.base else ()) for raw in without}
    return [replace(raw, hunk=made[id(raw)]) if made.get(id(raw)) else raw for raw in raws]


def _name_bad(name: str, what: str, bad: Sequence[Rejected], console: Console) -> None:
    if bad:
        shown = "; ".join(f"{what} {item.line}: {item.why}" for item in bad[:_SHOWN])
        more = f"; and {len(bad) - _SHOWN} more" if len(bad) > _SHOWN else ""
        console.warn(f"{name}: {len(bad)} {what}s are no review comments and were left out ({shown}{more}).")
