"""What manifests say of who fetches a package is told to nobody."""

import json

import pytest

from reviewlore.formats.manifests import parse_manifests

SECRET = "hunter2hunter2"


@pytest.mark.parametrize(
    ("path", "text", "asked"),
    [
        (
            "package.json",
            json.dumps({"name": "a", "dependencies": {"x": f"git+https://bot:{SECRET}@git.example.org/o/r#v1"}}),
            "git+https://git.example.org/o/r#v1",
        ),
        ("package.json", '{"dependencies": {"x": "git+ssh://git@example.org/o/r"}}', "git+ssh://git@example.org/o/r"),
        ("requirements.txt", f"x @ git+https://{SECRET}@example.org/o/x\n", "git+https://example.org/o/x"),
        ("requirements.txt", f"-e git+https://{SECRET}@example.org/x#egg=x\n", "git+https://example.org/x#egg=x"),
        (
            "pyproject.toml",
            f'[project]\nname = "a"\ndependencies = ["x @ https://u:{SECRET}@example.org/x.whl"]\n',
            "https://example.org/x.whl",
        ),
        ("Pipfile", f'[packages]\nx = {{git = "https://{SECRET}@example.org/x"}}\n', "https://example.org/x"),
        ("Cargo.toml", f'[dependencies]\nx = {{ git = "https://{SECRET}@example.org/x" }}\n', "https://example.org/x"),
        (
            "setup.cfg",
            f"[options]\ninstall_requires =\n  x @ https://{SECRET}@example.org/x\n",
            "https://example.org/x",
        ),
        ("package.json", '{"dependencies": {"x": "npm:@types/x@^1.2.0"}}', "npm:@types/x@^1.2.0"),
    ],
)
def test_credentials_of_an_address_are_left_out(path: str, text: str, asked: str) -> None:
    (found,) = parse_manifests({path: text})
    assert [entry.requirement for entry in found.dependencies] == [asked]
    assert SECRET not in repr(found)


def test_what_could_not_be_read_is_told_without_them() -> None:
    (found,) = parse_manifests({"setup.cfg": f"[options]\ninstall_requires =\n  ?? https://{SECRET}@example.org/x\n"})
    assert "example.org" in found.problem
    assert SECRET not in found.problem
