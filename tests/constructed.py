"""A team whose taste is known: rows of review remarks in which one thing alone tells good from bad, or nothing does.

Each call of the team's own interface asks for one thing of its own. A remark that asks for it is addressed, one that
asks for another thing is ignored. No word stands both in the code and in a remark, every wish is right as often as it
is wrong, and all calls look alike, so neither the remark, nor the code, nor what they share gives it away: only a
reader of both can know. In noise, code and wish have nothing to do with each other.
"""

import random
from pathlib import Path
from typing import Any

WISHES = {
    "vasira": "Give it a deadline of its own",
    "tomelo": "Hand it over to the night shift",
    "pekuda": "Count how often that happens",
    "ruvoni": "Ask the owner beforehand",
}
_WORDS = (
    "amber birch cedar daisy ember fjord grove hazel ivory jetty koala lemon maple north olive pearl quilt raven "
    "sable thyme umber violet willow xenon yarrow zebra acorn basil coral dune elder flint"
).split()
_PARTS = "alder brook crane delta eagle frost gable heron inlet joust kayak lunar mirth niche orbit plume".split()


def make_rows(count: int, seed: int, *, noise: bool = False) -> list[dict[str, Any]]:
    """Return so many places of code with two remarks each, four places a pull request, a day apart."""
    rng = random.Random(seed)
    rows = []
    for number in range(count):
        call = rng.choice(list(WISHES))
        right = rng.choice(list(WISHES)) if noise else call
        wrong = rng.choice([name for name in WISHES if name != right])
        request = 1 + number // 4
        hunk = "\n".join((
            f"@@ -{10 + number},1 +{10 + number},2 @@",
            f" {rng.choice(_PARTS)}",
            f"+{rng.choice(_PARTS)}.{call}()",
        ))  # fmt: skip
        both = [(right, "addressed"), (wrong, "ignored")]
        rng.shuffle(both)
        for turn, (wish, outcome) in enumerate(both):
            body = f"{WISHES[wish]}, like {rng.choice(_WORDS)} {rng.choice(_WORDS)} {rng.choice(_WORDS)}."
            rows.append({
                "repo": "octo/taste", "pr_number": request, "comment_id": 2 * number + turn,
                "path": f"src/{_PARTS[number % 7]}.py", "diff_hunk": hunk, "line": 11 + number, "side": "RIGHT",
                "body": body, "author": f"reviewer{rng.randrange(40)}", "pr_author": "wen",
                "created_at": f"2025-{1 + request // 28:02d}-{1 + request % 28:02d}T10:{number % 4:02d}:{turn:02d}Z",
                "outcome": outcome, "confidence": "high", "intent": "suggestion", "replies": [],
            })  # fmt: skip
    return rows


def write_recipe(folder: Path, shipped: str, values: dict[str, str]) -> Path:
    """Write a shipped recipe's text with other values (`section.key` -> TOML) and return the file."""
    section, lines, left = "", [], dict(values)
    for line in shipped.splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        key = f"{section}.{line.partition(' = ')[0]}"
        lines.append(f"{key.partition('.')[2]} = {left.pop(key)}" if key in left else line)
    assert not left, f"no such keys: {left}"
    path = folder / "taste.toml"
    path.write_text("\n".join(lines) + "\n")
    return path
