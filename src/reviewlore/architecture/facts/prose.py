"""Documents that still tell of what a change takes away: public names, and commands of build files. Facts out."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from reviewlore.architecture.facts.change import ChangeContext, fingerprint
from reviewlore.architecture.places import is_changelog, is_product, is_prose
from reviewlore.domain.architecture import Evidence, Fact, Mention

# A name that is also an English word stands in documents without meaning the code.
_DISTINCT = re.compile(r"(?=.{6,})([a-z0-9]+(_[a-z0-9]+)+|[A-Z]?[a-z0-9]+([A-Z][a-z0-9]*)+)")
_MOST_NAMES = 60
_SHOWN = 4


def find_stale_documents(change: ChangeContext) -> Iterator[Fact]:
    """Yield one fact for each file that loses a public name which documents this change leaves alone still name.

    A name that several files lose is told of once, at the first.
    Only names nothing at the head defines any more, and no plain words: those mean other things in prose. A name that
    its file takes from elsewhere where it can (a backport) lives on there.
    """
    defined = {d.name for module in change.head.modules.values() for d in module.parsed.definitions}
    defined |= {name for module in change.head.modules.values() for name in module.parsed.assigned}
    gone: defaultdict[str, list[str]] = defaultdict(list)
    for patch in change.patches:
        before = change.base.modules.get(patch.old_path)
        if before is None or not is_product(patch.old_path):
            continue
        foreign = before.parsed.assigned | {n.alias for entry in before.parsed.imports for n in entry.names}
        for definition in before.parsed.definitions:
            name = definition.name
            if name in foreign:
                continue  # a substitute for what documents mean by the name: another library's
            if definition.public and name not in defined and _DISTINCT.fullmatch(name) and name not in gone[patch.path]:
                gone[patch.path].append(name)
    names = frozenset(name for found in gone.values() for name in found)
    if names and len(names) <= _MOST_NAMES:
        told = _told(change, names)
        said = set[str]()
        for path, lost in gone.items():
            stale = [name for name in lost if name in told and name not in said]
            said.update(stale)
            if stale:
                yield _stale_name(change, path, stale, [mention for name in stale for mention in told[name]])


def find_stale_instructions(change: ChangeContext) -> Iterator[Fact]:
    """Yield one fact for each build file that loses a command which documents this change leaves alone tell to run."""
    now = {spelling for command in change.commands_after for spelling in command.spelled}
    lost: defaultdict[str, list[str]] = defaultdict(list)
    for command in change.commands_before:
        path = change.moved.get(command.path, command.path)
        if path in change.patch_of:
            lost[path] += [spelling for spelling in command.spelled if spelling not in now]
    names = frozenset(spelling for found in lost.values() for spelling in found)
    told = _told(change, names) if names and len(names) <= _MOST_NAMES else {}
    told = _without_longer(change, told, now) if told else {}
    for path, spelled in lost.items():
        stale = [spelling for spelling in spelled if spelling in told]
        if stale:
            yield _stale_command(change, path, stale, [mention for name in stale for mention in told[name]])


def _without_longer(change: ChangeContext, told: dict[str, list[Mention]], now: set[str]) -> dict[str, list[Mention]]:
    """Leave out the places where a name only begins that of a command which stays: `make docs` of `make docs-links`."""
    longer = frozenset(known for known in now if any(known.startswith(f"{name}-") for name in told))
    if len(longer) > _MOST_NAMES:
        return {}  # too many to tell them apart
    meant = {(mention.path, mention.line) for mention in change.mentions(longer) or ()} if longer else set()
    left = {name: [m for m in found if (m.path, m.line) not in meant] for name, found in told.items()}
    return {name: found for name, found in left.items() if found}


def _told(change: ChangeContext, words: frozenset[str]) -> dict[str, list[Mention]]:
    """Return where documents that this change does not touch name the words; changelogs tell of the past."""
    found: defaultdict[str, list[Mention]] = defaultdict(list)
    for mention in change.mentions(words) or ():
        path = mention.path
        kept_up = is_prose(path) and not is_changelog(path) and not _tells_of_the_past(path)
        if kept_up and path not in change.patch_of:
            found[mention.word].append(mention)
    return found


def _tells_of_the_past(path: str) -> bool:
    """Whether a document is one of a series that is not kept up: release notes, news fragments, decisions, posts."""
    folders = set(path.lower().split("/")[:-1])
    series = {"changelog", "changelogs", "changes", "announce", "news", "newsfragments", "releases", "release-notes"}
    series |= {"release_notes", "whatsnew", "blog", "posts", "adr", "adrs", "decisions", "rfcs", "proposals", "sep"}
    return bool(folders & series)


def _stale_name(change: ChangeContext, path: str, names: Sequence[str], mentions: Sequence[Mention]) -> Fact:
    listed = ", ".join(f"`{name}`" for name in names[:3]) + (" and more" if len(names) > 3 else "")
    files = len({mention.path for mention in mentions})
    return Fact(
        kind="public_change_undocumented",
        path=path,
        line=change.first_line(path),
        title=f"{listed} {'is' if len(names) == 1 else 'are'} gone, and documents still tell of {_it(names)}",
        why=f"{files} document(s) that this change leaves as they are name {_it(names)}, first at "
        f"`{mentions[0].path}` line {mentions[0].line}; readers will look for what is no longer there.",
        advice="Bring the documents along, or say there what takes its place.",
        severity="info",
        confidence=0.8,
        fingerprint=fingerprint("public_change_undocumented", path, *sorted(names)),
        evidence=tuple(Evidence(f"names `{m.word}`", m.path, m.line) for m in mentions[:_SHOWN]),
    )


def _stale_command(change: ChangeContext, path: str, names: Sequence[str], mentions: Sequence[Mention]) -> Fact:
    return Fact(
        kind="pipeline_undocumented",
        path=path,
        line=change.first_line(path),
        title=f"`{names[0]}` is gone, and documents still tell people to use it",
        why=f"`{mentions[0].path}` line {mentions[0].line} names it, and this change leaves that document as it is.",
        advice="Change the instructions with the build file, or keep the old name as an alias.",
        severity="info",
        confidence=0.85,
        fingerprint=fingerprint("pipeline_undocumented", path, *sorted(names)),
        evidence=tuple(Evidence(f"names `{m.word}`", m.path, m.line) for m in mentions[:_SHOWN]),
    )


def _it(names: Sequence[str]) -> str:
    return "it" if len(names) == 1 else "them"
