"""What a call must pass: parameters of a definition and one call in, the reason why they do not fit out. Strings only.

Only calls that surely do not fit have a reason: what hides in `*args` or `**kwargs`, on either side, is no evidence.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from reviewlore.domain.source import Call


@dataclass(frozen=True, slots=True)
class Signature:
    """The parameters a caller fills, without a bound `self`.

    `positional` are those that may be passed by position, in order; `by_name` those that may be passed by keyword;
    `required` those that must be passed; `any_positional` and `any_keyword` say that more of either is taken.
    """

    positional: tuple[str, ...]
    by_name: frozenset[str]
    required: tuple[str, ...]
    any_positional: bool
    any_keyword: bool


def read_signature(parameters: Sequence[str], *, bound: bool) -> Signature:
    """Return the signature behind parameters spelled as in `Definition`; `bound`: the first one is filled already."""
    positional: list[str] = []
    named: list[str] = []
    required: list[str] = []
    by_position, any_positional, any_keyword = True, False, False
    for parameter in parameters:
        name = parameter.removesuffix("=")
        if parameter == "/":
            named.clear()
        elif parameter == "*":
            by_position = False
        elif parameter.startswith("**"):
            any_keyword = True
        elif parameter.startswith("*"):
            by_position, any_positional = False, True
        else:
            named.append(name)
            if by_position:
                positional.append(name)
            if name == parameter:
                required.append(name)
    first = positional[:1] if bound else []
    return Signature(
        tuple(positional[len(first) :]),
        frozenset(named) - frozenset(first),
        tuple(name for name in required if name not in first),
        any_positional,
        any_keyword,
    )


def find_misfit(signature: Signature, call: Call) -> str | None:
    """Return why a call surely raises a TypeError (as in Python's binding of arguments), as a clause, or None."""
    if call.spread:
        return None
    taken = len(signature.positional)
    if call.positional > taken and not signature.any_positional:
        return f"passes {call.positional} by position where {taken} {'is' if taken == 1 else 'are'} taken"
    filled = set(signature.positional[: call.positional])
    for name in call.keywords:
        if name in filled and name in signature.by_name:
            return f"passes `{name}` twice"
        if name not in signature.by_name and not signature.any_keyword:
            return f"passes `{name}`, which is not taken"
    missing = [name for name in signature.required if name not in filled and name not in call.keywords]
    return f"does not pass {', '.join(f'`{name}`' for name in missing)}" if missing else None


def find_shift(before: Signature, after: Signature, call: Call) -> str | None:
    """Return which argument of a call now reaches another parameter than before, as a clause, or None.

    Only where the parameter it was meant for still exists: a name that is gone was renamed.
    """
    for index, (old, new) in enumerate(zip(before.positional[: call.positional], after.positional, strict=False), 1):
        if old != new and (old in after.by_name or old in after.positional):
            return f"argument {index} was `{old}` and is now `{new}`"
    return None


def narrows(before: Signature, after: Signature) -> bool:
    """Whether a call that was right may be wrong now: more is required, or something is taken no more.

    A parameter that only got another name in its place does not count: few pass it by that name.
    """
    if before.any_positional > after.any_positional or before.any_keyword > after.any_keyword:
        return True
    if len(after.positional) < len(before.positional) and not after.any_positional:
        return True
    moved = any(
        old != new and (old in after.by_name or new in before.by_name)
        for old, new in zip(before.positional, after.positional, strict=False)
    )
    dropped = before.by_name - set(before.positional) - after.by_name and not after.any_keyword
    return moved or bool(dropped) or _count(after) > _count(before) or bool(_only_named(after) - set(before.required))


def _count(signature: Signature) -> int:
    return len([name for name in signature.required if name in signature.positional])


def _only_named(signature: Signature) -> set[str]:
    return set(signature.required) - set(signature.positional)
