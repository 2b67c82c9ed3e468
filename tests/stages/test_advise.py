"""Each advice is given from its threshold on and not before it, and never two at once."""

from dataclasses import replace

import pytest
from tests.stages.test_inventory import SIGNAL

from reviewlore.domain.drift import AgedVersion, Drift
from reviewlore.domain.mining import Approval
from reviewlore.domain.standing import ConcernRate, Reading, Standing, Trained
from reviewlore.stages.advise import THRESHOLDS, advise
from reviewlore.stages.inventory import count_dismissed

NOW = "2026-03-31T10:00:00Z"
TRAINED = Trained("embedded-1", "embedded", in_force=True, episodes=400, fresh=0, on_newest=True)
FINE = Standing(
    now=NOW,
    episodes=400,
    readings=(Reading("acme/harbor", True, "2026-03-30T00:00:00Z"),),
    mined_at="2026-03-30T00:00:00Z",
    trained=TRAINED,
    repository="acme/harbor",
)


def test_nothing_is_due_where_all_is_well():
    advice = advise(FINE)
    assert (advice.action, advice.command) == ("nothing", "")
    assert advice.reason == "0 remarks are new since embedded-1 was trained; 80 new ones are worth another training."


def test_reading_comes_first():
    advice = advise(Standing(NOW))
    assert (advice.action, advice.reason) == ("mine", "Nothing was read yet.")
    assert advice.command == "reviewlore mine --github OWNER/NAME"


def test_an_interrupted_pass_is_resumed():
    reading = Reading("acme/quay", False, "2026-01-05T00:00:00Z")
    advice = advise(replace(FINE, readings=(*FINE.readings, reading)))
    assert advice.command == "reviewlore mine --github acme/quay"
    assert "interrupted (it came to 2026-01-05T00:00:00Z)" in advice.reason


def test_a_dataset_that_cannot_be_used_is_made_again():
    stale = replace(FINE, unusable="The episodes no longer give dataset dddddddddddd.")
    assert advise(stale).reason == "The episodes no longer give dataset dddddddddddd."
    assert advise(stale).command == "reviewlore mine --github acme/harbor"
    assert advise(replace(stale, readings=())).command == "reviewlore mine --from FILE"


def test_few_remarks_ask_for_more():
    assert advise(replace(FINE, episodes=THRESHOLDS.remarks - 1)).action == "mine"
    assert advise(replace(FINE, episodes=THRESHOLDS.remarks)).action == "nothing"


@pytest.mark.parametrize(
    ("mined_at", "action"), [("2026-03-01T10:00:00Z", "nothing"), ("2026-02-28T10:00:00Z", "mine")]
)
def test_a_month_without_reading_is_too_long(mined_at, action):
    assert THRESHOLDS.days_unread == 30
    assert advise(replace(FINE, mined_at=mined_at)).action == action
    assert advise(replace(FINE, mined_at=mined_at, readings=())).action == "nothing", "files are not read again"


def test_a_waiting_dataset_is_decided_about_before_anything_is_trained():
    waiting = Approval("d" * 64, "maintain", "2026-03-29T00:00:00Z")
    advice = advise(replace(FINE, approval=waiting, trained=None, contradictions=50))
    assert advice.action == "approve"
    assert advice.reason == "Dataset dddddddddddd waits since 2026-03-29 for somebody with the role maintain."
    assert advice.command == 'reviewlore approve dddddddddddd --github acme/harbor --reason "..."'


def test_a_refused_dataset_says_why_nothing_is_trained():
    refused = Approval("d" * 64, "maintain", NOW, "refused", "person-1", NOW, "too much of one person")
    advice = advise(replace(FINE, approval=refused))
    assert advice.action == "approve"
    assert "was refused (too much of one person)" in advice.reason
    assert advise(replace(FINE, approval=replace(refused, state="approved"))).action == "nothing"


def test_contradictions_are_settled_from_some_on():
    assert advise(replace(FINE, contradictions=THRESHOLDS.contradictions - 1)).action == "nothing"
    advice = advise(replace(FINE, contradictions=THRESHOLDS.contradictions))
    assert (advice.action, advice.command) == ("settle", "reviewlore forget --comment ID")


def test_what_cannot_be_trained_on_serves_as_precedents():
    little = replace(FINE, trained=None, shortage="12 held-out pairs, at least 20 are needed.")
    advice = advise(little)
    assert (advice.action, advice.command) == ("index", "reviewlore review")
    assert advice.reason.startswith("Too little for a training: 12 held-out pairs, at least 20 are needed. The 400")
    assert advise(replace(little, trained=TRAINED)).action == "nothing", "a version is in force all the same"


def test_forgetting_makes_a_training_due():
    forgotten = replace(TRAINED, forgotten=True, tier="adapter")
    advice = advise(replace(FINE, trained=forgotten))
    assert (advice.action, advice.command) == ("retrain", "reviewlore train --tier adapter")
    assert advise(replace(FINE, trained=replace(forgotten, in_force=False))).action == "nothing"
    assert advise(replace(FINE, trained=forgotten, shortage="too little")).action == "nothing"


