"""One voice: what says the same is said once, and of two that disagree at most one is heard."""

import re
import time
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from reviewlore.domain.architecture import Evidence
from reviewlore.domain.finding import Finding, Precedent
from reviewlore.domain.history import Anchor
from reviewlore.stages.review.coordinate import coordinate

FACT = Finding(
    "fact", "architecture/new_cycle", "architecture", Anchor("a.py", 10), "@@ -8,3 +8,4 @@\n x",
    "This import closes a cycle between cart and prices", "Each needs the other to load.", "Remove the import.",
    "error", 0.9, evidence=(Evidence("a imports b", "a.py", 10),),
)  # fmt: skip
MODEL = replace(
    FACT, id="model", rule="generated/architecture", source="generated", severity="warning",
    title="The import makes a cycle of cart and prices", why="prices imports cart already.", advice="Move the import.",
    evidence=(Evidence("b imports a", "b.py", 1),),
    precedents=(Precedent("e1", 1, "a.py", "No cycles", "addressed", 0.5),),
)  # fmt: skip


def words(text: str) -> frozenset[str]:
    return frozenset(word for word in re.findall(r"[a-z]{4,}", text.lower()))


def generated(name: str, line: int = 10, **changes: object) -> Finding:
    plain = replace(MODEL, id=name, anchor=Anchor("a.py", line), evidence=(), precedents=())
    return replace(plain, **changes)  # type: ignore[arg-type]


def ids(*findings: Finding) -> tuple[list[str], list[tuple[str, str]]]:
    kept, dropped = coordinate(findings, words)
    return [finding.id for finding in kept], sorted((item.id, item.reason) for item in dropped)


def test_a_model_that_retells_a_fact_adds_its_evidence_and_no_comment() -> None:
    (kept,), dropped = coordinate([MODEL, FACT], words)
    assert (kept.id, kept.severity, kept.title) == ("fact", "error", FACT.title)
    assert kept.evidence == (*FACT.evidence, *MODEL.evidence)
    assert kept.precedents == MODEL.precedents
    assert [(item.id, item.reason) for item in dropped] == [("model", "merged")]


def test_specialists_that_say_the_same_are_one() -> None:
    assert ids(generated("x"), generated("y", 12, rule="generated/testing")) == (["x"], [("y", "merged")])


def test_the_same_words_elsewhere_are_another_remark() -> None:
    far = generated("y", 90, hunk="@@ -88,3 +88,4 @@")
    assert ids(generated("x"), far) == (["x", "y"], [])
    assert ids(generated("x"), generated("z", 10, anchor=Anchor("b.py", 10))) == (["x", "z"], [])


def test_facts_are_never_merged_with_each_other() -> None:
    assert ids(FACT, replace(FACT, id="fact2", rule="architecture/layer_crossed")) == (["fact", "fact2"], [])


def test_a_suggestion_of_the_merged_one_is_kept_where_it_is_about_the_same_rows() -> None:
    (kept,), _ = coordinate([FACT, replace(MODEL, suggestion="import b")], words)
    assert kept.suggestion == "import b"
    (kept,), _ = coordinate([FACT, replace(MODEL, suggestion="import b", anchor=Anchor("a.py", 11))], words)
    assert kept.suggestion is None


ADD = {"title": "Timeout", "why": "Callers wait.", "advice": "Add a timeout argument to the request here."}
REMOVE = {"title": "Superfluous", "why": "Nobody passes one.", "advice": "Remove the timeout argument of the request."}


def test_two_facts_never_contradict_each_other() -> None:
    assert ids(replace(FACT, **ADD), replace(FACT, id="fact2", **REMOVE)) == (["fact", "fact2"], [])


def test_of_two_that_contradict_each_other_neither_is_said() -> None:
    assert ids(generated("x", **ADD), generated("y", **REMOVE)) == ([], [("x", "contradicted"), ("y", "contradicted")])


def test_the_verified_one_of_two_stays() -> None:
    verified = generated("y", evidence=(Evidence("e", "a.py", 1),), **REMOVE)
    assert ids(generated("x", probability=0.9, **ADD), verified) == (["y"], [("x", "contradicted")])


def test_the_clearly_more_probable_one_of_two_stays() -> None:
    sure, unsure = generated("x", probability=0.8, **ADD), generated("y", probability=0.5, **REMOVE)
    assert ids(unsure, sure) == (["x"], [("y", "contradicted")])
    assert ids(replace(unsure, probability=0.75), sure)[0] == []


def test_other_suggestions_for_the_same_rows_contradict() -> None:
    one = generated("x", 12, anchor=Anchor("a.py", 12, "RIGHT", 10), suggestion="a = 1", title="Alpha beta gamma delta", why="", advice="")  # fmt: skip # noqa: E501
    two = generated("y", 11, suggestion="a = 2", title="Other words stand here now", why="", advice="")
    assert ids(one, two) == ([], [("x", "contradicted"), ("y", "contradicted")])
    assert ids(one, replace(two, suggestion="a  = 1"))[0] == ["x", "y"]
    assert ids(one, replace(two, anchor=Anchor("a.py", 40)))[0] == ["x", "y"]


def test_thousands_of_foreign_findings_take_no_time() -> None:
    many = [generated(f"f{i}", i, source="foreign", title=f"Word{i} other{i} third{i} fourth{i}") for i in range(4000)]
    start = time.process_time()
    kept, dropped = coordinate(many, words)
    assert time.process_time() - start < 5
    assert len(kept) + len(dropped) == 4000


some = st.lists(
    st.builds(
        lambda n, line, title, advice, source, suggestion, chance: generated(
            f"f{n}", line, title=title, advice=advice, source=source, suggestion=suggestion, probability=chance
        ),
        st.integers(0, 9), st.integers(1, 30), st.sampled_from([FACT.title, "Other words entirely here", ""]),
        st.sampled_from([ADD["advice"], REMOVE["advice"], ""]),
        st.sampled_from(["architecture", "generated", "foreign"]),
        st.none() | st.sampled_from(["a", "b"]), st.none() | st.floats(0, 1),
    ),
    max_size=10,
)  # fmt: skip


@given(some)
def test_every_candidate_is_kept_or_counted_whatever_the_order(findings: list[Finding]) -> None:
    kept, dropped = coordinate(findings, words)
    assert len(kept) + len(dropped) == len(findings)
    again, more = coordinate(kept, words)
    assert more == () or all(item.reason in {"merged", "contradicted"} for item in more)
    assert set(again) <= set(kept) or more
