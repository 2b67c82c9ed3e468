"""What all tests share: nothing but the time they take."""

import gc
import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

# The suite is bounded in time; `pytest --hypothesis-profile=thorough` looks further.
settings.register_profile("suite", max_examples=40, deadline=None)
settings.register_profile("thorough", max_examples=1_000, deadline=None)
settings.load_profile("suite")

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
