import pytest

from reviewlore.domain.paths import climb


@pytest.mark.parametrize(
    ("folder", "relative", "found"),
    [
        ("a/b", "c.go", "a/b/c.go"),
        ("a/b", "../c", "a/c"),
        ("a/b", "./.././c//d/", "a/c/d"),
        ("", "c", "c"),
        ("a", "..", ""),
        ("a", "../..", None),
        ("", "../a", None),
    ],
)
def test_a_relative_path_stays_inside_the_repository_or_leads_nowhere(
    folder: str, relative: str, found: str | None
) -> None:
    assert climb(folder, relative) == found