@pytest.mark.parametrize(
    ("episodes", "fresh", "action"),
    [(100, 49, "nothing"), (100, 50, "retrain"), (400, 79, "nothing"), (400, 80, "retrain")],
)
def test_new_remarks_are_worth_a_training_by_number_and_by_share(episodes, fresh, action):
    assert (THRESHOLDS.fresh, THRESHOLDS.fresh_share) == (50, 0.2)
    trained = replace(TRAINED, episodes=episodes, fresh=fresh, on_newest=False)
    assert advise(replace(FINE, trained=trained)).action == action
    assert advise(replace(FINE, trained=replace(trained, on_newest=True))).action == "nothing", (
        "it would be a duplicate"
    )


def test_the_first_training_is_advised_where_it_can_be_done():
    assert advise(replace(FINE, trained=None)).command == "reviewlore train"


@pytest.mark.parametrize(
    ("concern", "judged", "addressed", "action"),
    [
        ("testing", 8, 8, "rule"),
        ("testing", 7, 7, "nothing"),
        ("testing", 10, 9, "rule"),
        ("testing", 20, 17, "nothing"),
        ("other", 40, 40, "nothing"),
    ],
)
def test_what_is_always_done_is_a_rule(concern, judged, addressed, action):
    assert (THRESHOLDS.rule_remarks, THRESHOLDS.rule_rate) == (8, 0.9)
    rate = ConcernRate(concern, judged, addressed, "acme/harbor#5/123")
    assert advise(replace(FINE, concerns=(rate,))).action == action


def test_the_rule_names_the_commonest_concern_and_an_example():
    rates = (ConcernRate("naming", 9, 9, "acme/harbor#1/1"), ConcernRate("error_handling", 30, 29, "acme/harbor#5/123"))
    advice = advise(replace(FINE, concerns=rates))
    assert advice.reason.startswith("29 of the last 30 remarks on error handling were acted on.")
    assert advice.command == "reviewlore trace acme/harbor#5/123"


@pytest.mark.parametrize(
    ("dismissed", "action"),
    [
        ({"too-minor": 8}, "prompt"),
        ({"too-minor": 7}, "nothing"),
        ({"too-minor": 8, "wrong": 8}, "prompt"),
        ({"too-minor": 8, "wrong": 5, "not-here": 4}, "nothing"),
    ],
)
def test_one_reason_of_dismissal_asks_for_another_prompt(dismissed, action):
    assert (THRESHOLDS.dismissed, THRESHOLDS.dismissed_share) == (8, 0.5)
    assert advise(replace(FINE, dismissed=dismissed)).action == action


def test_of_reasons_as_frequent_the_one_with_the_example_is_named():
    signals = [replace(SIGNAL, reason=reason, finding=reason) for reason in ("wrong", "too-minor") * 8]
    dismissed, example = count_dismissed(signals, "")
    advice = advise(replace(FINE, dismissed=dismissed, dismissed_example=example))
    assert "8 of the last 16 dismissed comments were too-minor" in advice.reason
    assert advice.command == "reviewlore trace too-minor"


def test_the_embedded_tier_has_settings_where_others_have_prompts():
    dismissed = replace(FINE, dismissed={"too-minor": 9}, dismissed_example="3fa9c1d2e4")
    advice = advise(dismissed)
    assert "it has no prompt in the embedded tier: raise `min-severity`" in advice.reason
    assert advice.command == "reviewlore trace 3fa9c1d2e4"
    adapter = advise(replace(dismissed, trained=replace(TRAINED, tier="adapter")))
    assert "change its prompt, or raise `min-severity`" in adapter.reason


def test_code_that_moved_past_the_threshold_makes_a_training_due():
    aged = AgedVersion("embedded-1", "2026-01-02T00:00:00Z", Drift(0.2, packages_added=("a", "b", "c", "d")))
    trained = replace(TRAINED, aged=aged, on_newest=False)
    advice = advise(replace(FINE, trained=trained, drift_threshold=0.2))
    assert (advice.action, advice.command) == ("retrain", "reviewlore train")
    assert advice.reason == (
        "embedded-1 judges as it learned on 2026-01-02; the structure of the code has moved by 20 % (new: a, b, c and "
        "1 more) since. Training is due (drift-threshold 20 %)."
    )
    assert advise(replace(FINE, trained=trained, drift_threshold=0.21)).action == "nothing"
    again = advise(replace(FINE, trained=replace(trained, on_newest=True), drift_threshold=0.2))
    assert (again.action, again.command) == ("mine", "reviewlore mine --github acme/harbor")
    tried = replace(trained, in_force=False)
    assert advise(replace(FINE, trained=tried, drift_threshold=0.2)).action == "nothing"
