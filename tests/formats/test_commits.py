from hypothesis import given
from hypothesis import strategies as st

from reviewlore.domain.architecture import Change, Landed
from reviewlore.formats.commits import hash_address, parse_history, parse_mainline

NO_NUL = st.text(st.characters(blacklist_characters="\0", blacklist_categories=("Cs",)))
PATHS = st.lists(NO_NUL.filter(bool), max_size=3)
ID = "a" * 40


@given(st.lists(st.tuples(NO_NUL, PATHS), max_size=4))
def test_any_subject_and_any_path_come_back(commits: list[tuple[str, list[str]]]) -> None:
    printed = b"\0".join(
        f"\0{ID} 7 x@example.org\0.{subject}\0".encode()
        + (b"\n" + b"".join(f"{path}\0".encode() for path in paths) if paths else b"")
        for subject, paths in commits
    ).replace(b"\0\0\0", b"\0\0")
    author = hash_address("x@example.org")
    expected = tuple(Change(ID, 7, subject, tuple(paths), author) for subject, paths in commits)
    assert parse_history(printed) == expected


@given(st.lists(st.tuples(NO_NUL, NO_NUL), max_size=4))
def test_any_message_comes_back(commits: list[tuple[str, str]]) -> None:
    printed = b"\0".join(f"{ID} 7 \0.{subject}\0.{body}".encode() for subject, body in commits)
    expected = tuple(Landed(ID, 7, subject, body.strip(), "") for subject, body in commits)
    assert parse_mainline(printed) == expected


def test_addresses_become_hashes_that_ignore_case() -> None:
    assert hash_address("A@Example.org ") == hash_address("a@example.org") != hash_address("b@example.org")
    assert len(hash_address("a@example.org")) == 16
    assert hash_address("") == hash_address("1+renovate[bot]@users.noreply.github.com") == ""
