"""What an evaluation tells beyond the table: slices, behaviour, guards and notes, within the width of a terminal."""

from dataclasses import replace

from tests.records import an_evaluation

from reviewlore.domain.evaluation import Diagnostics, GuardResult, Interval
from reviewlore.formats.standing import render_evaluation

ADAPTER = "adapter-81ce0d55"
SLICES = {
    "language:Go": Interval(0.7, 0.6, 0.8, 100),
    "language:Python": Interval(0.6, 0.5, 0.7, 240),
    "language:Rust": Interval(1.0, 1.0, 1.0, 3),
    "specialist:testing": Interval(0.65, 0.55, 0.75, 340),
}


def examined():
    evaluation = an_evaluation()
    scores = tuple(
        replace(score, slices=SLICES, prompt_tokens=212.4, cost_per_thousand=0.0212) if score.name == ADAPTER else score
        for score in evaluation.scores
    )
    return replace(
        evaluation,
        scores=scores,
        subject=ADAPTER,
        diagnostics=Diagnostics(-0.21, Interval(0.8, 0.7, 0.9, 50), 0.04, 0.71, 0.9, 0.1, 1.02, 0.4),
        guards=(
            GuardResult(
                "forgetting", 1.6, 1.5, True, "The perplexity is 1.60 times its base's; at most 1.5 is allowed."
            ),
            GuardResult(
                "length_correlation", 0.21, 0.5, False, "The rank correlation is -0.21; at most 0.5 is allowed."
            ),
            GuardResult("exposure", None, 3.0, False, "Not measured: no secrets were planted."),
        ),
        notes=("few-shot was judged on 80 of the 360 pairs, spread evenly.",),
    )


def test_prompt_and_cost_stand_beside_quality_where_there_are_any():
    lines = render_evaluation(examined()).splitlines()
    assert lines[3].split() == "mean of kinds prompt tokens ms cost of 1,000".split()
    row = next(line for line in lines if line.startswith(ADAPTER))
    assert row.split()[3:6] == ["212", "41.70", "0.0212"]
    assert "prompt tokens" not in render_evaluation(an_evaluation())


def test_slices_are_of_versions_and_small_ones_are_counted_only():
    text = render_evaluation(examined())
    after = text[text.index("By language and specialist") :].splitlines()
    assert after[2].split() == ["Go", "Python", "testing"]
    assert after[3] == "adapter-81ce0d55  .70 (.60–.80)  .60 (.50–.70)  .65 (.55–.75)"
    assert after[4].split() == ["pairs", "100", "240", "340"]
    assert "With fewer than 20 pairs, and so not shown: Rust (3)." in after


def test_behaviour_guards_and_notes_are_told_in_sentences():
    text = render_evaluation(examined())
    assert text.endswith(
        "Of adapter-81ce0d55: rank correlation of score and length -0.21; of the 50 held-out remarks that\n"
        "it would not say, .80 (.70–.90) were not acted on; calibration error 0.040, area under the ROC\n"
        "curve 0.71.\n"
        "\n"
        "Guards:\n"
        "  forgetting: Broken. The perplexity is 1.60 times its base's; at most 1.5 is allowed.\n"
        "  length correlation: Held. The rank correlation is -0.21; at most 0.5 is allowed.\n"
        "  exposure: Not measured: no secrets were planted.\n"
        "\n"
        "few-shot was judged on 80 of the 360 pairs, spread evenly.\n"
    )
    assert max(map(len, text.splitlines())) <= 100


def test_many_languages_go_to_further_tables_within_the_width():
    slices = {f"language:Language number {n}": Interval(0.5, 0.4, 0.6, 20 + n) for n in range(12)}
    evaluation = examined()
    scores = tuple(replace(score, slices=slices if score.slices else {}) for score in evaluation.scores)
    text = render_evaluation(replace(evaluation, scores=scores))
    assert max(map(len, text.splitlines())) <= 100
    assert all(f"Language number {n}" in text for n in range(12))
