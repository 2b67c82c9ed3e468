import pytest
from tests.architecture.trees import map_of

from reviewlore.architecture.conventions import Convention, mine_conventions, style_of


@pytest.mark.parametrize(
    ("name", "style"),
    [
        ("parse_diff", "snake_case"),
        ("parse", "snake_case"),
        ("_private_one", "snake_case"),
        ("x2", "snake_case"),
        ("parseDiff", "camelCase"),
        ("ParseDiff", "CapWords"),
        ("HTTPError", "CapWords"),
        ("MAX_SIZE", "UPPER_CASE"),
        ("do_GET", "other"),
        ("my-script", "other"),
        ("__", ""),
    ],
)
def test_style_of_a_name(name: str, style: str) -> None:
    assert style_of(name) == style


def functions(names: list[str], path: str = "app/m.py") -> dict[str, str]:
    return {path: "".join(f"def {name}(): ...\n" for name in names)}


def kinds(found: tuple[Convention, ...]) -> dict[str, Convention]:
    return {rule.kind: rule for rule in found}


def test_a_style_kept_by_nine_of_ten_is_a_convention_with_three_examples() -> None:
    names = [f"do_it_{number}" for number in range(27)] + ["doIt", "doThat", "doMore"]
    rule = kinds(mine_conventions(map_of(functions(names))))["function_name"]
    assert (rule.value, rule.held, rule.cases) == ("snake_case", 27, 30)
    assert rule.examples == ("do_it_0 (app/m.py)", "do_it_1 (app/m.py)", "do_it_2 (app/m.py)")


@pytest.mark.parametrize(
    "names",
    [
        [f"do_it_{number}" for number in range(19)],
        [f"do_it_{number}" for number in range(26)] + [f"doIt{number}" for number in range(4)],
    ],
)
def test_too_few_cases_or_too_many_exceptions_are_none(names: list[str]) -> None:
    assert "function_name" not in kinds(mine_conventions(map_of(functions(names))))


def test_names_given_by_others_have_no_say() -> None:
    hooks = "".join(f"    def visitNode{number}(self): ...\n" for number in range(30))
    found = mine_conventions(map_of({"app/m.py": f"class V(Visitor):\n{hooks}"}))
    assert "function_name" not in kinds(found)


def test_vendored_code_and_tests_have_no_say_in_names() -> None:
    names = [f"doIt{number}" for number in range(30)]
    assert mine_conventions(map_of(functions(names, "app/_vendor/m.py") | functions(names, "tests/helpers.py"))) == ()


def test_where_tests_lie_and_how_they_are_called() -> None:
    files = {f"tests/test_{number}.py": "def test_it(): ...\n" for number in range(20)}
    found = kinds(mine_conventions(map_of(files | {"tests/helpers.py": "def test_data(): ...\n"})))
    assert (found["test_file_name"].value, found["test_file_name"].held) == ("test_*.py", 20)
    assert (found["test_folder"].value, found["test_folder"].held) == ("tests", 21)


def test_module_names_are_counted_by_folder() -> None:
    tree = map_of(
        {f"app/m{number}_x.py": "" for number in range(20)} | {f"web/m{number}X.py": "" for number in range(20)}
    )
    rules = {rule.place: rule.value for rule in mine_conventions(tree) if rule.kind == "module_name"}
    assert rules == {"app": "snake_case", "web": "camelCase"}
