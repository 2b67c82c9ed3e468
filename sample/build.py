"""Builds the demo's repository and its review comments from the readable story in `story/*.toml`.

In: one TOML file per pull request (format: README.md beside this file). Out: a git repository with its merge history,
`review-comments.jsonl` and `pull-request.json`. Standard library and git only; the same hashes on every machine.
Never writes an outcome: what became of a remark is for the reader of git and of the replies to find out.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

STORY = Path(__file__).resolve().parent / "story"
REPOSITORY = "toolshed-sample/toolshed"
BOT = "lint-sample[bot]"
OUTCOMES = ("addressed", "elsewhere", "declined", "ignored")
LANGUAGES = {".py": "Python", ".md": "Markdown", ".toml": "TOML", ".sql": "SQL"}
HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
# A remark in the story quotes a pasted token; it is put together here so that no scanner takes it for a real one.
PLACEHOLDERS = {"{pasted-token}": "ghp" + "_" + "FakeSampleOnly" * 2 + "00000000"}

Tree = dict[str, str]


class StoryError(Exception):
    """The story does not fit together: a find that matches nothing, an outcome that git does not show."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One root remark of the story; `outcome` is what the story intends and is checked against git, never written."""

    author: str
    path: str
    on: str
    body: str
    outcome: str
    replies: tuple[tuple[str, str], ...]
    push: int
    nth: int


@dataclass(frozen=True, slots=True)
class PullRequest:
    """One pull request: the trees after each push, in order, and what was said about them."""

    number: int
    title: str
    body: str
    author: str
    branch: str
    merged_by: str
    opened: datetime
    messages: tuple[str, ...]
    trees: tuple[Tree, ...]
    remarks: tuple[Remark, ...]
    is_open: bool

    def pushed_at(self, push: int) -> datetime:
        """When push number `push` (from 1) arrived: one a day."""
        return self.opened + timedelta(days=push - 1, minutes=37 * (push - 1))

    @property
    def merged_at(self) -> datetime:
        """When it was merged: some hours after the last push."""
        return self.pushed_at(len(self.trees)) + timedelta(hours=5, minutes=self.number % 50)


@dataclass(frozen=True, slots=True)
class Sample:
    """What was built and where; `head` is the commit of `main`."""

    repository: Path
    comments: Path
    pull_request: Path
    head: str
    pull_requests: int
    remarks: int
    outcomes: dict[str, int] = field(default_factory=dict)
    near: int = 0


@dataclass(frozen=True, slots=True)
class History:
    """The commits by pull request number: those pushed, the merge (none while it is open), and the base."""

    pushes: dict[int, list[str]]
    merges: dict[int, str]
    bases: dict[int, str]


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of a diff: its text, its number on its side, and the hunk up to and including it."""

    text: str
    kind: str
    side: str
    number: int
    hunk: str


def load(story: Path = STORY) -> list[PullRequest]:
    """All pull requests of the story, oldest first; every tree is the one before it with that push's edits applied."""
    pulls: list[PullRequest] = []
    main = Tree()
    for path in sorted(story.glob("*.toml")):
        try:
            pull = parse(int(path.name.split("-")[0]), tomllib.loads(path.read_text(encoding="utf-8")), main)
        except (StoryError, KeyError, ValueError) as error:
            raise StoryError(f"{path.name}: {error!r}") from error
        if pulls and pull.opened <= pulls[-1].merged_at:
            raise StoryError(f"{path.name}: opened before #{pulls[-1].number} was merged")
        pulls.append(pull)
        main = pull.trees[-1]
    return pulls


