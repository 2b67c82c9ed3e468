"""Strangers name files: no name may keep a review in shadow mode from being recorded, or read back."""

from dataclasses import replace
from pathlib import Path

from tests.records import a_finding, a_review
from tests.repositories import git

from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.store import GitStore
from reviewlore.domain.history import Anchor
from reviewlore.flows import state
from reviewlore.flows.shadow import record_shadow

NOW = "2026-11-20T10:00:00Z"


def test_a_name_that_is_no_utf8_is_recorded_in_escapes(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--bare", "state.git")
    store = GitStore(GitRepo(tmp_path / "state.git"), "refs/heads/reviewlore/state")
    names = ["caf\udce9\udcff.py", 'a\nb"\\.py', "\u202egpj.py"]
    findings = tuple(replace(a_finding(), id=f"{n:08x}", anchor=Anchor(name, 1)) for n, name in enumerate(names))
    told = record_shadow(store, replace(a_review(), findings=findings), "octo/shop", 1, NOW)
    assert told.endswith("3 remarks would have been, and that is recorded on the state branch.")
    one = record_shadow(store, replace(a_review(), findings=findings[:1]), "octo/shop", 2, NOW)
    assert one.endswith("; 1 remark would have been, and that is recorded on the state branch.")
    shadow, _ = state.read_shadows(store)
    assert sorted(each.path for each in shadow.findings) == sorted(["caf\\udce9\\udcff.py", *names[1:]])
