import time
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.domain.manifest import Dependency, Manifest
from reviewlore.formats.manifests import is_manifest, parse_manifests, settle_manifests
from reviewlore.formats.manifests.gradle import parse_build, parse_catalog, parse_properties, parse_settings
from reviewlore.formats.manifests.maven import parse_pom

POM = """<?xml version="1.0"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <parent><groupId>org.shop</groupId><artifactId>shop-parent</artifactId><version>2.0</version></parent>
  <artifactId>shop-web</artifactId>
  <properties><http.version>4.5</http.version></properties>
  <dependencies>
    <dependency>
      <groupId>org.apache</groupId><artifactId>http</artifactId><version>${http.version}</version>
    </dependency>
    <dependency><groupId>${project.groupId}</groupId><artifactId>shop-core</artifactId></dependency>
    <dependency><groupId>org.json</groupId><artifactId>json</artifactId></dependency>
    <dependency><groupId>junit</groupId><artifactId>junit</artifactId><scope>test</scope></dependency>
    <dependency><groupId>javax</groupId><artifactId>servlet</artifactId><scope>provided</scope></dependency>
    <dependency><groupId>a</groupId><artifactId>b</artifactId><optional>true</optional></dependency>
    <dependency><groupId>${unknown}</groupId><artifactId>c</artifactId></dependency>
  </dependencies>
</project>
"""
PARENT = """<project>
  <groupId>org.shop</groupId><artifactId>shop-parent</artifactId><version>2.0</version>
  <modules><module>web</module><module>core</module><module>../out</module></modules>
  <properties><json.version>20240101</json.version></properties>
  <dependencyManagement><dependencies>
    <dependency><groupId>org.json</groupId><artifactId>json</artifactId><version>${json.version}</version></dependency>
  </dependencies></dependencyManagement>
</project>
"""
CORE = "<project><groupId>org.shop</groupId><artifactId>shop-core</artifactId></project>"


def settle(files: Mapping[str, str]) -> dict[str, Manifest]:
    return {found.path: found for found in settle_manifests(parse_manifests(files))}


def wanted(text: str, path: str = "app/build.gradle") -> list[tuple[str, str, str]]:
    (found,) = parse_build(path, text)
    return [(entry.name, entry.requirement, entry.scope) for entry in found.dependencies]


def test_a_pom_by_itself_keeps_what_is_said_elsewhere_as_written() -> None:
    (found,) = parse_pom("web/pom.xml", POM)
    assert (found.name, found.version, found.extends) == ("org.shop:shop-web", "2.0", "pom.xml")
    assert found.dependencies[0] == Dependency("org.apache:http", "maven", "runtime", 7, "${http.version}")
    assert [entry.scope for entry in found.dependencies[2:6]] == ["runtime", "development", "build", "optional"]


def test_a_pom_takes_versions_and_properties_from_its_parent() -> None:
    found = settle({"pom.xml": PARENT, "web/pom.xml": POM, "core/pom.xml": CORE})
    assert [(entry.name, entry.requirement, entry.local) for entry in found["web/pom.xml"].dependencies][:3] == [
        ("org.apache:http", "4.5", False),
        ("org.shop:shop-core", "", True),
        ("org.json:json", "20240101", False),
    ]
    assert found["web/pom.xml"].problem == "the name of 1 dependency is computed"
    assert found["pom.xml"].members == ("web", "core")


def test_another_pom_in_the_place_of_the_parent_is_none() -> None:
    found = settle({"pom.xml": PARENT.replace("shop-parent", "other"), "web/pom.xml": POM})
    assert {entry.name: entry.requirement for entry in found["web/pom.xml"].dependencies}["org.json:json"] == ""


def test_a_parent_elsewhere_in_the_tree_is_found_by_its_relative_path() -> None:
    text = POM.replace("</version></parent>", "</version><relativePath>../build/parent</relativePath></parent>")
    found = settle({"build/parent/pom.xml": PARENT, "web/pom.xml": text})
    assert found["web/pom.xml"].dependencies[2].requirement == "20240101"
    (outside,) = parse_pom("pom.xml", POM)
    assert outside.extends == ""


