import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewlore.architecture.contracts import breaks
from reviewlore.domain.architecture import Layer
from reviewlore.formats.contracts_importlinter import is_contract_file, parse_contracts

INI = """
[importlinter]
root_package = app
exclude_type_checking_imports = True

[importlinter:contract:layers]
name = One way
type = layers
containers =
    app
    other
layers =
    cli | webhook
    (wiring)  # may be missing
    a : b
    domain
ignore_imports =
    app.domain.* -> app.cli
    app.a.** -> app.cli.main

[importlinter:contract:apart]
name = Apart
type = independence
modules =
    app.x
    app.y

[importlinter:contract:no-torch]
name = Light
type = forbidden
source_modules = app
forbidden_modules =
    torch
"""

TOML = """
[tool.importlinter]
root_package = "app"

[[tool.importlinter.contracts]]
name = "One way"
type = "layers"
layers = ["app.api", "app.services | app.jobs", "app.domain"]

[[tool.importlinter.contracts]]
name = "Round"
type = "acyclic_siblings"
"""


def test_reads_import_linters_ini() -> None:
    contracts, notes = parse_contracts({".importlinter": INI})
    assert [(contract.kind, contract.name, contract.origin) for contract in contracts] == [
        ("layers", "One way", ".importlinter"),
        ("layers", "One way", ".importlinter"),
        ("independence", "Apart", ".importlinter"),
        ("forbidden", "Light", ".importlinter"),
    ]
    assert contracts[0].layers == (
        Layer(("app.cli", "app.webhook"), independent=True),
        Layer(("app.wiring",)),
        Layer(("app.a", "app.b")),
        Layer(("app.domain",)),
    )
    assert contracts[0].ignored == (("app.domain.*", "app.cli"), ("app.a.**", "app.cli.main"))
    assert contracts[0].ignore_type_only
    assert notes == ()


def test_reads_import_linters_toml_and_names_what_it_does_not_judge() -> None:
    contracts, notes = parse_contracts({"pyproject.toml": TOML})
    assert [contract.name for contract in contracts] == ["One way"]
    assert notes == ("pyproject.toml: the contract 'Round' is of type 'acyclic_siblings', which is not checked here.",)


def test_the_first_file_with_contracts_wins_and_empty_ones_do_not_count() -> None:
    contracts, _ = parse_contracts(
        {"pyproject.toml": "[tool.ruff]\n", "setup.cfg": "[metadata]\n", ".importlinter": INI}
    )
    assert contracts[0].origin == ".importlinter"
    assert parse_contracts({"pyproject.toml": "[tool.ruff]\n"}) == ((), ())


@pytest.mark.parametrize(
    ("name", "text"),
    [(".importlinter", "layers = x"), ("pyproject.toml", "[tool"), ("setup.cfg", "[a]\nb = 1\n  c\nd")],
)
def test_a_file_that_cannot_be_read_is_a_note(name: str, text: str) -> None:
    contracts, notes = parse_contracts({name: text})
    assert contracts == ()
    assert len(notes) == 1
    assert notes[0].startswith(f"{name} cannot be read, so its import contracts are not checked: ")


@pytest.mark.parametrize("text", ["tool = 3", "[tool]\nimportlinter = 3", "[tool.importlinter]\ncontracts = [1]"])
def test_toml_of_another_shape_has_no_contracts(text: str) -> None:
    assert parse_contracts({"pyproject.toml": text}) == ((), ())


@pytest.mark.parametrize(
    ("importer", "imported", "expected"),
    [
        ("app.domain.user", "app.cli.main", "`app.domain` is declared below `app.cli`"),
        ("app.cli.main", "app.webhook", "`app.cli` and `app.webhook` share a layer and must not know each other"),
        ("app.cli.main", "app.domain", None),
        ("app.a.x", "app.b", None),
        ("app.domain.x", "app.domain.y", None),
        ("app.domain.x", "app.cli", None),
        ("app.a.deep.er", "app.cli.main", None),
        ("app.a", "app.cli.main", "`app.a` is declared below `app.cli`"),
        ("app.elsewhere", "app.cli", None),
        ("app.domainlike", "app.cli", None),
    ],
)
def test_layers_are_judged_by_place(importer: str, imported: str, expected: str | None) -> None:
    assert breaks(parse_contracts({".importlinter": INI})[0][0], importer, imported) == expected


