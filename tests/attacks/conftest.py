"""A hostile pull request for each test of this folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.attacks.rig import Rig, open_rig


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with open_rig(tmp_path) as running:
        yield running
