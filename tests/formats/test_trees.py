from hypothesis import given
from hypothesis import strategies as st

from reviewlore.domain.source import SourceFile
from reviewlore.domain.trees import Listing, Step
from reviewlore.formats.trees import parse_listing, parse_steps

ONE, TWO, BLOB = "1" * 40, "2" * 40, "b" * 40
NONE = "0" * 40


def row(mode: str, blob: str, status: str) -> bytes:
    return f":000000 {mode} {NONE} {blob} {status}".encode()


def test_a_listing_tells_files_links_and_submodules_apart() -> None:
    data = b"".join(
        f"{mode} {kind} {BLOB}\t".encode() + path + b"\0"
        for mode, kind, path in (
            ("100644", "blob", b"a b.py"),
            ("100755", "blob", b"run\xff"),
            ("120000", "blob", b"link"),
            ("160000", "commit", b"sub"),
        )
    )
    files = (SourceFile("a b.py", BLOB), SourceFile("run\udcff", BLOB))
    assert parse_listing(data) == Listing(files, ("link",), ("sub",))
    assert parse_listing(b"") == Listing()


def test_steps_come_with_their_parents_and_changes() -> None:
    tokens = [
        b"", ONE.encode() + b" ", b"\n" + row("100644", BLOB, "A"), b"a.py", row("120000", BLOB, "A"), b"l", b"",
        f"{TWO} {ONE}".encode(), b"\n" + row("000000", NONE, "D"), b"a.py", b"",
        f"{'3' * 40} {ONE} {TWO}".encode(), b"",
    ]  # fmt: skip
    assert list(parse_steps(tokens)) == [
        Step(ONE, (), (("a.py", BLOB), ("l", None))),
        Step(TWO, (ONE,), (("a.py", None),)),
        Step("3" * 40, (ONE, TWO), ()),
    ]


def test_a_path_that_looks_like_a_commit_or_a_row_is_a_path() -> None:
    odd = row("100644", BLOB, "A")
    tokens = [ONE.encode(), b"\n" + row("100644", BLOB, "A"), TWO.encode(), row("100644", BLOB, "A"), odd]
    assert list(parse_steps(tokens)) == [Step(ONE, (), ((TWO, BLOB), (odd.decode(), BLOB)))]


@given(st.lists(st.binary(max_size=60).filter(lambda token: not token.lstrip(b"\n").startswith(b":"))))
def test_other_tokens_are_no_steps(tokens: list[bytes]) -> None:
    assert all(step.changes == () for step in parse_steps(tokens))