def judged(text: str, importer: str, imported: str, modules: tuple[str, ...] = ()) -> list[str]:
    contracts, _ = parse_contracts({".importlinter": f"[importlinter]\nroot_package = app\n{text}"}, modules)
    return [reason for contract in contracts if (reason := breaks(contract, importer, imported))]


def test_files_of_contracts() -> None:
    names = [".importlinter", "setup.cfg", "pyproject.toml", "importlinter.ini", "a/b/.importlinter"]
    assert all(is_contract_file(name) for name in names)
    assert not any(is_contract_file(name) for name in ("a.cfg", "importlinter", "x.importlinter", "Cargo.toml"))


def test_each_folder_has_contracts_of_its_own() -> None:
    contracts, notes = parse_contracts(
        {"a/.importlinter": INI, "a/pyproject.toml": TOML, "b/pyproject.toml": TOML, "c/pyproject.toml": "[tool"}
    )
    assert [contract.origin for contract in contracts] == ["a/.importlinter"] * 4 + ["b/pyproject.toml"]
    assert len(notes) == 1


@pytest.mark.parametrize(
    ("importer", "imported", "count"),
    [
        ("app.one.low.x", "app.one.high", 1),
        ("app.two.low", "app.two.high.x", 1),
        ("app.one.low", "app.two.high", 0),
        ("app.one.high", "app.one.low", 0),
        ("app.three.low", "app.three.high", 0),
    ],
)
def test_containers_with_wildcards_stand_for_what_is_there(importer: str, imported: str, count: int) -> None:
    text = "[importlinter:contract:a]\nname = n\ntype = layers\ncontainers = app.*\nlayers =\n  high\n  low\n"
    assert len(judged(text, importer, imported, ("app.one.low.x", "app.two", "other.three.x"))) == count


@pytest.mark.parametrize(
    ("importer", "imported", "count"),
    [
        ("app.commands.a", "app.commands.b.c", 1),
        ("app.commands.a.x", "app.commands.a.y", 0),
        ("app.commands", "app.commands.a", 0),
    ],
)
def test_independent_modules_by_a_wildcard(importer: str, imported: str, count: int) -> None:
    text = "[importlinter:contract:a]\nname = n\ntype = independence\nmodules = app.commands.*\n"
    assert len(judged(text, importer, imported)) == count


@pytest.mark.parametrize(
    ("sources", "targets", "importer", "imported", "count"),
    [
        ("app", "app.secret", "app.a", "app.secret", 0),  # they overlap: not judged, as in import-linter
        ("app\n  app.a", "app.secret\n  torch", "app.a", "app.secret.x", 1),
        ("app\n  app.a", "app.secret\n  torch", "app.b", "app.secret.x", 0),
        ("app\n  app.a", "app.secret\n  torch", "app.b", "torch", 1),
        ("app.*", "app.secret", "app.a.b", "app.secret.x", 1),
        ("app.*", "app.secret", "app.secret.a", "app.secret.x", 0),
        ("app.a", "app.secret.*", "app.a", "app.secret", 0),
        ("app.a", "app.secret.*", "app.a", "app.secret.b.c", 1),
    ],
)
def test_forbidden_modules(sources: str, targets: str, importer: str, imported: str, count: int) -> None:
    text = (
        "[importlinter:contract:a]\nname = n\ntype = forbidden\n"
        f"source_modules =\n  {sources}\nforbidden_modules =\n  {targets}\n"
    )
    assert len(judged(text, importer, imported)) == count