def parse(number: int, data: dict[str, Any], main: Tree) -> PullRequest:
    """One story file as a pull request on top of the tree `main`."""
    trees, tree = [], main
    for push in data["push"]:
        tree = dict(tree)
        for edit in push["edit"]:
            apply(tree, edit)
        trees.append(tree)
    remarks = tuple(
        Remark(
            author=row["author"],
            path=row["path"],
            on=row["on"],
            body=fill(row["body"].strip()),
            outcome=row["outcome"],
            replies=tuple((who, fill(text)) for who, _, text in (r.partition(": ") for r in row.get("replies", []))),
            push=row.get("push", 1),
            nth=row.get("nth", 0),
        )
        for row in data.get("remark", [])
    )
    return PullRequest(
        number=number,
        title=data["title"],
        body=data.get("body", "").strip(),
        author=data["author"],
        branch=data["branch"],
        merged_by=data.get("merged_by", "mira-sample"),
        opened=data["opened"].astimezone(UTC),
        messages=tuple(push["message"].strip() for push in data["push"]),
        trees=tuple(trees),
        remarks=remarks,
        is_open=data.get("open", False),
    )


def apply(tree: Tree, edit: dict[str, Any]) -> None:
    """Change `tree` in place by one edit: a whole file, an append, a delete, or an exact find that occurs once."""
    path = edit["path"]
    if edit.get("delete"):
        del tree[path]
    elif "append" in edit:
        tree[path] = tree[path] + edit["append"]
    elif "find" in edit:
        if (count := tree[path].count(edit["find"])) != 1:
            raise StoryError(f"{path}: {edit['find']!r} occurs {count} times, expected once")
        tree[path] = tree[path].replace(edit["find"], edit["replace"])
    else:
        tree[path] = edit["text"]


def fill(text: str) -> str:
    """`text` with the placeholders put in."""
    for name, value in PLACEHOLDERS.items():
        text = text.replace(name, value)
    return text


