import pytest
from tests.architecture.trees import map_of

from reviewlore.architecture.conventions import Convention, measure_sizes, mine_conventions
from reviewlore.architecture.naming import style_of


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


def test_languages_have_conventions_of_their_own() -> None:
    names = [f"doIt{number}" for number in range(22)]
    web = {"web/m.ts": "".join(f"export function {name}() {{}}\n" for name in [*names, "run", "Page"])}
    rules = mine_conventions(map_of(functions([f"do_it_{number}" for number in range(22)]) | web))
    assert {(rule.language, rule.kind, rule.value, rule.held, rule.cases) for rule in rules} == {
        ("python", "function_name", "snake_case", 22, 22),
        ("typescript", "function_name", "camelCase", 23, 23),
    }


def test_a_component_shows_no_style_and_go_has_mixed_caps() -> None:
    go = "package m\n\n" + "".join(f"func DoIt{n}() {{}}\nfunc doThat{n}() {{}}\n" for n in range(10))
    rules = mine_conventions(map_of({"m/m.go": go, "web/a.tsx": "function Page() {}\n" * 30}))
    assert [(rule.language, rule.value, rule.held) for rule in rules] == [("go", "MixedCaps", 20)]


def test_components_in_files_of_their_name() -> None:
    tree = map_of({f"ui/Page{number}.tsx": "" for number in range(20)} | {"ui/index.ts": "", "ui/Page1.test.tsx": ""})
    assert [(rule.place, rule.value, rule.cases) for rule in mine_conventions(tree)] == [("ui", "CapWords", 20)]


def test_where_tests_of_other_languages_lie() -> None:
    script = {f"src/a{number}.spec.ts": "describe('a', () => {});\n" for number in range(20)}
    java = "package a;\n\nclass A {\n    @Test\n    void runs() {}\n}\n"
    code = {f"src/test/java/a/A{number}Test.java": java for number in range(20)}
    rules = mine_conventions(map_of(script | code))
    assert {(rule.language, rule.kind, rule.value) for rule in rules if rule.kind.startswith("test_")} == {
        ("java", "test_file_name", "*Test.java"),
        ("typescript", "test_file_name", "*.spec.*"),
        ("typescript", "test_folder", "beside the code"),
    }


def test_how_long_modules_are() -> None:
    tree = map_of({f"app/m{number:02}.py": "X = 1\n" * number for number in range(41)})
    (rule,) = measure_sizes(tree)
    assert (rule.value, rule.held, rule.cases) == ("up to 36 lines, half of them up to 20", 36, 40)
    assert measure_sizes(map_of({f"app/m{number}.py": "X = 1\n" for number in range(19)})) == ()
