"""How complex a function is, for every language: captures of one file's query in, cyclomatic and cognitive counts out.

A grammar names its nodes by the labels below in its own query, so that the walk over the tree stays in C. Nothing here
recurses or calls back into the tree: nesting is told from byte ranges, so that deeply nested sources cost what long
ones do.

Cyclomatic: one path, and one more for each branch, loop, handler, case, clause of a comprehension, conditional
expression and boolean operator (McCabe 1976). Cognitive: SonarSource's white paper of 2017, "Cognitive Complexity",
appendix B; functions inside a function count as its part. Labels:

- `cx.structure`: `if`, loops, handlers, conditional expressions: more, the deeper they are nested; nest what is inside
- `cx.switch`: `switch`, `match`: as above, but the paths are its cases
- `cx.case`: one case or one clause of a comprehension: a path, no effort (`default` and `_` are not even a path)
- `cx.else`: the keyword `else`: flat, and so is an `if` right behind it, which continues the chain
- `cx.elif`: a node that continues an `if` with another condition: flat
- `cx.flat`: `goto`, `break` and `continue` to a label, `else` as a node around its block: flat, no path
- `cx.lambda`: functions within functions: nest what is inside (so do the labels a caller gives as `nested`)
- `cx.wrapped`: the function within a decorator function, which nests nothing (appendix A of the paper)
- `cx.boolean`: expressions of two operands; `cx.and`, `cx.or`: the operators that join conditions, as tokens
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from tree_sitter import Node

from reviewlore.domain.source import Call, Definition

# What a type's own methods are called by inside of it.
SELVES = ("self.", "cls.", "this.", "Self::", "Self.")

Span = tuple[int, int]


class Complexity(NamedTuple):
    """The two measures of one function; `cyclomatic` is at least 1, `cognitive` at least 0."""

    cyclomatic: int
    cognitive: int


class _Weight(NamedTuple):
    """What one labelled node adds: paths, effort, whether effort grows with depth, and whether it nests others."""

    paths: int
    effort: int
    deepens: bool = False
    nests: bool = False


_WEIGHTS = {
    "cx.structure": _Weight(1, 1, deepens=True, nests=True),
    "cx.switch": _Weight(0, 1, deepens=True, nests=True),
    "cx.case": _Weight(1, 0),
    "cx.elif": _Weight(1, 1),
    "cx.else": _Weight(0, 1),
    "cx.flat": _Weight(0, 1),
    "cx.lambda": _Weight(0, 0, nests=True),
    "cx.boolean": _Weight(0, 0),
    "cx.and": _Weight(1, 1),
    "cx.or": _Weight(1, 1),
}
_FALLBACK = re.compile(rb"(?:case\s+)?(?:default|_)\s*(?::|=>|->)")
# What may stand between the start of a condition, or its last operator, and a condition that continues it.
_JOINTS = b" \t\r\n\\("
_Event = tuple[int, int, str]


def measure(
    source: bytes, spans: Iterable[Span], captures: Mapping[str, Sequence[Node]], nested: Sequence[str] = ()
) -> list[Complexity]:
    """Return the complexity of each function given as (first byte, byte after the last), in the order given.

    `captures` is what `QueryCursor.captures` returned for the whole file; `nested` are labels of the grammar's own that
    capture functions (a function does not nest itself). Recursion is not seen here: see `add_recursion`.
    """
    wrapped = {(node.start_byte, -node.end_byte) for node in captures.get("cx.wrapped", ())}
    events: list[_Event] = []
    for label in (*_WEIGHTS, *nested):
        known = label if label in _WEIGHTS else "cx.lambda"
        events += [(node.start_byte, -node.end_byte, known) for node in captures.get(label, ())]
    events.sort()
    found = []
    for start, end in spans:
        inside = events[bisect_left(events, (start, -end, "")) : bisect_left(events, (end,))]
        own = wrapped | {(start, -end)} if wrapped else {(start, -end)}
        found.append(_measure(source, [event for event in inside if event[2] != "cx.lambda" or event[:2] not in own]))
    return found


def add_recursion(
    definitions: Sequence[Definition], calls: Iterable[Call], selves: Sequence[str] = SELVES
) -> tuple[Definition, ...]:
    """Return the definitions with one more of cognitive complexity for each that calls itself by name.

    A function calls itself plainly, a method by one of `selves` (`self.`) or by its type's name.
    """
    lines: defaultdict[str, list[int]] = defaultdict(list)
    for call in calls:
        lines[call.name].append(call.line)
    for found in lines.values():
        found.sort()
    return tuple(
        replace(definition, cognitive=definition.cognitive + 1)
        if definition.kind != "class" and _calls_itself(definition, lines, selves)
        else definition
        for definition in definitions
    )


def _calls_itself(definition: Definition, lines: Mapping[str, list[int]], selves: Sequence[str]) -> bool:
    owner = definition.owner
    for prefix in ("",) if owner is None else (*selves, f"{owner}.", f"{owner}::"):
        found = lines.get(prefix + definition.name, ())
        at = bisect_left(found, definition.body)
        if at < len(found) and found[at] <= definition.end_line:
            return True
    return False


def _measure(source: bytes, events: Iterable[_Event]) -> Complexity:
    """Add up the events of one function, sorted outer before inner; `nesting` holds the ends of what nests."""
    cyclomatic, cognitive = 1, 0
    nesting: list[int] = []
    conditions = _Conditions(source)
    keyword = -1  # where the `else` right before this event ends
    for start, minus_end, label in events:
        if label == "cx.boolean":
            conditions.open(start, -minus_end)
            continue
        weight = _WEIGHTS[label]
        if label in ("cx.and", "cx.or"):
            joined = conditions.join(start, -minus_end, label)
            cyclomatic += joined.paths
            cognitive += joined.effort
            continue
        if label == "cx.case" and _FALLBACK.match(source, start):
            continue
        while nesting and nesting[-1] <= start:
            nesting.pop()
        chained = label == "cx.structure" and keyword >= 0 and not source[keyword:start].strip()
        keyword = -minus_end if label == "cx.else" else -1
        cyclomatic += weight.paths
        if not chained:
            cognitive += weight.effort + (len(nesting) if weight.deepens else 0)
            if weight.nests:
                nesting.append(-minus_end)
    return Complexity(cyclomatic, cognitive)


class _Conditions:
    """Tells where a sequence of like operators begins: `a and b and c` is one, `a and b or c and d` are three.

    The operators of one condition form a group, read from left to right through parentheses; a call, a negation or
    any other operator in between begins a group of its own.
    """

    def __init__(self, source: bytes) -> None:
        self._source = source
        self._open: list[tuple[int, int]] = []  # the end of each open expression, and its group
        self._marks: list[int] = []  # the start of each open expression, or the end of its last operator
        self._last: list[str] = []  # the last operator of each group

    def open(self, start: int, end: int) -> None:
        """An expression of two operands begins."""
        self._close(start)
        if self._open and not self._source[self._marks[-1] : start].strip(_JOINTS):
            group = self._open[-1][1]
        else:
            group = len(self._last)
            self._last.append("")
        self._open.append((end, group))
        self._marks.append(start)

    def join(self, start: int, end: int, operator: str) -> _Weight:
        """Return what an operator adds: nothing where it joins no conditions (Rust's `&&` is a reference, too)."""
        self._close(start)
        if not self._open:
            return _Weight(0, 0)
        group = self._open[-1][1]
        begins = self._last[group] != operator
        self._last[group] = operator
        self._marks[-1] = end
        return _Weight(1, int(begins))

    def _close(self, start: int) -> None:
        while self._open and self._open[-1][0] <= start:
            self._open.pop()
            self._marks.pop()
