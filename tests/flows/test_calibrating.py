"""What a version's scores are worth: fitted when it is judged, kept, verified, and borrowed where it is missing."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("lightgbm", reason="training needs the model extra")

from tests.flows.test_train import copy, rows, tamper, trained  # noqa: F401 - fixtures
from tests.lineage import store_of

from reviewlore.adapters.resources import load_prior
from reviewlore.domain.calibration import Calibration, Calibrations, RuleRecord
from reviewlore.domain.finding import Finding
from reviewlore.domain.history import Anchor
from reviewlore.domain.preference import Remark
from reviewlore.errors import StateError
from reviewlore.flows import judge, state
from reviewlore.flows.calibrating import describe_calibrations, fit_calibrations
from reviewlore.flows.scoring import CALIBRATION_FILE, Judgement, RankerScorer, load_calibrations, load_version
from reviewlore.formats import records
from reviewlore.ranking.model import RankerModel

LINE = Calibration(2.0, -1.0, 100, 10, 0.6, 0.02, 0.2, 0.7)
PRIOR = Calibrations("prior", LINE, replace(LINE, intercept=-3.0, addressed=0.1))
MODEL = RankerModel.from_json(json.loads(load_prior()))


class Fixed:
    """Scores remarks by what is written in them."""

    version, tier = "embedded-fixed", "embedded"

    def score(self, remarks: list[Remark]) -> list[float]:
        return [float(remark.body.split()[0]) for remark in remarks]


def finding(title: str, source: str = "architecture", rule: str = "cycle/new") -> Finding:
    return Finding(
        id=title, rule=rule, source=source, anchor=Anchor("a.py", 1), hunk="@@ -1 +1 @@\n+x", title=title, why="",
        advice="", severity="warning", confidence=0.9,
    )  # fmt: skip


def test_a_version_is_kept_with_what_its_scores_are_worth(trained: Path) -> None:  # noqa: F811
    store = store_of(trained)
    (manifest,) = state.read_versions(store)
    found = records.decode(store.read(state.version_path(manifest.id, CALIBRATION_FILE)) or b"", Calibrations, "")
    assert (found.version, found.bots, found.borrowed) == (manifest.id, None, ())
    assert found.people is not None
    dataset = judge.load_dataset(store)
    assert found.people.count == len(dataset.built.held_out)
    assert found.people.auc > 0.8
    assert 0 < found.people.addressed < 1
    # Fitted on the model as it was judged, which had not seen these remarks.
    judged = load_version(store, manifest, None, judged=True)  # type: ignore[arg-type]
    assert fit_calibrations(judged, dataset.built.held_out) == found
    assert {e.pull_request for e in dataset.built.held_out}.isdisjoint(
        int(pair.pull_request.rpartition("#")[2]) for pair in dataset.train
    )


def test_the_active_version_is_calibrated_by_its_own_file_and_the_prior_where_it_has_none(
    trained: Path,  # noqa: F811
) -> None:
    store = store_of(trained)
    (manifest,) = state.read_versions(store)
    own = load_calibrations(store, RankerScorer(manifest.id, MODEL), PRIOR)
    assert own.people is not None
    assert own.people != PRIOR.people
    assert (own.bots, own.borrowed) == (PRIOR.bots, ("bots",))
    assert load_calibrations(store, RankerScorer("prior", MODEL), PRIOR) == PRIOR


def test_a_version_older_than_calibration_takes_the_priors(copy: Path) -> None:  # noqa: F811
    def forget(data: bytes) -> bytes:
        manifest = json.loads(data)
        del manifest["files"][CALIBRATION_FILE]
        return json.dumps(manifest).encode()

    tamper(copy, lambda path: path.endswith("/manifest.json") and path.startswith("adapters/"), forget)
    store = store_of(copy)
    (manifest,) = state.read_versions(store)
    found = load_calibrations(store, RankerScorer(manifest.id, MODEL), PRIOR)
    assert (found.people, found.bots, found.borrowed) == (PRIOR.people, PRIOR.bots, ("people", "bots"))


def test_a_calibration_that_was_changed_is_not_believed(copy: Path) -> None:  # noqa: F811
    tamper(copy, lambda path: path.endswith(CALIBRATION_FILE), lambda data: data.replace(b"0", b"1", 1))
    store = store_of(copy)
    (manifest,) = state.read_versions(store)
    with pytest.raises(StateError, match=r"calibration\.json on the state branch was changed after it was trained"):
        load_calibrations(store, RankerScorer(manifest.id, MODEL), PRIOR)


def test_findings_get_score_and_probability_by_whose_words_they_are() -> None:
    judgement = Judgement(Fixed(), PRIOR)  # type: ignore[arg-type]
    fact, said, odd = judgement.judge_findings(
        [finding("0.5 a"), finding("0.5 b", "generated", "llm"), finding("0.5 c", rule="hub/touched")],
        [RuleRecord("hub/touched", 5, 0)],
    )
    assert (fact.score, fact.probability) == (0.5, 0.5)
    assert said.probability == pytest.approx(0.119203)
    assert odd.probability == 0.25
    none = Judgement(Fixed(), Calibrations("v")).judge_findings([finding("0.5 a")])  # type: ignore[arg-type]
    assert (none[0].score, none[0].probability) == (0.5, None)
    scores, chances = judgement.judge([Remark("a", "", "0.5"), Remark("a", "", "1.5")], "people")
    assert scores == [0.5, 1.5]
    assert chances == [0.5, pytest.approx(0.880797)]
    assert (judgement.version, judgement.tier) == ("embedded-fixed", "embedded")


def test_what_was_found_is_said_in_one_line() -> None:
    assert describe_calibrations(Calibrations("v", LINE)) == (
        "On held-out remarks: people's 60% of 100 addressed (calibration error 0.020, area under the ROC curve 0.70); "
        "bots' too few to calibrate by."
    )
