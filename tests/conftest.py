"""What all tests share: nothing but the time they take."""

import gc
import sys
from collections.abc import Iterator

import pytest

_MANY = 200  # modules: what a library brings
_settled = [0]


@pytest.fixture(autouse=True)
def settled_imports() -> Iterator[None]:
    """Keep the garbage collector off what large libraries made when they were imported, which stays anyway.

    Every training has it walk through all of that several times (accelerate frees memory so): two thirds of the time
    of a small one.
    """
    if len(sys.modules) > _settled[0] + _MANY:
        gc.collect()
        gc.freeze()
        _settled[0] = len(sys.modules)
    yield