def test_parents_in_a_circle_end() -> None:
    one = (
        "<project><groupId>g</groupId><artifactId>a</artifactId><parent><groupId>g</groupId><artifactId>a</artifactId>"
        "<relativePath>pom.xml</relativePath></parent><properties><x>${y}</x><y>${x}${x}</y></properties>"
        "<dependencies><dependency><groupId>d</groupId><artifactId>d</artifactId><version>${x}</version></dependency>"
        "</dependencies></project>"
    )
    found = settle({"pom.xml": one})["pom.xml"]
    assert len(found.dependencies[0].requirement) <= 300


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('<!DOCTYPE p [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><project>&b;</project>', "it declares entities"),
        ("<project><a></project>", "it is no XML"),
        ("", "it is no XML"),
        ("<a/>", "it has no project"),
        ("<project>" + "<a>" * 5000, "it is no XML"),
        ("<project>" + "x" * 2_000_001, "it is longer"),
    ],
)
def test_a_pom_that_cannot_be_read_says_why(text: str, problem: str) -> None:
    (found,) = parse_pom("pom.xml", text)
    assert found.problem.startswith(problem)


def test_literal_dependencies_of_a_build_script() -> None:
    text = """
dependencies {
    api 'g:a:1.0'
    implementation("g:b:$bVersion") { exclude group: 'x', module: 'y' }
    // implementation 'g:commented:1'
    compileOnly group: 'g', name: 'c', version: '3'
    testImplementation platform("g:bom:4"), 'g:t:5'
    testRuntimeOnly "g:r"
    "jmhImplementation"('g:j:1')
    optionalApi 'g:o:1@jar'
    implementation kotlin("stdlib")
    implementation project(':core')
    testImplementation(testFixtures(project(path: ":util:text")))
    implementation files('lib/x.jar')
    implementation(
        "g:far:1",
    )
    constraints { implementation 'g:constraint:1' }
    annotationProcessor libs.dagger.compiler
    implementation computed()
}
api 'g:outside:1'
"""
    assert wanted(text) == [
        ("g:a", "1.0", "runtime"),
        ("g:b", "$bVersion", "runtime"),
        ("g:c", "3", "build"),
        ("g:bom", "4", "development"),
        ("g:t", "5", "development"),
        ("g:r", "", "development"),
        ("g:j", "1", "development"),
        ("g:o", "1", "optional"),
        ("org.jetbrains.kotlin:kotlin-stdlib", "", "runtime"),
        (":core", "", "runtime"),
        (":util:text", "", "development"),
        ("g:far", "1", "runtime"),
        ("libs.dagger.compiler", "", "build"),
    ]
    (found,) = parse_build("app/build.gradle", text)
    assert found.problem == "1 of its dependencies is computed"
    assert [entry.line for entry in found.dependencies if entry.local] == [12, 13]


def test_a_build_takes_values_from_properties_catalogs_and_scripts_around_it() -> None:
    found = settle(
        {
            "gradle.properties": "group=org.shop\nversion = 1.2\nbVersion=2.0\n# c=3\n",
            "build.gradle": "ext { cVersion = '3.0' }\n",
            "settings.gradle": "rootProject.name = 'shop'\ninclude ':app', ':lib:text'\n",
            "gradle/libs.versions.toml": '[versions]\nslf4j = "2.0"\n[libraries]\n'
            'slf4j-api = { module = "org.slf4j:slf4j-api", version.ref = "slf4j" }\n'
            'guava = "com.google.guava:guava:33"\n[bundles]\nlogging = ["slf4j-api", "guava"]\n',
            "app/build.gradle.kts": 'dependencies {\n  implementation("g:b:$bVersion")\n  api("g:c:${cVersion}")\n'
            "  api(libs.slf4j.api)\n  testImplementation(libs.bundles.logging)\n  api(libs.unknown)\n"
            '  api("g:d_$x:1")\n}\n',
        }
    )
    app = found["app/build.gradle.kts"]
    assert (app.name, app.version, found["build.gradle"].name) == ("org.shop:app", "1.2", "org.shop:shop")
    assert [(entry.name, entry.requirement, entry.scope) for entry in app.dependencies] == [
        ("g:b", "2.0", "runtime"),
        ("g:c", "3.0", "runtime"),
        ("org.slf4j:slf4j-api", "2.0", "runtime"),
        ("org.slf4j:slf4j-api", "2.0", "development"),
        ("com.google.guava:guava", "33", "development"),
    ]
    assert app.problem == "the names of 2 dependencies are computed"
    assert found["settings.gradle"].members == ("app", "lib/text")


