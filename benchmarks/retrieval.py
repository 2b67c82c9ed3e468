"""Retrieval, timed and judged: precedents for a question, and what a precedent says about a later hunk.

    REVIEWLORE_CLONES=/path/to/clones python -m benchmarks retrieval --json [--clone NAME] [--turns 3] [--data PATH]

One: the added lines of 20,000 hunks of a history (newest first, at most ten of a commit), 300 commit subjects, relevant
are the commit's own hunks; our index beside FTS5 as it comes, each in a process of its own, in turns. Two, where real
review comments are at hand (see `_comments.py`): the precedents of a later hunk, and whether one of them alone would
have said what the person said. The last line is one JSON object; what could not be measured is null.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from benchmarks._hunks import CONTESTANTS

from benchmarks import _comments, _precedents_judged
from reviewlore.adapters.git import GitRepo

_DOCUMENTS, _QUERIES, _OF_ONE = 20_000, 300, 10


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks retrieval", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the hunks, one turn: a smoke test")
    parser.add_argument("--clone", default="pytest", help="folder below REVIEWLORE_CLONES whose history is read")
    parser.add_argument("--turns", type=int, default=3, help="turns of each contestant (3)")
    parser.add_argument("--data", help="the file or folder of review comments")
    parser.add_argument("--json", action="store_true", help="accepted for symmetry: the last line is always JSON")
    arguments = parser.parse_args(argv)
    turns = 1 if arguments.quick else arguments.turns
    named = Path(os.environ.get("REVIEWLORE_CLONES", ""), arguments.clone)
    with tempfile.TemporaryDirectory() as folder:
        clone = named if os.environ.get("REVIEWLORE_CLONES") and named.is_dir() else None
        repository = clone or make_history(Path(folder, "history.git"))
        file = Path(folder, "questions.json")
        size = collect(repository, file, _DOCUMENTS // (10 if arguments.quick else 1), _QUERIES)
        result: dict[str, Any] = {"history": clone.name if clone else "made on the spot", **size}
        result |= contest(file, turns)
    rows = _comments.find_file(arguments.data)
    result["judged"] = _precedents_judged.judge(_comments.load_rows(rows)) if rows else None
    result |= {"turns": turns, "load_average": round(os.getloadavg()[0], 1)}
    print(json.dumps(result, sort_keys=True))
    return 0


def collect(repository: Path, file: Path, documents: int, queries: int) -> dict[str, int | float]:
    """Write documents and questions of a history to a file; see the head of this module."""
    repo = GitRepo(repository)
    texts: list[tuple[str, str]] = []
    subjects: dict[str, str] = {}
    relevant: dict[str, list[int]] = defaultdict(list)
    for patch in repo.patches(repo.resolve("HEAD")):
        hunks = [(each.path, hunk.text) for each in patch.files for hunk in each.hunks]
        for path, text in hunks[:_OF_ONE]:
            added = "\n".join(row[1:] for row in text.split("\n") if row.startswith("+"))
            if added.strip() and len(texts) < documents:
                relevant[patch.commit].append(len(texts))
                subjects[patch.commit] = patch.subject
                texts.append((path, added))
        if len(texts) >= documents:
            break
    chosen = random.Random(_comments.SEED).sample(sorted(relevant), min(queries, len(relevant)))
    asked = [(subjects[commit], relevant[commit]) for commit in chosen]
    file.write_text(json.dumps({"documents": texts, "queries": asked}), encoding="utf-8")
    average = statistics.mean(len(text) for _, text in texts)
    return {"documents": len(texts), "queries": len(asked), "characters_average": round(average, 1)}


def contest(file: Path, turns: int) -> dict[str, float]:
    """Let each contestant index and answer, in turns; the median of each figure, by the contestant's name."""
    found: dict[str, list[dict[str, float]]] = defaultdict(list)
    for turn in range(turns):
        for name in list(CONTESTANTS)[:: 1 if turn % 2 == 0 else -1]:
            command = [sys.executable, "-m", "benchmarks._hunks", name, str(file)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            found[name].append(json.loads(done.stdout.splitlines()[-1]))
    return {
        f"{name}_{key}": round(statistics.median(row[key] for row in rows), 4)
        for name, rows in found.items()
        for key in rows[0]
    }


def make_history(folder: Path, commits: int = 900) -> Path:
    """Make a repository whose subjects name what their commits change, as people do: not always in the same words."""
    rng = random.Random(_comments.SEED)
    verbs = "load store parse render close open check merge split count".split()
    nouns = "user crane harbor ticket lock page query token berth invoice ledger parcel".split()
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(folder)], check=True)
    stream: list[str] = []
    for number in range(commits):
        verb, noun, other = rng.choice(verbs), rng.choice(nouns), rng.choice(nouns)
        message = rng.choice(
            [f"{verb.title()} each {noun} once", f"Fix {noun} {verb}ing", f"Let the {noun} {verb} {other}s"]
        )
        stream.append(f"commit refs/heads/main\ncommitter A <a@example.com> {1_700_000_000 + number * 600} +0000\n")
        stream.append(f"data {len(message)}\n{message}\n")
        for part in range(1 + number % 4):
            lines = [f"def {verb}_{noun}_{number}(self, {other}):", f"    value = self.{noun}s.{verb}({other}, {part})"]
            lines += [f"    {rng.choice(verbs)}_{rng.choice(nouns)}(value, {n})" for n in range(4)]
            text = "\n".join(lines) + "\n"
            stream.append(f"M 100644 inline pkg{number % 7}/{noun}_{number}_{part}.py\ndata {len(text)}\n{text}\n")
    subprocess.run(["git", "-C", str(folder), "fast-import", "--quiet"], input="".join(stream).encode(), check=True)
    return folder
