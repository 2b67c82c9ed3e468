"""What was read of one file is used for others that say the same: never seen in what comes out."""

from hypothesis import given
from hypothesis import strategies as st

from reviewlore.adapters.grammars.parts import Memory, Part
from reviewlore.adapters.grammars.python import PythonGrammar
from reviewlore.domain.source import Call, Definition, ImportedName, ImportStatement, Raised

PIECES = (
    "import os, a.b as c\n",
    "from .x import (y,\n    z as z)\n",
    "if TYPE_CHECKING:\n    import q\n",
    "try:\n    import fast\nexcept ImportError:\n    fast = None\n",
    '"""Words that stand alone.\n\nMore."""\n',
    "# A comment\n\n\n",
    "a = b = make(1, k=2)\n",
    "run(); b = run2(*args)\n",
    "__all__ = ['f', '_g']\n",
    "@deco(1)\ndef f(a, /, b=1, *, c: int = g()):\n    '''Say.'''\n    if a and b or c:\n        raise E(f(a))\n",
    "def _g():\n    import lazy\n    return _g()\n",
    "class C(Base):\n    x = 1\n    def m(self):\n        '''Do.'''\n        return self.m()\n    class D: pass\n",
    "def broken(:\n",
    "x = (\n",
    "\\\n",
    "    indented()\n",
)
REMEMBERING, FORGETFUL = PythonGrammar(), PythonGrammar(Memory(most_bytes=0))
texts = st.lists(st.sampled_from(PIECES), max_size=8).map("".join)
PART = Part(
    3,
    (ImportStatement("a", 0, (ImportedName("b", 5, "c"),), 4, "lazy", True),),
    (Definition("method", "f", 4, 6, "C", ("self",), True, True, 5, False, True, ("B",), ("d",), 2, 1, (7,), "numpy"),),
    frozenset({"x"}),
    ((4, 5),),
    (Call("f", 6, 1, ("k",), True, "x"),),
    (Raised("E", 6),),
    12,
)  # fmt: skip


@given(st.lists(texts, min_size=1, max_size=6))
def test_a_file_says_the_same_whatever_was_read_before_it(files: list[str]) -> None:
    for text in files:
        source = text.encode()
        assert REMEMBERING.parse("x.py", source) == FORGETFUL.parse("x.py", source)


def test_what_a_file_offers_decides_what_is_public_in_parts_that_others_have_too() -> None:
    grammar = PythonGrammar()
    text = b"def _g(): pass\nfrom a import b\n"
    plain, offering = grammar.parse("x.py", text), grammar.parse("x.py", text + b"__all__ = ['_g', 'b']\n")
    assert plain is not None and offering is not None
    assert (plain.definitions[0].public, offering.definitions[0].public) == (False, True)
    assert (plain.imports[0].reexported, offering.imports[0].reexported) == (False, True)


def test_all_lines_of_a_part_move_with_it() -> None:
    memory = Memory()
    memory.put("key", 10, PART)
    found = memory.get("key", 13)
    assert found == Part(
        13,
        (ImportStatement("a", 0, (ImportedName("b", 15, "c"),), 14, "lazy", True),),
        (Definition("method", "f", 14, 16, "C", ("self",), True, True, 15, False, True, ("B",), ("d",), 2, 1, (7,),
                    "numpy"),),
        frozenset({"x"}),
        ((14, 15),),
        (Call("f", 16, 1, ("k",), True, "x"),),
        (Raised("E", 16),),
        12,
    )  # fmt: skip
    assert memory.get("key", 13) is found
    assert memory.get("key", 3) == PART


def test_parts_not_asked_for_longest_are_forgotten() -> None:
    memory = Memory(most_bytes=20)
    memory.put("one", 10, PART)
    memory.put("two", 10, PART)
    assert memory.get("one", 3) is PART
    memory.put("three", 10, PART)
    assert [memory.get(key, 3) is None for key in ("one", "two", "three")] == [False, True, False]
    memory.put("larger than all", 21, PART)
    assert memory.get("larger than all", 3) is None