@pytest.mark.parametrize(
    ("importer", "imported", "count"),
    [
        ("app.web", "app.db.models", 1),
        ("app.services.user", "app.db.models", 0),
        ("app.services", "app.db", 0),
        ("app.db.models", "app.db.tables", 0),
        ("app.db", "app.db.tables", 0),
        ("other.web", "app.db.models", 0),
        ("app.web", "app.services", 0),
    ],
)
def test_protected_modules(importer: str, imported: str, count: int) -> None:
    text = (
        "[importlinter:contract:a]\nname = n\ntype = protected\n"
        "protected_modules = app.db\nallowed_importers = app.services\n"
    )
    assert len(judged(text, importer, imported)) == count


def test_siblings_may_be_optional_independent_or_not() -> None:
    text = "[importlinter:contract:a]\nname = n\ntype = layers\nlayers =\n  (app.a) | app.b\n  app.c : (app.d)\n"
    (contract,), _ = parse_contracts({"setup.cfg": f"[importlinter]\nroot_package = app\n{text}"})
    assert contract.layers == (Layer(("app.a", "app.b"), independent=True), Layer(("app.c", "app.d")))


@pytest.mark.parametrize(
    ("options", "contracts", "note"),
    [
        ("type = forbidden\nas_packages = False\nsource_modules = a\nforbidden_modules = b", 0, "speaks of modules"),
        ("type = layers\ncontainers = a\nlayers = b\nexhaustive = True", 1, "whether 'n' lists every layer"),
        ("type = acyclic_siblings\nancestors = a", 0, "'acyclic_siblings'"),
        ("type = my.own", 0, "'my.own'"),
        ("modules = a", 0, "'unknown'"),
        ("type = independence\nmodules = a\nunmatched_ignore_imports_alerting = warn", 1, ""),
    ],
)
def test_what_is_not_judged_is_a_note(options: str, contracts: int, note: str) -> None:
    found, notes = parse_contracts(
        {".importlinter": f"[importlinter]\n[importlinter:contract:a]\nname = n\n{options}\n"}
    )
    assert len(found) == contracts
    assert (note in notes[0]) if note else notes == ()


def test_hostile_contracts_are_read_in_time() -> None:
    names = "\n".join(f"  a{number}.**.b" for number in range(50_000))
    started = time.perf_counter()
    for kind in ("layers", "forbidden", "independence", "protected"):
        text = (
            f"[importlinter]\nroot_package = a\n[importlinter:contract:a]\ntype = {kind}\ncontainers =\n  a\n{names}\n"
            f"layers =\n{names}\nsource_modules =\n{names}\nforbidden_modules =\n{names}\nmodules =\n{names}\n"
            f"protected_modules =\n{names}\nallowed_importers =\n{names}\n"
        )
        parse_contracts({".importlinter": text[:900_000]}, ("a.b.c",))
    parse_contracts({"pyproject.toml": "[" * 100_000, ".importlinter": "=" * 2_000_000})
    assert time.perf_counter() - started < 8


@given(
    st.lists(
        st.sampled_from(
            """[importlinter]|[importlinter:contract:a]|type = layers|type = forbidden|type = protected||layers =
containers = a.*|  a.**.*|  (a) | b : c|source_modules = a.*|protected_modules = a|forbidden_modules = **
ignore_imports =|  a -> b -> c|[[tool.importlinter.contracts]]| |%(a)s""".replace("\n", "|").split("|")
        ),
        max_size=25,
    ).map("\n".join)
    | st.text(max_size=80),
    st.sampled_from([".importlinter", "pyproject.toml", "a/setup.cfg"]),
)
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_and_judged(text: str, path: str) -> None:
    contracts, _ = parse_contracts({path: text}, ("a.b", "a.c.d"))
    for contract in contracts:
        assert contract.origin == path
        breaks(contract, "a.b.c", "a.c.d")
