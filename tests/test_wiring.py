"""What the composition root keeps on this machine."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.repositories import commit, make_repository

from reviewlore.adapters.console import QuietConsole
from reviewlore.domain.retrieval import Passage, Passages, Scope
from reviewlore.errors import ConfigError, StorageError
from reviewlore.wiring import Workshop
from reviewlore.wiring_secrets import (
    BASES_VARIABLE,
    KEY_VARIABLE,
    MODEL_ADDRESS_VARIABLE,
    MODEL_KEY_VARIABLE,
    job_environment,
)


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


def model_workshop(tmp_path: Path, text: str) -> Workshop:
    folder = make_repository(tmp_path / "repo")
    commit(folder, {".reviewlore.toml": text})
    return Workshop(folder, QuietConsole())


def test_without_settings_there_is_no_generator(workshop: Workshop) -> None:
    context = workshop.review_context()
    assert context.writing is None
    assert context.notes == ()


@pytest.mark.parametrize(
    ("address", "key", "note"),
    [
        ("http://127.0.0.1:8000/v1", "", ()),
        ("http://[::1]:8000/v1", "", ()),
        ("https://models.example/v1", "k", ()),
        ("http://models.example/v1", "", ("the code can be read on the way",)),
        ("http://models.example/v1", "k", ("the key and the code can be read on the way",)),
    ],
)
def test_the_generator_of_the_settings_is_opened_and_exposure_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, key: str, note: tuple[str, ...]
) -> None:
    monkeypatch.setenv(MODEL_KEY_VARIABLE, key)
    found = model_workshop(tmp_path, f'[model]\nkind = "openai"\naddress = "{address}"\nname = "small"\n')
    context = found.review_context()
    assert context.writing is not None
    assert (context.writing.generator.model, context.writing.tier) == ("small", "prompt")
    assert len(context.notes) == len(note)
    assert all(part in said for part, said in zip(note, context.notes, strict=True))


@pytest.mark.parametrize(
    ("address", "asked"), [("https://models.example/v1", True), ("https://evil.example/v1", False)]
)
def test_a_machine_s_key_goes_to_the_address_it_is_for_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, asked: bool
) -> None:
    monkeypatch.setenv(MODEL_KEY_VARIABLE, "k")
    monkeypatch.setenv(MODEL_ADDRESS_VARIABLE, "https://models.example/v1/")
    found = model_workshop(tmp_path, f'[model]\nkind = "openai"\naddress = "{address}"\nname = "small"\n')
    context = found.review_context()
    assert (context.writing is not None) == asked
    assert asked or "is not the one that this machine's key is for" in context.notes[0]


def test_a_job_of_the_app_gets_no_key_that_is_for_anybody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MODEL_KEY_VARIABLE, "k")
    monkeypatch.delenv(MODEL_ADDRESS_VARIABLE, raising=False)
    with pytest.raises(ConfigError, match="Say which one the key is for"):
        job_environment(b"p" * 64)
    monkeypatch.setenv(MODEL_ADDRESS_VARIABLE, "https://models.example/v1")
    assert {MODEL_KEY_VARIABLE, MODEL_ADDRESS_VARIABLE} <= job_environment(b"p" * 64).keys()


def test_a_model_of_this_machine_needs_a_folder_or_a_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    monkeypatch.delenv(BASES_VARIABLE, raising=False)
    settings = '[model]\nkind = "transformers"\nname = "somebody/small"\n'
    unnamed = model_workshop(tmp_path, settings)
    context = unnamed.review_context()
    assert context.writing is None
    assert context.notes == ("No model writes: neither a folder nor a revision of somebody/small is named.",)
    monkeypatch.setenv(BASES_VARIABLE, f"somebody/small={tmp_path}")
    named = Workshop(unnamed.path, QuietConsole())
    writing = named.review_context().writing
    assert writing is not None
    assert writing.generator.model == "somebody/small"


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "sm\u00f6rg"])
def test_a_key_no_header_can_hold_is_refused_without_showing_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv(MODEL_KEY_VARIABLE, key)
    found = model_workshop(tmp_path, '[model]\nkind = "openai"\naddress = "http://127.0.0.1:1/v1"\nname = "small"\n')
    with pytest.raises(ConfigError, match=MODEL_KEY_VARIABLE) as error:
        found.review_context()
    assert key not in str(error.value)


@pytest.mark.parametrize(
    "address",
    ["", "ftp://h/v1", "http://u:p@h/v1", "http://h:99999/v1", "http://h/v1?x=1", "http://h h", "http://:80/v1"],
)
def test_an_address_that_is_none_is_refused(tmp_path: Path, address: str) -> None:
    found = model_workshop(tmp_path, f'[model]\nkind = "openai"\naddress = "{address}"\nname = "small"\n')
    with pytest.raises(ConfigError, match=r"model\.address must be the base"):
        found.review_context()


def test_an_embedding_model_is_a_folder_that_the_machine_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_repository(tmp_path / "embedding")
    commit(folder, {".reviewlore.toml": '[model]\nembedding = "acme/small"\n'})
    monkeypatch.delenv(BASES_VARIABLE, raising=False)
    assert Workshop(folder, QuietConsole()).review_context().notes == (
        "The embedding model acme/small is not on this machine; precedents are found by words alone. "
        f"Name its folder in {BASES_VARIABLE}.",
    )
    monkeypatch.setenv(BASES_VARIABLE, f"acme/small={tmp_path / 'model'}")
    context = Workshop(folder, QuietConsole()).review_context()
    index = context.make_index()
    assert context.notes == ()
    passages = (Passage("rule", "r1", "", "the crane", "a"), Passage("rule", "r2", "", "a crane", "b"))
    index.update({"rules.toml": "1"}, lambda _: Passages(passages))
    assert len(index.search("crane", 2, Scope())) == 2
    assert index.notes[0].startswith(f"The embedding model in {tmp_path / 'model'} is not used (it has no config.json)")
