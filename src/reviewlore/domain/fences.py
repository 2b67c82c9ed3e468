"""A comment's prose and its fenced code blocks, told apart line by line (CommonMark 0.31, section 4.5)."""

import re
from dataclasses import dataclass

_OPENING = re.compile(r"[ \t]*(`{3,}|~{3,})([^`]*)$")


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block: the first word behind the fence (`suggestion`, `python`, ...), and the code."""

    language: str
    code: str


def split_fences(body: str) -> tuple[str, tuple[Block, ...]]:
    """Return the prose and the blocks; one that is never closed ends with the comment."""
    prose, blocks = list[str](), list[Block]()
    fence, language, code = "", "", list[str]()
    for line in body.replace("\r\n", "\n").split("\n"):
        if not fence:
            opening = _OPENING.match(line)
            if opening is None:
                prose.append(line)
                continue
            fence, language, code = opening[1], (opening[2].split() or [""])[0], []
        elif line.strip().startswith(fence) and not line.strip().strip(fence[0]):
            blocks.append(Block(language, "\n".join(code)))
            fence = ""
        else:
            code.append(line)
    if fence:
        blocks.append(Block(language, "\n".join(code)))
    return "\n".join(prose), tuple(blocks)
