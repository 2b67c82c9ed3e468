"""All regular expressions of reviewlore, and texts made from each that could keep it busy.

An expression is taken apart by Python's own parser. For each repetition in it there are texts that reach it, fill it
and then end otherwise: what makes a matcher go back (CWE-1333), or begin again at every character.
"""

import ast
import importlib
import pkgutil
import re
from collections.abc import Mapping
from pathlib import Path

import reviewlore
from reviewlore.domain.late import LatePattern

ANCHORED = ("match", "fullmatch")
MANY = 10  # a repetition that may go on longer than this can be filled
PREFERRED = " a0-._/\"'`\\\t\n*<[({@:"
PARSER = re._parser  # the parser that `re` itself uses; nothing public takes an expression apart


def find_expressions():
    """Return {(text, flags): (where it was found, how it is used)} of all that reviewlore compiles or hands to `re`."""
    found = {}
    for info in pkgutil.walk_packages(reviewlore.__path__, "reviewlore."):
        if info.name.endswith("__main__"):
            continue
        module = importlib.import_module(info.name)
        tree = ast.parse(Path(module.__file__).read_text())
        for name, value in vars(module).items():
            for pattern in patterns_in(value):
                add(found, (pattern.pattern, pattern.flags), f"{info.name}.{name}", uses_of(tree, name))
        for node in ast.walk(tree):
            if text := handed_to_re(node):
                uses = {node.func.attr} & set(ANCHORED) or {"finditer"}
                add(found, (text, re.compile(text).flags), f"{info.name}:{node.lineno}", uses)
    return found


def add(found, expression, where, uses):
    """Note an expression; one that stands in several places is used in all their ways."""
    known = found.get(expression, (where, set()))
    found[expression] = (known[0], known[1] | uses)


def uses_of(tree, name):
    """Return which of match, fullmatch and finditer (for all that search) a module does with what has a name."""
    called, others = set(), 0
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == name:
            called.add(node.attr if node.attr in ANCHORED else "finditer")
            others -= 1
        elif isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            others += 1
    # What is handed on, or imported by another module, may be used in any way.
    return called if called and not others and name.startswith("_") else {*ANCHORED, "finditer"}


def patterns_in(value, depth=3):
    """Yield the compiled expressions in a value, also within collections and records."""
    if isinstance(value, re.Pattern):
        if isinstance(value.pattern, str):
            yield value
    elif isinstance(value, LatePattern):
        yield value._compiled
    elif depth and isinstance(value, Mapping):
        for part in [*value, *value.values()]:
            yield from patterns_in(part, depth - 1)
    elif depth and isinstance(value, tuple | list | set | frozenset):
        for part in value:
            yield from patterns_in(part, depth - 1)
    elif (
        depth and not isinstance(value, type) and hasattr(value, "__slots__") and hasattr(value, "__dataclass_fields__")
    ):
        for name in value.__dataclass_fields__:
            part = getattr(value, name)
            is_expression = isinstance(part, str) and name == "pattern"
            yield from patterns_in(re.compile(part) if is_expression else part, depth - 1)


def handed_to_re(node):
    """Return the constant expression of a call such as `re.sub("a+", ...)`, else an empty text."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
        return ""
    module, first = node.func.value, node.args[0]
    is_re = isinstance(module, ast.Name) and module.id == "re" and node.func.attr not in {"escape", "compile"}
    return first.value if is_re and isinstance(first, ast.Constant) and isinstance(first.value, str) else ""


def make_attacks(text, flags):
    """Return (before, filling, after): `before + filling * n + after` keeps an expression busy that goes back."""
    tree = PARSER.parse(text, flags)
    attacks = {}
    for before, filling in repeats(tree, flags):
        for after in ("\x00", "\n"):
            attacks[before, filling, after] = None
        attacks["", before + filling, "\x00"] = None
    whole = sample(tree, flags)
    attacks["", whole, "\x00"] = None
    for cut in range(1, min(len(whole), 6)):
        attacks["", whole[:cut], "\x00"] = None
    return [attack for attack in attacks if attack[1]]


def repeats(items, flags, before=""):
    """Yield (a text that leads there, a text that fills it) for each repetition that can be long, outermost first."""
    for operator, argument in items:
        name = str(operator)
        if name in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}:
            _, most, body = argument
            if most > MANY:
                for choice in range(3):
                    if filling := sample(body, flags, choice):
                        yield before, filling
            yield from repeats(body, flags, before)
        elif name == "BRANCH":
            for branch in argument[1]:
                yield from repeats(branch, flags, before)
        elif name == "SUBPATTERN":
            yield from repeats(argument[3], flags, before)
        elif name == "ATOMIC_GROUP":
            yield from repeats(argument, flags, before)
        elif name in {"ASSERT", "ASSERT_NOT"}:
            yield from repeats(argument[1], flags, before)
        before += sample([(operator, argument)], flags)


def sample(items, flags, choice=0):
    """Return a text that the items of an expression match, most of the time; `choice` takes other characters."""
    parts, groups = [], {}
    for operator, argument in items:
        name = str(operator)
        if name == "LITERAL":
            parts.append(chr(argument))
        elif name in {"NOT_LITERAL", "ANY", "IN"}:
            parts.append(one_of(operator, argument, flags, choice))
        elif name == "BRANCH":
            parts.append(sample(argument[1][choice % len(argument[1])], flags, choice))
        elif name == "SUBPATTERN":
            groups[argument[0]] = sample(argument[3], flags, choice)
            parts.append(groups[argument[0]])
        elif name == "ATOMIC_GROUP":
            parts.append(sample(argument, flags, choice))
        elif name in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}:
            parts.append(sample(argument[2], flags, choice) * min(max(argument[0], 1), 50))
        elif name == "GROUPREF":
            parts.append(groups.get(argument, ""))
    return "".join(parts)


def one_of(operator, argument, flags, choice):
    """Return a character that a set matches."""
    expression = PARSER.SubPattern(PARSER.State(), [(operator, argument)])
    expression.state.flags = flags
    compiled = re._compiler.compile(expression, flags & ~re.DEBUG)
    fitting = [character for character in PREFERRED if compiled.match(character)]
    fitting = fitting or [chr(code) for code in range(0x3000) if compiled.match(chr(code))][:4] or [""]
    return fitting[choice % len(fitting)]


def apply(compiled, uses, text):
    """Do with a text what reviewlore does with it."""
    for use in sorted(uses):
        if use == "finditer":
            for _ in compiled.finditer(text):
                pass
        else:
            getattr(compiled, use)(text)
