import os
from pathlib import Path

import pytest

from reviewlore.adapters.artefact import read_artefact, refuse_in_checkout
from reviewlore.errors import InputError


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "download").mkdir()
    return tmp_path / "download"


def test_a_file_is_read_by_its_name_or_as_the_only_one_of_its_folder(folder):
    (folder / "any-name.json").write_bytes(b"{}")
    assert read_artefact(str(folder), 2) == b"{}"
    assert read_artefact(str(folder / "any-name.json"), 2) == b"{}"


def test_where_nothing_was_downloaded_there_is_none(folder):
    assert read_artefact("", 10) is None
    assert read_artefact(str(folder / "missing"), 10) is None


def test_several_files_or_none_are_refused(folder):
    with pytest.raises(InputError, match="is not one file"):
        read_artefact(str(folder), 10)
    for name in ("a", "b"):
        (folder / name).write_bytes(b"{}")
    with pytest.raises(InputError, match="is not one file"):
        read_artefact(str(folder), 10)


def test_more_than_is_allowed_is_refused(folder):
    (folder / "a").write_bytes(b"x" * 11)
    with pytest.raises(InputError, match="more than 10 bytes"):
        read_artefact(str(folder), 10)


def test_no_link_is_followed(folder, tmp_path):
    """Attack 4: what is read is shown to whoever reads the review."""
    secret = tmp_path / "secret"
    secret.write_text("token")
    (folder / "a.json").symlink_to(secret)
    link = tmp_path / "link"
    link.symlink_to(folder)
    for path in (folder, folder / "a.json", link):
        with pytest.raises(InputError, match="no plain file"):
            read_artefact(str(path), 100)


def test_a_pipe_or_a_device_stops_nothing(folder):
    os.mkfifo(folder / "pipe")
    for path in (folder, folder / "pipe", Path("/dev/zero")):
        with pytest.raises(InputError, match="no plain file"):
            read_artefact(str(path), 100)


def test_a_folder_in_the_folder_is_no_file(folder):
    (folder / "deeper").mkdir()
    with pytest.raises(InputError, match="no plain file"):
        read_artefact(str(folder), 100)


def test_an_artefact_over_the_checkout_is_refused_before_git_reads_it(tmp_path):
    checkout, beside = tmp_path / "work/demo", tmp_path / "temp/artefact"
    for path in (checkout, beside):
        path.mkdir(parents=True)
        (path / "a.json").write_text("{}")
    for path in (checkout, checkout / "a.json", tmp_path / "work", f"{checkout}/../demo"):
        with pytest.raises(InputError, match="was unpacked over the checkout"):
            refuse_in_checkout(str(path), checkout)
    for path in (beside, beside / "a.json", "", tmp_path / "missing"):
        refuse_in_checkout(str(path), checkout)
