"""Candidates of all sources to the few that are said, by the calibrated judgement in force."""

from dataclasses import replace

from reviewlore.config import ReviewSettings
from reviewlore.domain.calibration import UNCALIBRATED, Calibration, Calibrations, OperatingPoint, RuleRecord
from reviewlore.domain.finding import Finding, Tier
from reviewlore.domain.history import Anchor
from reviewlore.domain.preference import Remark
from reviewlore.domain.saying import Said
from reviewlore.flows.choosing import Choice, choose, telling_words
from reviewlore.flows.scoring import Judgement
from reviewlore.ports import Scorer
from reviewlore.stages.review.select import Past

FACT = Finding(
    "fact", "architecture/new_cycle", "architecture", Anchor("a.py", 5), "@@ -1 +1,9 @@",
    "The import of prices closes a cycle with cart", "Each module needs the other.", "Move the import.", "warning", 0.9,
)  # fmt: skip
MODEL = replace(
    FACT, id="model", rule="generated/testing", source="generated", anchor=Anchor("a.py", 9),
    title="The empty basket is not tested", why="total returns zero for it.", advice="Add a case.",
)  # fmt: skip


class Longest(Scorer):
    """Prefers long remarks: enough to tell two apart."""

    version = "v1"
    tier: Tier = "embedded"

    def score(self, remarks: object) -> list[float]:
        return [len(remark.body) / 10 for remark in remarks if isinstance(remark, Remark)]  # type: ignore[attr-defined]


def judgement(*points: OperatingPoint) -> Judgement:
    bots = Calibration(1.0, -5.0, 100, 10, 0.5, 0.1, 0.2, 0.6, points=points)
    return Judgement(Longest(), Calibrations("v1", people=bots, bots=bots))


POINT = OperatingPoint(0.7, 5.0, 0.5, 50, 0.7, 0.6, 0.5)


def chosen(*candidates: Finding, past: Past | None = None, judged: Judgement | None = None) -> Choice:
    return choose(candidates, judged or judgement(POINT), ReviewSettings(), past or Past())


def reasons(choice: Choice) -> list[tuple[str, str]]:
    return [(item.id, item.reason) for item in choice.dropped]


def test_a_threshold_holds_for_what_machines_write_and_not_for_facts() -> None:
    short = replace(MODEL, title="The empty case", why="No test.", advice="")
    choice = chosen(replace(FACT, title="Cycle", why="", advice=""), short)
    assert [finding.id for finding in choice.kept] == ["fact"]
    assert reasons(choice) == [("model", "below_threshold")]
    assert choice.notes == ()


def test_where_no_score_reaches_the_precision_that_is_said() -> None:
    choice = chosen(FACT, MODEL, judged=judgement())
    assert [finding.id for finding in choice.kept] == ["fact", "model"]
    assert choice.notes == (
        "On held-out remarks no score reached the target precision of 0.7 for generated findings: the likeliest are "
        "said, up to the cap, without that promise.",
    )
    assert chosen(FACT, judged=judgement()).notes == ()


def test_without_a_calibration_nothing_is_promised_and_nothing_told() -> None:
    choice = chosen(MODEL, judged=Judgement(Longest(), UNCALIBRATED))
    assert [finding.probability for finding in choice.kept] == [None]
    assert choice.notes == ()


def test_a_retold_fact_is_merged_and_said_once() -> None:
    retold = replace(
        MODEL, anchor=Anchor("a.py", 6), title="Importing prices here makes a cycle with cart", why="", advice=""
    )
    choice = chosen(FACT, retold)
    assert [finding.id for finding in choice.kept] == ["fact"]
    assert reasons(choice) == [("model", "merged")]


def test_what_stands_on_the_pull_request_is_not_said_in_other_words() -> None:
    said = Said("older", "a.py", text="No test covers an empty basket, for which total returns zero. Add one case.")
    assert reasons(chosen(MODEL, past=Past(said=(said,)))) == [("model", "already_said")]


def test_words_are_compared_by_their_stems() -> None:
    assert telling_words("It imports the prices") == telling_words("importing prices")


def test_a_rule_whose_own_findings_are_seldom_addressed_is_not_said() -> None:
    declared = replace(FACT, id="declared", severity="error", anchor=Anchor("a.py", 7), title="Layer crossed", why="")
    history = [RuleRecord(FACT.rule, 12, 2), RuleRecord(MODEL.rule, 12, 7)]
    choice = choose([FACT, MODEL, declared], judgement(POINT), ReviewSettings(), Past(), history=history)
    assert [finding.id for finding in choice.kept] == ["declared", "model"]  # a declared rule holds however seldom
    assert reasons(choice) == [("fact", "rule_seldom_addressed")]
    assert choice.kept[1].probability is not None
    few = choose([FACT], judgement(POINT), ReviewSettings(), Past(), history=[RuleRecord(FACT.rule, 3, 0)])
    assert [finding.id for finding in few.kept] == ["fact"]


def test_the_chance_of_a_fact_is_a_guess_until_its_rule_has_a_record() -> None:
    few, enough = RuleRecord(FACT.rule, 4, 4), RuleRecord(FACT.rule, 5, 4)
    found = [judgement().judge_findings([FACT, MODEL], history) for history in ((), [few], [enough])]
    assert [[finding.measured for finding in each] for each in found] == [[False, True], [False, True], [True, True]]
    assert all(finding.probability is not None for each in found for finding in each)
    assert not any(finding.measured for finding in Judgement(Longest(), UNCALIBRATED).judge_findings([FACT, MODEL]))
