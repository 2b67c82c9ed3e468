"""The fixture `stage`, for every test that runs the real workflows."""

import pytest
from tests.action.stage import ACT, BASE, CHANGE, ROOT, TRAPS, Stage
from tests.github.fake import start_fake


@pytest.fixture
def stage(tmp_path):
    if not ACT.exists():
        pytest.skip("act is not installed; pip install '.[test]' brings it")
    with start_fake() as fake:
        fake.add_repo("octo/demo", tmp_path / "server/octo/demo.git")
        for login, role in (("maria", "maintain"), ("wim", "write"), ("ravi", "read")):
            fake.set_role("octo/demo", login, role)
        fake.repos["octo/demo"].workflows.add("learn.yml")
        own = {path: (ROOT / path).read_text() for path in ("action.yml",)}
        own |= {f".github/workflows/{path.name}": path.read_text() for path in (ROOT / ".github/workflows").iterdir()}
        start = fake.commit("octo/demo", "main", BASE | own, "Start")
        traps = {name: text.replace("/TRAP", str(tmp_path / "trap")) for name, text in TRAPS.items()}
        head = fake.commit("octo/demo", "feat", CHANGE | traps, 'Ship "; touch x #`touch y`', parent=start)
        fake.open_pull("octo/demo", "main", "feat", "${{ github.token }} \"; echo '\n::error::x", login="alice")
        yield Stage(fake, tmp_path, head)
    assert not (tmp_path / "trap").exists(), "code of the pull request was executed"
