"""A finding carries the preference margin of the adapter that judged it, and none of a ranker."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from reviewlore.domain.calibration import UNCALIBRATED
from reviewlore.domain.finding import Anchor, Finding, Tier
from reviewlore.domain.preference import Remark
from reviewlore.flows.scoring import Judgement


@dataclass
class Counting:
    """Scores by the number of words; `batches` has what came in one call."""

    tier: Tier
    version: str = "v"
    batches: list[int] = field(default_factory=list)

    def score(self, remarks: Sequence[Remark]) -> list[float]:
        self.batches.append(len(remarks))
        return [float(len(remark.body.split())) for remark in remarks]


def make_finding(number: int, title: str) -> Finding:
    return Finding(
        id=f"f{number}", rule="generated/testing", source="generated", anchor=Anchor("a.py", number),
        hunk="@@ -1 +1 @@\n+x", title=title, why="", advice="", severity="info", confidence=0.5,
    )  # fmt: skip


@pytest.mark.parametrize("tier", ["adapter", "embedded"])
def test_the_margin_is_the_adapters_score_of_all_candidates_in_one_call(tier: Tier) -> None:
    scorer = Counting(tier)
    findings = [make_finding(1, "Test this."), make_finding(2, "Test this too, please.")]
    judged = Judgement(scorer, UNCALIBRATED).judge_findings(findings)
    assert [finding.margin for finding in judged] == (
        [finding.score for finding in judged] if tier == "adapter" else [None, None]
    )
    assert judged[0].score < judged[1].score
    assert scorer.batches == [2]
