"""Changed parameters that callers in the repository do not follow. Change in, one fact for each function out."""

from collections import Counter
from collections.abc import Iterator

from reviewlore.architecture.callers import Callers, Use
from reviewlore.architecture.facts.change import ChangeContext, fingerprint, full_name
from reviewlore.architecture.signatures import Signature, find_misfit, find_shift, read_signature
from reviewlore.domain.architecture import Evidence, Fact, Module
from reviewlore.domain.source import Definition, Language

# Decorators that leave the parameters as they are written; any other may change them.
_HARMLESS = frozenset(
    {"staticmethod", "classmethod", "abstractmethod", "override", "Override", "final", "cache", "lru_cache"}
    | {"contextmanager", "asynccontextmanager", "deprecated", "Deprecated", "Nullable", "VisibleForTesting"}
)
# Where a wrong call runs until it fails; elsewhere a compiler finds it, and the fact only saves a round.
_AT_RUN_TIME: frozenset[Language] = frozenset({"python"})
_SHOWN = 5
_Stale = tuple[Use, str]


def find_stale_callers(change: ChangeContext) -> Iterator[Fact]:
    """Yield one fact for each function whose new parameters calls in the repository surely do not fit.

    A call counts if it fitted the parameters at the base. Decorated functions and names defined twice (overloads,
    conditional definitions) are left out, and so are calls that spread their arguments.
    """
    callers = None
    for patch in change.patches:
        before, after = change.base.modules.get(patch.old_path), change.head.modules.get(patch.path)
        if before is None or after is None or before.parsed.broken or after.parsed.broken:
            continue
        for old, new in _changed(before, after):
            callers = callers or Callers(change.head)
            stale = [found for use in callers.of(after.path, new) for found in _judge(change, after, (old, new), use)]
            if stale:
                yield _fact(change, after, new, stale)


def _changed(before: Module, after: Module) -> Iterator[tuple[Definition, Definition]]:
    """Yield the functions of a module that both sides have once, with other parameters."""
    known, now = _unique(before), _unique(after)
    for key, new in now.items():
        old = known.get(key)
        if old and old.parameters != new.parameters and _plain(old) and _plain(new) and _bound(old) == _bound(new):
            yield old, new


def _unique(module: Module) -> dict[tuple[str | None, str], Definition]:
    definitions = module.parsed.definitions
    counts = Counter((entry.owner, entry.name) for entry in definitions)
    types = {entry.name: entry for entry in definitions if entry.kind == "class"}
    return {
        (entry.owner, entry.name): entry
        for entry in definitions
        if entry.kind != "class"
        and counts[entry.owner, entry.name] == 1
        and not (entry.name == "__init__" and entry.owner in types and types[entry.owner].decorated)
    }


def _plain(definition: Definition) -> bool:
    """Whether what is written is what is called."""
    names = {name.rpartition(".")[2] for name in definition.decorators}
    return not definition.decorated or (bool(names) and names <= _HARMLESS)


def _bound(definition: Definition) -> bool:
    return definition.kind == "method" and "staticmethod" not in definition.decorators


def _judge(change: ChangeContext, module: Module, pair: tuple[Definition, Definition], use: Use) -> Iterator[_Stale]:
    """Yield a use with the reason why it no longer fits."""
    old, new = pair
    bound = _bound(new) and module.parsed.language == "python"
    before, after = (read_signature(entry.parameters, bound=bound) for entry in (old, new))
    if use.call.spread or find_misfit(before, use.call):
        return
    reason = find_misfit(after, use.call)
    if reason is None and module.parsed.language == "python":
        reason = _shifted(change, before, after, use)
    if reason:
        yield use, reason


def _shifted(change: ChangeContext, before: Signature, after: Signature, use: Use) -> str | None:
    """Return how the arguments of a call that nobody touched have come to mean something else."""
    patch, around = change.patch_of.get(use.path), use.around
    if patch and patch.added_lines:
        first, last = (around.line, around.end_line) if around else (1, max(patch.added_lines))
        if any(first <= line <= last for line in patch.added_lines):
            return None
    return find_shift(before, after, use.call)


def _fact(change: ChangeContext, module: Module, definition: Definition, stale: list[_Stale]) -> Fact:
    name = full_name(definition)
    stale.sort(key=lambda found: (found[0].path in change.patch_of, found[0].path, found[0].call.line))
    use, reason = stale[0]
    others = len(stale) - 1
    more = f" {others} more in the repository: see the evidence." if others else ""
    sure = module.parsed.language in _AT_RUN_TIME
    result = "which raises a TypeError when it runs" if sure else "which does not compile"
    if reason.startswith("argument "):
        result = "so the call now means something else"
    return Fact(
        kind="signature_changed_stale_callers",
        path=module.path,
        line=change.shown(module.path, definition),
        title=f"`{name}` changed its parameters, but {_count(len(stale))}",
        why=f"`{use.call.name}(…)` in `{use.path}` line {use.call.line} {reason}, {result}.{more}",
        advice="Change the callers in the same pull request, or keep the old way working (a default, an alias).",
        severity="error" if sure else "warning",
        confidence=0.9 if sure else 0.7,
        fingerprint=fingerprint("signature_changed_stale_callers", module.path, name, *definition.parameters),
        evidence=tuple(
            Evidence(f"`{use.call.name}(…)`: {reason}", use.path, use.call.line) for use, reason in stale[:_SHOWN]
        ),
    )


def _count(stale: int) -> str:
    return "a call still fits only the old ones" if stale == 1 else f"{stale} calls still fit only the old ones"