def test_a_build_without_a_known_group_has_no_name() -> None:
    found = settle({"app/build.gradle": "version = '1'\n"})["app/build.gradle"]
    assert (found.name, found.version) == ("", "1")


def test_the_projects_of_a_build() -> None:
    text = """include('a', 'b:c')
include ":d",
        ":moved"
includeBuild 'other'
// include 'commented'
includeWithFlags ':flagged', 'java11', 'publish'
project(':moved').projectDir = file('elsewhere/moved')
project(":d").projectDir = new File(rootDir, "../outside")
include ":e$x"
"""
    (found,) = parse_settings("settings.gradle", text)
    assert found.members == ("a", "b/c", "elsewhere/moved", "flagged")


def test_the_ways_to_write_a_library_in_a_catalog() -> None:
    text = """[versions]
rich = { strictly = "[1.0, 2.0[", prefer = "1.5" }
[libraries]
a-b = { group = "g", name = "a", version = "1" }
c_d = { module = "g:c", version.ref = "rich" }
e = { module = "g:e" }
"""
    (found,) = parse_catalog("gradle/libs.versions.toml", text)
    assert found.settings == (("libs.a.b", "g:a:1"), ("libs.c.d", "g:c:[1.0,2.0["), ("libs.e", "g:e"))
    (broken,) = parse_catalog("gradle/libs.versions.toml", "[libraries")
    assert broken.problem


def test_which_files_are_manifests() -> None:
    names = ("pom.xml", "a/build.gradle", "b/build.gradle.kts", "settings.gradle.kts", "gradle/libs.versions.toml")
    assert all(is_manifest(name) for name in names)
    assert not any(is_manifest(name) for name in ("a/other.xml", "deps.gradle", "versions.toml"))


def test_manifests_of_other_ecosystems_pass_unchanged() -> None:
    manifests = parse_manifests({"package.json": '{"name": "a"}', "pom.xml": CORE})
    assert settle_manifests(manifests)[0] is manifests[0]


@pytest.mark.parametrize(
    "text",
    [
        "dependencies {" * 60_000,
        "dependencies { api " + "'" * 300_000,
        "dependencies {\n" + "api 'g:a:1'\n" * 20_000,
        "implementation" * 60_000,
        "dependencies { " + "api(" * 200_000,
        "/*" * 400_000,
        '"""' * 300_000,
        "include " + "':a'," * 150_000,
        "dependencies { " + "api g:" * 100_000,
        "ext {" * 100_000 + "x = '1'\n" * 10,
    ],
)
def test_long_texts_take_no_longer_than_their_length(text: str) -> None:
    started = time.process_time()
    parse_build("build.gradle", text)
    parse_settings("settings.gradle", text)
    assert time.process_time() - started < 8


@given(st.text(max_size=200))
def test_never_raises_on_any_text(text: str) -> None:
    for parse in (parse_pom, parse_build, parse_settings, parse_properties, parse_catalog):
        assert len(parse("a/x", text)) == 1
    files = {"pom.xml": text, "a/build.gradle": text, "gradle.properties": text, "settings.gradle": text}
    assert len(settle(files)) == 4


_TOKENS = "dependencies { } ( ) api implementation project libs.a $x 'g:a:1' , \n // /* */ ext = group".split(" ")


@given(st.lists(st.sampled_from(_TOKENS)))
def test_never_raises_on_any_tokens(tokens: list[str]) -> None:
    (found,) = parse_build("build.gradle", " ".join(tokens))
    assert all(entry.name for entry in found.dependencies)