def git(*arguments: str, cwd: Path, stdin: bytes | None = None) -> str:
    """Run git without anybody's configuration and return its standard output."""
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(cwd),
        "LC_ALL": "C",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_DEFAULT_HASH": "sha1",
    }
    if "SYSTEMROOT" in os.environ:
        environment["SYSTEMROOT"] = os.environ["SYSTEMROOT"]
    done = subprocess.run(["git", *arguments], cwd=cwd, input=stdin, capture_output=True, env=environment, check=False)
    if done.returncode:
        raise StoryError(f"git {arguments[0]} failed: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout.decode("utf-8")


def person(login: str, at: datetime) -> str:
    """An identity line of a commit: `mira-sample` is Mira Sample at example.org."""
    name = login.replace("-", " ").title()
    return f"{name} <{login}@example.org> {int(at.timestamp())} +0000"


class Stream:
    """Collects the commands of one `git fast-import`."""

    def __init__(self) -> None:
        self.chunks: list[bytes] = []
        self.trees: list[Tree] = [{}]  # by mark; mark 0 is the empty tree

    def commit(self, ref: str, who: str, at: datetime, message: str, tree: Tree, parents: tuple[int, ...]) -> int:
        """Add a commit with exactly `tree`; returns its mark."""
        self.trees.append(tree)
        mark = len(self.trees) - 1
        line = person(who, at)
        self._say(f"commit {ref}\nmark :{mark}\nauthor {line}\ncommitter {line}\n")
        self._data(message + "\n")
        for word, parent in zip(("from", "merge"), parents, strict=False):
            self._say(f"{word} :{parent}\n")
        before = self.trees[parents[0]] if parents else {}
        for path in sorted(before.keys() - tree.keys()):
            self._say(f"D {path}\n")
        for path in sorted(path for path in tree if before.get(path) != tree[path]):
            self._say(f"M 100644 inline {path}\n")
            self._data(tree[path])
        self._say("\n")
        return mark

    def _say(self, text: str) -> None:
        self.chunks.append(text.encode())

    def _data(self, text: str) -> None:
        raw = text.encode()
        self.chunks.append(b"data %d\n%s\n" % (len(raw), raw))


def write_history(repository: Path, pulls: list[PullRequest]) -> History:
    """Import all commits of the story into a new repository."""
    git("init", "--quiet", "--template=", "--initial-branch=main", str(repository), cwd=repository.parent)
    stream = Stream()
    pushes: dict[int, list[int]] = {}
    merges: dict[int, int] = {}
    bases: dict[int, int] = {}
    main = 0
    for pull in pulls:
        if not main:  # the first file of the story is the root commit, not a pull request
            main = stream.commit("refs/heads/main", pull.author, pull.opened, pull.messages[0], pull.trees[0], ())
            continue
        bases[pull.number], tip, pushes[pull.number] = main, main, []
        ref = f"refs/pull/{pull.number}/head"
        for index, (message, tree) in enumerate(zip(pull.messages, pull.trees, strict=True), start=1):
            tip = stream.commit(ref, pull.author, pull.pushed_at(index), message, tree, (tip,))
            pushes[pull.number].append(tip)
        if not pull.is_open:
            title = f"Merge pull request #{pull.number} from {pull.author}/{pull.branch}\n\n{pull.title}"
            main = stream.commit("refs/heads/main", pull.merged_by, pull.merged_at, title, pull.trees[-1], (main, tip))
            merges[pull.number] = main
    git("fast-import", "--quiet", "--export-marks=marks", cwd=repository, stdin=b"".join(stream.chunks))
    marks_file = repository / "marks"
    marks = {int(k[1:]): v for k, v in (line.split() for line in marks_file.read_text().splitlines())}
    marks_file.unlink()
    return History(
        pushes={n: [marks[m] for m in many] for n, many in pushes.items()},
        merges={n: marks[m] for n, m in merges.items()},
        bases={n: marks[m] for n, m in bases.items()},
    )


def diff_lines(repository: Path, base: str, head: str, context: int = 3) -> dict[str, list[DiffLine]]:
    """The lines of `git diff base head` by path, each with the hunk up to it, as GitHub shows it under a comment."""
    text = git(
        "-c", "diff.algorithm=myers", "-c", "diff.indentHeuristic=true", "-c", "core.quotePath=false",
        "diff", "--no-ext-diff", "--no-color", "--no-renames", "--src-prefix=a/", "--dst-prefix=b/",
        f"--unified={context}", base, head, cwd=repository,
    )  # fmt: skip
    files: dict[str, list[DiffLine]] = {}
    path, old, new = "", 0, 0
    hunk: list[str] = []
    for line in text.split("\n"):
        if line.startswith("diff --git "):
            path, hunk = line.rsplit(" b/", 1)[1], []
        elif match := HUNK.match(line):
            old, new, hunk = int(match[1]), int(match[3]), [line]
        elif hunk and line[:1] in {"+", "-", " "}:
            hunk.append(line)
            side, number = ("LEFT", old) if line[0] == "-" else ("RIGHT", new)
            files.setdefault(path, []).append(DiffLine(line[1:], line[0], side, number, "\n".join(hunk)))
            old, new = old + (line[0] != "+"), new + (line[0] != "-")
    return files


def anchor(lines: list[DiffLine], remark: Remark) -> DiffLine:
    """The one line of the diff that the remark quotes; an added line wins over a removed one, that over context."""
    where = f"{remark.path}: {remark.on!r}"
    for kind in "+- ":
        found = [line for line in lines if line.kind == kind and remark.on in line.text]
        if len(found) == 1 or 0 < remark.nth <= len(found):
            return found[max(remark.nth, 1) - 1]
        if found:
            raise StoryError(f"{where} is on {len(found)} lines of the diff, quote more or say nth")
    raise StoryError(f"{where} is on no line of the diff")


def distance(repository: Path, remark: Remark, line: DiffLine, reviewed: str, last: str, after: Tree) -> int | None:
    """How many lines from the anchor the nearest later change is: 0 is the line itself, None is no change at all."""
    if line.side == "LEFT":  # a removed line is answered when it comes back
        return 0 if line.text in after.get(remark.path, "").split("\n") else None
    gaps = []
    text = git("-c", "diff.algorithm=myers", "diff", "--no-ext-diff", "--no-renames", "--unified=0",
               reviewed, last, "--", remark.path, cwd=repository)  # fmt: skip
    for match in filter(None, map(HUNK.match, text.split("\n"))):
        start, count = int(match[1]), int(match[2] or 1)
        if count:
            gaps.append(max(start - line.number, line.number - (start + count - 1), 0))
        else:  # an insertion after old line `start` is next to that line and to the following one
            gaps.append(start - line.number + 1 if line.number <= start else line.number - start)
    return min(gaps, default=None)


def rows(repository: Path, pulls: list[PullRequest], history: History) -> tuple[list[dict[str, Any]], int]:
    """The review comments in the miner's format, oldest first, and how many have a change only beside the anchor."""
    out, near = [], 0
    for pull in pulls:
        pushes, base = history.pushes[pull.number], history.bases[pull.number]
        diffs = {push: diff_lines(repository, base, pushes[push - 1]) for push in {r.push for r in pull.remarks}}
        for index, remark in enumerate(pull.remarks):
            reviewed = pushes[remark.push - 1]
            try:
                line = anchor(diffs[remark.push].get(remark.path, []), remark)
                gap = distance(repository, remark, line, reviewed, pushes[-1], pull.trees[-1])
                check_outcome(remark, gap)
            except StoryError as error:
                raise StoryError(f"#{pull.number}: {error}") from error
            near += bool(gap) if remark.outcome == "addressed" else gap is not None and gap < 4
            row = comment(pull, index, remark, line)
            row |= {"original_commit": reviewed, "pr_last_commit": pushes[-1], "base_commit": base}
            row |= {"merge_commit": history.merges[pull.number]} if pull.number in history.merges else {}
            out.append(row)
    return sorted(out, key=lambda row: (row["created_at"], row["comment_id"])), near


def check_outcome(remark: Remark, gap: int | None) -> None:
    """Raise where git does not show what the story intends: addressed changes the anchor, the others leave it alone."""
    where = f"{remark.path}: {remark.on!r}"
    if remark.outcome not in OUTCOMES:
        raise StoryError(f"{where}: outcome {remark.outcome!r} is none of {OUTCOMES}")
    if remark.outcome == "addressed" and (gap is None or gap > 2):
        raise StoryError(f"{where} is addressed, but the nearest later change is {gap} lines away")
    if remark.outcome != "addressed" and gap == 0:
        raise StoryError(f"{where} is {remark.outcome}, but a later push changes that line")


def comment(pull: PullRequest, index: int, remark: Remark, line: DiffLine) -> dict[str, Any]:
    """One remark as a row, without the commits."""
    at = pull.pushed_at(remark.push) + timedelta(hours=2, minutes=7 * index + pull.number % 13)
    number = 700_000_000 + pull.number * 1_000 + index * 10
    replies = [
        {"author": who, "created_at": stamp(at + timedelta(minutes=55 * i)), "body": text, "comment_id": number + i}
        for i, (who, text) in enumerate(remark.replies, start=1)
    ]
    return {
        "repo": REPOSITORY,
        "pr_number": pull.number,
        "pr_title": pull.title,
        "pr_author": pull.author,
        "comment_id": number,
        "author": remark.author,
        "author_role": "BOT" if remark.author == BOT else None,
        "created_at": stamp(at),
        "path": remark.path,
        "language": LANGUAGES.get(Path(remark.path).suffix),
        "side": line.side,
        "line": line.number,
        "original_line": line.number,
        "diff_hunk": line.hunk,
        "body": remark.body,
        "replies": replies,
        "license": "Apache-2.0",
    }


def stamp(at: datetime) -> str:
    """ISO 8601 in UTC, as GitHub writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def build(output: Path, story: Path = STORY) -> Sample:
    """Write `repository`, `review-comments.jsonl` and `pull-request.json` into `output`, replacing an earlier build.

    Raises StoryError where the story does not fit together or where `repository` is somebody else's. Nothing is
    replaced before all of it was built.
    """
    output = output.resolve()  # git runs in other folders
    output.mkdir(parents=True, exist_ok=True)
    pulls = load(story)
    with tempfile.TemporaryDirectory(prefix=".building-", dir=output) as scratch:
        made = Path(scratch) / "repository"
        history = write_history(made, pulls)
        table, near = rows(made, pulls[1:], history)
        request = open_pull_request(made, pulls[-1], history.pushes[pulls[-1].number][-1])
        git("reset", "--quiet", "--hard", "main", cwd=made)
        target = output / "repository"
        if target.exists():
            remove_earlier(target, made)
        made.rename(target)
    (output / "review-comments.jsonl").write_text("".join(json.dumps(r) + "\n" for r in table), encoding="utf-8")
    (output / "pull-request.json").write_text(json.dumps(request, indent=2) + "\n", encoding="utf-8")
    return Sample(
        repository=target,
        comments=output / "review-comments.jsonl",
        pull_request=output / "pull-request.json",
        head=git("rev-parse", "main", cwd=target).strip(),
        pull_requests=len(history.merges),
        remarks=len(table),
        outcomes=dict(sorted(Counter(remark.outcome for pull in pulls for remark in pull.remarks).items())),
        near=near,
    )


def remove_earlier(target: Path, made: Path) -> None:
    """Remove an earlier build of this story, told by its root commit; refuse to touch anything else."""
    root = git("rev-list", "--max-parents=0", "main", cwd=made)
    try:
        ours = (target / ".git").is_dir() and git("rev-list", "--max-parents=0", "main", cwd=target) == root
    except StoryError:
        ours = False
    if not ours:
        raise StoryError(f"{target} exists and is not an earlier build of the sample; name another folder")
    shutil.rmtree(target)


def open_pull_request(repository: Path, pull: PullRequest, head: str) -> dict[str, Any]:
    """The one pull request that is still open, on a branch of its own, as the record that a review starts from."""
    if not pull.is_open:
        raise StoryError("the last file of the story has to be an open pull request (open = true)")
    git("update-ref", f"refs/heads/{pull.branch}", head, cwd=repository)
    return {
        "number": pull.number,
        "title": pull.title,
        "body": pull.body,
        "author": pull.author,
        "created_at": stamp(pull.opened),
        "base": "main",
        "head": pull.branch,
        "base_sha": git("rev-parse", "main", cwd=repository).strip(),
        "head_sha": head,
    }


def check() -> None:
    """Build into a temporary folder and print what the story holds."""
    with tempfile.TemporaryDirectory() as folder:
        sample = build(Path(folder))
        table = [json.loads(line) for line in sample.comments.read_text(encoding="utf-8").splitlines()]
    months = Counter(row["created_at"][:7] for row in table)
    print(f"main at {sample.head}")
    print(f"{sample.pull_requests} merged pull requests, 1 open, {len(months)} months {min(months)} to {max(months)}")
    print(f"{sample.remarks} remarks, as the story intends: {sample.outcomes}")
    print(f"  less clear in git, with a later change only beside the anchor: {sample.near}")
    outcomes: dict[str, Counter[str]] = {}
    for pull in load():
        for remark in pull.remarks:
            outcomes.setdefault(remark.author, Counter())[remark.outcome] += 1
    for author, counts in sorted(outcomes.items()):
        print(f"  {author}: {dict(sorted(counts.items()))}")
    print(f"authors of pull requests: {dict(sorted(Counter(pull.author for pull in load()).items()))}")


def main() -> int:
    """Command line: an output folder, or `--check`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("output", nargs="?", type=Path, help="folder to write into")
    parser.add_argument("--check", action="store_true", help="build into a temporary folder and print counts")
    options = parser.parse_args()
    if options.output is None and not options.check:
        parser.error("name an output folder, or --check")
    try:
        if options.check:
            check()
        if options.output is not None:
            sample = build(options.output)
            print(f"{sample.repository}: main at {sample.head}, {sample.pull_requests} merged pull requests")
            print(f"{sample.comments}: {sample.remarks} review comments")
            print(f"{sample.pull_request}")
    except StoryError as error:
        print(f"sample story: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
