"""An expression that is compiled late does what one that was compiled at once does, and every one of ours compiles."""

import pkgutil
import re
from importlib import import_module

import pytest

import reviewlore
from reviewlore.domain.late import LatePattern

PURE = ("domain", "stages", "architecture", "ranking", "formats")


@pytest.mark.parametrize("method", ["match", "fullmatch", "search", "finditer"])
@pytest.mark.parametrize("span", [(), (1,), (1, 4), (0, 2)])
def test_it_finds_what_a_compiled_one_finds(method, span):
    late, compiled = LatePattern("^B|b+", re.IGNORECASE), re.compile("^B|b+", re.IGNORECASE)

    def places(found):
        return [match.span() for match in found] if method == "finditer" else found and found.span()

    for text in ("", "bb", "abBba", "xyz"):
        assert places(getattr(late, method)(text, *span)) == places(getattr(compiled, method)(text, *span))


def test_nothing_is_compiled_before_first_use():
    late = LatePattern("(")
    with pytest.raises(re.error):
        late.search("a")


def test_every_late_expression_compiles():
    names = [
        module.name
        for part in PURE
        for module in pkgutil.walk_packages([f"{reviewlore.__path__[0]}/{part}"], f"reviewlore.{part}.")
    ]
    found = [each for name in names for each in vars(import_module(name)).values() if isinstance(each, LatePattern)]
    assert len(found) > 50
    for pattern in found:
        pattern.search("")
