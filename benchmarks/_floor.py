"""The least a review can do, as a bare script: `_floor.py REPOSITORY BASE HEAD GITHUB MODEL NUMBER`.

One `git diff`, one GET for what was posted, the whole diff packed into as few calls as the bound allows and asked at
once, one POST. Standard library only; it knows nothing of the repository, checks no answer, and ranks nothing.
"""

import json
import re
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

_CALL = int(32_000 * 2.9)  # characters: tokens of a call times the least characters a token seen in diffs


def main(folder: str, base: str, head: str, github: str, model: str, number: str) -> None:
    command = ["git", "-C", folder, "diff", "--no-color", "--no-ext-diff", "-M", "-U5", base, head]
    text = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout.decode("utf-8", "replace")
    pull = f"http://{github}/bare/pulls/{number}"
    ask(f"{pull}/comments?per_page=100")
    system = {"role": "system", "content": "Review this change."}
    bodies = [{"model": "canned", "messages": [system, {"role": "user", "content": part}]} for part in pack(text)]
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda body: ask(f"http://{model}/v1/chat/completions", body), bodies))
    said = "\n".join(answer["choices"][0]["message"]["content"] for answer in answers)
    ask(f"{pull}/reviews", {"commit_id": head, "event": "COMMENT", "body": said})


def pack(text: str) -> list[str]:
    """Return the diff in parts of at most one call; a file is only divided where it is larger than that."""
    files = re.split(r"(?m)^(?=diff --git )", text)
    pieces = [file[at : at + _CALL] for file in files for at in range(0, len(file), _CALL)]
    parts = [""]
    for piece in pieces:
        if len(parts[-1]) + len(piece) > _CALL:
            parts.append("")
        parts[-1] += piece
    return parts


def ask(address: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "Authorization": "Bearer token"}
    with urllib.request.urlopen(urllib.request.Request(address, data, headers)) as answer:
        return json.loads(answer.read() or b"{}")


if __name__ == "__main__":
    main(*sys.argv[1:])
