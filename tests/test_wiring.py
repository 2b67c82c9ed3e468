"""What the composition root keeps on this machine."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.repositories import commit, make_repository

from reviewlore.adapters.console import QuietConsole
from reviewlore.errors import ConfigError, StorageError
from reviewlore.wiring import Workshop
from reviewlore.wiring_secrets import KEY_VARIABLE


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    folder = make_repository(tmp_path / "repo")
    commit(folder, {"a": "1"})
    return Workshop(folder, QuietConsole())


def test_the_key_for_pseudonyms_is_made_once(workshop: Workshop) -> None:
    first = workshop.pseudonym_key()
    assert len(first) == 64
    assert workshop.pseudonym_key() == first


@pytest.mark.parametrize("left", [b"", b"abc"])
def test_a_key_that_was_cut_off_is_not_used(workshop: Workshop, left: bytes) -> None:
    (workshop.repo.git_dir / "reviewlore-pseudonym.key").write_bytes(left)
    with pytest.raises(StorageError, match=f"is cut off \\({len(left)} of 64"):
        workshop.pseudonym_key()


@pytest.mark.parametrize(("given", "length"), [("another", 7), ("k" * 31, 31), ("\u00e9" * 15, 30)])
def test_a_given_key_that_could_be_guessed_is_refused(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, given: str, length: int
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, given)
    with pytest.raises(ConfigError, match=f"^{KEY_VARIABLE} has {length} bytes; .* a key of 32 or more"):
        workshop.pseudonym_key()
    monkeypatch.setenv(KEY_VARIABLE, "\udcff" * 32)
    assert workshop.pseudonym_key() == b"\xff" * 32
    monkeypatch.setenv(KEY_VARIABLE, "k" * 32)
    assert workshop.pseudonym_key() == b"k" * 32


def test_a_full_disk_leaves_no_half_key(workshop: Workshop) -> None:
    script = (
        "import resource,signal,sys;signal.signal(signal.SIGXFSZ,signal.SIG_IGN)\n"
        "from pathlib import Path;from reviewlore.adapters.console import QuietConsole\n"
        "from reviewlore.wiring import Workshop;from reviewlore.errors import StorageError\n"
        "workshop=Workshop(Path(sys.argv[1]),QuietConsole());workshop.repo\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE,(10,10))\n"
        "try: workshop.pseudonym_key()\n"
        "except StorageError as error: sys.stdout.write('SENTENCE')\n"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", script, str(workshop.path)], capture_output=True, text=True, check=False
    )
    assert done.stdout == "SENTENCE", done.stderr
    assert not (workshop.repo.git_dir / "reviewlore-pseudonym.key").exists()
    assert len(workshop.pseudonym_key()) == 64
