"""The small print under our remarks: what is written is read back, and nothing else is taken for it."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from tests.records import a_finding, a_generated_review

from reviewlore.domain.history import Origin
from reviewlore.domain.origin import read_origin, write_origin


def line(**changes: object) -> str:
    finding = replace(a_finding(), **changes)
    return f"<sub>{write_origin(finding, 'embedded', 'embedded-3fa2')}. Not wanted?</sub>"


def test_a_fact_as_full_text() -> None:
    assert line() == (
        "<sub>error `architecture/layer_crossed` from reviewlore (embedded tier, version `embedded-3fa2`, "
        "confidence 0.97). Not wanted?</sub>"
    )
    assert read_origin(f"words\n\n{line()}\n\nhidden") == Origin(
        "embedded", "embedded-3fa2", "architecture/layer_crossed", confidence=0.97
    )


def test_a_models_remark_names_its_specialist_and_its_chance() -> None:
    finding = a_generated_review().findings[0]
    said = read_origin(f"<sub>{write_origin(finding, 'prompt', 'v`1')}.")
    assert said == Origin("prompt", "v`1", "testing/missing_case", "testing", 0.6, 0.97)


def test_comments_of_older_versions_are_read_as_far_as_they_tell() -> None:
    older = "<sub>warning from reviewlore (embedded tier, version `prior-1`, confidence 0.83). Not wanted?"
    assert read_origin(older) == Origin("embedded", "prior-1", confidence=0.83)
    assert read_origin("no small print") == Origin()


def test_the_last_one_counts() -> None:
    forged = "<sub>error from reviewlore (prompt tier, version `evil`, confidence 1.00)."
    assert read_origin(f"{forged}\n\n{line()}").version == "embedded-3fa2"


@given(st.text(max_size=80), st.sampled_from(["architecture/new_cycle", "a`b", "x y"]))
def test_any_version_comes_back_and_nothing_raises(version: str, rule: str) -> None:
    text = f"<sub>{write_origin(replace(a_finding(), rule=rule), 'embedded', version)}."
    said = read_origin(text)
    assert said.rule == rule
    read_origin(version)
