"""go.mod and go.work to records: module path, requirements, local replacements, workspace members.

Line by line after https://go.dev/ref/mod#go-mod-file; never raises, counts the lines it cannot read.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from reviewlore.domain.manifest import Dependency, Manifest
from reviewlore.formats.manifests.places import place

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"?|`[^`]*`|=>|[(),]|\[|\]|[^\s"`(),\[\]]+')
# Directives that say nothing about what is published or needed.
_SILENT = frozenset({"go", "toolchain", "godebug", "exclude", "retract", "tool", "ignore"})


@dataclass(slots=True)
class _Found:
    name: str = ""
    required: list[tuple[str, str, bool, int]] = field(default_factory=list)
    replaced: dict[str, str] = field(default_factory=dict)
    members: list[str] = field(default_factory=list)
    unread: list[int] = field(default_factory=list)


def parse_go_mod(path: str, text: str) -> tuple[Manifest, ...]:
    """Return the module that a go.mod declares.

    A requirement marked `// indirect` has the scope "indirect": no code of the module imports it. `aliases` are the
    `replace` directives that lead into the repository, by module path; such a requirement is local.
    """
    found = _read(path, text)
    dependencies = tuple(
        Dependency(name, "go", "indirect" if indirect else "runtime", line, version, name in found.replaced)
        for name, version, indirect, line in found.required
    )
    return (
        Manifest(
            path,
            "go",
            found.name,
            dependencies=dependencies,
            aliases=tuple((name, (target,)) for name, target in found.replaced.items()),
            problem=_problem(found),
        ),
    )


def parse_go_work(path: str, text: str) -> tuple[Manifest, ...]:
    """Return the workspace that a go.work declares: `members` are its modules' folders."""
    found = _read(path, text)
    aliases = tuple((name, (target,)) for name, target in found.replaced.items())
    return (Manifest(path, "go", aliases=aliases, members=tuple(found.members), problem=_problem(found)),)


def _problem(found: _Found) -> str:
    if not found.unread:
        return ""
    return f"{len(found.unread)} lines could not be read, the first of them line {found.unread[0]}"


def _read(path: str, text: str) -> _Found:
    found = _Found()
    folder = path.rpartition("/")[0]
    for directive, tokens, comment, line in _statements(text):
        if directive == "module" and len(tokens) == 1:
            found.name = tokens[0]
        elif directive == "require" and len(tokens) == 2:
            found.required.append((tokens[0], tokens[1], re.match(r"\s*indirect\b", comment) is not None, line))
        elif directive == "replace" and tokens.count("=>") == 1 and tokens.index("=>") in (1, 2):
            target = tokens[tokens.index("=>") + 1 :]
            local = place(folder, target[0]) if len(target) == 1 and target[0].startswith((".", "/")) else None
            if local is not None:
                found.replaced[tokens[0]] = local
        elif directive == "use" and len(tokens) == 1:
            member = place(folder, tokens[0])
            if member is not None:
                found.members.append(member)
        elif directive not in _SILENT:
            found.unread.append(line)
    return found


def _statements(text: str) -> Iterator[tuple[str, list[str], str, int]]:
    """Yield (directive, its words, comment behind, line) with blocks taken apart."""
    block = ""
    for number, row in enumerate(text.split("\n"), 1):
        code, _, comment = row.partition("//")
        words = [_unquoted(token) for token in _TOKEN.findall(code)]
        if not words:
            continue
        if block:
            if words == [")"]:
                block = ""
            else:
                yield block, words, comment, number
        elif words[1:] == ["("]:
            block = words[0]
        else:
            yield words[0], words[1:], comment, number


def _unquoted(token: str) -> str:
    return token[1:-1] if token[:1] in ('"', "`") and len(token) > 1 else token
