import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.architecture.contracts import breaks
from reviewlore.domain.architecture import Contract, Layer
from reviewlore.formats.contracts_archunit import read_archunit

HEAD = "package shop;\nimport com.tngtech.archunit.junit.ArchTest;\n"
PATH = "src/test/java/shop/RulesTest.java"


def read(body: str, head: str = HEAD) -> tuple[tuple[Contract, ...], tuple[str, ...]]:
    return read_archunit(PATH, f"{head}class RulesTest {{\n{body}\n}}\n")


LAYERED = """
  @ArchTest static final ArchRule layers = layeredArchitecture().consideringAllDependencies()
      .layer("Web").definedBy("..web..") // the top
      .layer("Service").definedBy("..service..", "com.shop.jobs..")
      .layer("Store").definedBy(STORE + "..")
      .whereLayer("Web").mayNotBeAccessedByAnyLayer()
      .whereLayer("Service").mayOnlyBeAccessedByLayers("Web")
      .whereLayer("Store").mayOnlyBeAccessedByLayers("Service", "Web").because("we say so");
  static final String STORE = "com.shop.store";
"""


def test_layers_forbid_what_they_do_not_let_in() -> None:
    contracts, notes = read(LAYERED)
    assert notes == ()
    assert contracts == (
        Contract(
            "forbidden",
            "Web may not be accessed by any layer",
            PATH,
            sources=("service", "**.service", "com.shop.jobs", "com.shop.store"),
            targets=("web", "**.web"),
        ),
        Contract(
            "forbidden",
            "Service may only be accessed by Web",
            PATH,
            sources=("com.shop.store",),
            targets=("service", "**.service", "com.shop.jobs"),
        ),
    )


def test_what_is_read_judges_classes() -> None:
    first, second = read(LAYERED)[0]
    assert breaks(first, "com.shop.store.Store", "com.shop.web.Page")
    assert not breaks(first, "com.shop.web.Page", "com.shop.store.Store")
    assert breaks(second, "com.shop.store.sub.Store", "com.shop.service.Run")


def test_layers_that_say_what_they_access() -> None:
    text = (
        'Object a = layeredArchitecture().layer("A").definedBy("a..").layer("B").definedBy("b..").optionalLayer("C")'
        '.definedBy("c..").whereLayer("A").mayOnlyAccessLayers("B").whereLayer("C").mayNotAccessAnyLayer();'
    )
    assert [(one.name, one.sources, one.targets) for one in read(text)[0]] == [
        ("A may only access B", ("a",), ("c",)),
        ("C may not access any layer", ("c",), ("a", "b")),
    ]


def test_an_onion_is_layers() -> None:
    text = (
        'ArchRule o = onionArchitecture().domainModels("shop.model..").domainServices("shop.domain..")'
        '.applicationServices("shop.app..").adapter("cli", "shop.cli..").adapter("rest", "shop.rest..");'
    )
    assert read(text)[0] == (
        Contract(
            "layers",
            "onion architecture",
            PATH,
            (
                Layer(("shop.cli", "shop.rest"), True),
                Layer(("shop.app",)),
                Layer(("shop.domain",)),
                Layer(("shop.model",)),
            ),
        ),
    )


def test_classes_that_must_not_depend_on_others_or_only_on_some() -> None:
    text = """
  void a() { noClasses().that().resideInAPackage("shop.api..").should().dependOnClassesThat()
      .resideInAnyPackage("shop.impl..", "..internal..").as("API stays clean").check(classes); }
  ArchRule b = classes().that().resideInAPackage("shop.core..")
      .should().onlyDependOnClassesThat().resideInAnyPackage("shop.core..", "java..");
"""
    contracts, notes = read(text)
    assert notes == ()
    assert contracts == (
        Contract(
            "forbidden",
            "API stays clean",
            PATH,
            sources=("shop.api",),
            targets=("shop.impl", "internal", "**.internal"),
        ),
        Contract(
            "allowed",
            "classes in shop.core.. only depend on shop.core.., java..",
            PATH,
            sources=("shop.core",),
            targets=("shop.core", "java"),
        ),
    )


@pytest.mark.parametrize(
    "scope",
    [
        '@AnalyzeClasses(packages = "com.shop", importOptions = DoNotIncludeTests.class)\n',
        'static JavaClasses all = new ClassFileImporter().importPackages("com.shop..");\n',
    ],
)
def test_open_packages_lie_in_what_is_analysed(scope: str) -> None:
    text = scope + 'ArchRule r = noClasses().that().resideInAPackage("..a..").should().dependOnClassesThat()'
    (found,), _ = read(text + '.resideInAPackage("com..b..");')
    assert (found.sources, found.targets) == (("com.shop.a", "com.shop.**.a"), ("com.b", "com.**.b"))


@pytest.mark.parametrize(
    "text",
    [
        'slices().matching("..shop.(*)..").should().beFreeOfCycles();',
        'noClasses().that().resideInAPackage("..a..").should().accessClassesThat().resideInAPackage("..b..");',
        'noClasses().that().resideInAPackage("a").should().dependOnClassesThat().resideInAPackage("b..");',
        'noClasses().that().resideInAPackage("a.*..").should().dependOnClassesThat().resideInAPackage("b..");',
        'noClasses().that().resideInAPackage(name()).should().dependOnClassesThat().resideInAPackage("b..");',
        'classes().that().areAnnotatedWith(Service.class).should().haveSimpleNameEndingWith("Service");',
        'layeredArchitecture().layer("A").definedBy("a..").whereLayer("B").mayNotAccessAnyLayer();',
        'layeredArchitecture().layer("A").definedBy(annotated(A.class)).whereLayer("A").mayNotAccessAnyLayer();',
        'layeredArchitecture().layer("A").definedBy("a..").ignoreDependency("x", "y");',
    ],
)
def test_what_says_more_is_noted(text: str) -> None:
    assert read(f"ArchRule r = {text}") == (
        (),
        (f"{PATH}: 1 ArchUnit rule says more than is judged here, or compute what they are about.",),
    )


def test_comments_strings_and_other_files_declare_nothing() -> None:
    rule = 'noClasses().that().resideInAPackage("a..").should().dependOnClassesThat().resideInAPackage("b..");'
    assert read(f"// {rule}\n/* {rule} */") == ((), ())
    assert read(rule, head="package shop;\n") == ((), ())
    assert read("int classes() { return classes(); }") == ((), ())


@pytest.mark.parametrize(
    "text",
    [
        "layeredArchitecture()" + '.layer("a").definedBy("a..")' * 30_000,
        "classes()" * 100_000,
        "classes().that(" * 60_000,
        "noClasses().that" + "(" * 800_000,
        'String a = "' * 80_000,
        "@AnalyzeClasses(" * 60_000,
        'onionArchitecture().adapter("a", ' + '"a..", ' * 100_000,
        "x" * 1_000_001,
    ],
)
def test_long_texts_take_no_longer_than_their_length(text: str) -> None:
    started = time.process_time()
    read(text)
    assert time.process_time() - started < 5


_TOKENS = (
    'layeredArchitecture() .layer("A") .definedBy("..a..") .whereLayer("A") classes() .that() ( ) " , + . \n // /*'
)


@given(st.lists(st.sampled_from(_TOKENS.split(" "))), st.text(max_size=30))
def test_never_raises(tokens: list[str], text: str) -> None:
    contracts, notes = read(f"{''.join(tokens)}{text}")
    assert all(contract.origin == PATH for contract in contracts)
    assert len(notes) <= 1
