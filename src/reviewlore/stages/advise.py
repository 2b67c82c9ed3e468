"""How the data stands in, the one thing to do now out: what it is, why, and what to type. Pure.

What is over once it is done (reading, deciding, training) comes before what takes a change of habit (rules, prompts).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from reviewlore.domain.standing import Advice, ConcernRate, Standing


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From where on something is advised; one table, each with its reason."""

    window_days: int = 180  # what is older than that says little of the habits of today
    remarks: int = 20  # below it not even precedents are many enough to be found
    days_unread: int = 30  # a month of reviews is the rhythm of a scheduled run that was lost
    contradictions: int = 5  # groups; a few are ordinary changes of mind, and they count half as it is
    fresh: int = 50  # new remarks that are worth a training ...
    fresh_share: float = 0.2  # ... and their least share of what was trained on: fewer do not move a ranker
    rule_remarks: int = 8  # of one concern with a known outcome
    rule_rate: float = 0.9  # acted on so often, it is no longer judgement
    dismissed: int = 8  # for one reason
    dismissed_share: float = 0.5  # of all dismissals: one thing is wrong, not many


THRESHOLDS = Thresholds()
_FORGE = "OWNER/NAME"
_SETTINGS = {
    "too-minor": "raise `min-severity` or `min-confidence` under [review] in .reviewlore.toml",
    "style-only": "name the kind under `silent` of [review] in .reviewlore.toml",
    "not-here": "name the places under `exclude-paths` of [review] in .reviewlore.toml",
    "intended": "name the kind under `silent` of [review], or write the decision down where reviewers read it",
    "wrong": "name the kind under `silent` of [review] in .reviewlore.toml, and report it",
}


def advise(standing: Standing, thresholds: Thresholds = THRESHOLDS) -> Advice:
    """Return exactly one advice; `nothing`, with what it would take, where all is well."""
    rules: tuple[Callable[[Standing, Thresholds], Advice | None], ...] = (
        _mine,
        _approve,
        _settle,
        _retrain_forgotten,
        _retrain_moved,
        _index,
        _retrain,
        _rule,
        _prompt,
    )
    found = (rule(standing, thresholds) for rule in rules)
    return next((advice for advice in found if advice is not None), _nothing(standing, thresholds))


def _mine(standing: Standing, thresholds: Thresholds) -> Advice | None:
    if not standing.episodes:
        return Advice("mine", "Nothing was read yet.", _mining(standing))
    for reading in standing.readings:
        if not reading.complete:
            told = f" (it came to {reading.updated_at})" if reading.updated_at else ""
            reason = f"The last pass over {reading.repository} was interrupted{told}; the next run goes on from there."
            return Advice("mine", reason, f"reviewlore mine --github {reading.repository}")
    if standing.episodes < thresholds.remarks:
        reason = f"There are {standing.episodes} remarks; fewer than {thresholds.remarks} tell little."
        return Advice("mine", reason, _mining(standing))
    if standing.unusable:
        return Advice("mine", standing.unusable, _mining(standing))
    days = _days(standing.mined_at, standing.now)
    if standing.readings and days > thresholds.days_unread:
        reason = f"Something new was last read {days} days ago, on {standing.mined_at[:10]}."
        return Advice("mine", reason, _mining(standing))
    return None


def _approve(standing: Standing, thresholds: Thresholds) -> Advice | None:
    asked = standing.approval
    if asked is None or asked.state == "approved":
        return None
    name, repository = asked.dataset[:12], standing.repository or _FORGE
    command = f'reviewlore approve {name} --github {repository} --reason "..."'
    if asked.state == "refused":
        why = f" ({asked.reason})" if asked.reason else ""
        return Advice(
            "approve",
            f"Dataset {name} was refused{why}, so nothing is trained on it. Mend what was meant and mine again, or "
            "approve it after all.",
            command,
        )
    reason = f"Dataset {name} waits since {asked.asked_at[:10]} for somebody with the role {asked.role}."
    return Advice("approve", reason, command)


def _settle(standing: Standing, thresholds: Thresholds) -> Advice | None:
    if standing.contradictions < thresholds.contradictions:
        return None
    reason = (
        f"{standing.contradictions} groups of near-equal remarks fared oppositely. They count half until it is settled "
        "what holds: forget the one of each pair above that no longer does."
    )
    return Advice("settle", reason, "reviewlore forget --comment ID")


def _retrain_forgotten(standing: Standing, thresholds: Thresholds) -> Advice | None:
    trained = standing.trained
    if trained is None or not (trained.forgotten and trained.in_force) or standing.shortage:
        return None
    reason = f"{trained.version} is in force and learned from what was forgotten since."
    return Advice("retrain", reason, _training(trained.tier))


def _retrain_moved(standing: Standing, thresholds: Thresholds) -> Advice | None:
    trained = standing.trained
    if trained is None or trained.aged is None or not trained.in_force or standing.shortage:
        return None
    reason = trained.aged.note(standing.drift_threshold)
    if reason is None:
        return None
    if trained.on_newest:  # the same data would be refused
        return Advice("mine", f"{reason} Remarks about the code of today come first.", _mining(standing))
    return Advice("retrain", reason, _training(trained.tier))


def _index(standing: Standing, thresholds: Thresholds) -> Advice | None:
    if not standing.shortage or (standing.trained is not None and standing.trained.in_force):
        return None
    reason = (
        f"Too little for a training: {standing.shortage.rstrip('.')}. The {standing.episodes} remarks serve as "
        "precedents meanwhile: every review searches them and cites what was acted on."
    )
    return Advice("index", reason, "reviewlore review")


def _retrain(standing: Standing, thresholds: Thresholds) -> Advice | None:
    trained = standing.trained
    if standing.shortage:
        return None
    if trained is None:
        return Advice("retrain", "There is enough to learn from, and nothing was trained yet.", _training(""))
    if trained.on_newest or trained.fresh < _worth(trained.episodes, thresholds):
        return None
    verb = "learned from" if trained.in_force else "was tried on"
    reason = f"{trained.fresh} remarks are new since {trained.version} {verb} {trained.episodes}."
    return Advice("retrain", reason, _training(trained.tier))


def _rule(standing: Standing, thresholds: Thresholds) -> Advice | None:
    fixed = [rate for rate in standing.concerns if _is_rule(rate, thresholds)]
    if not fixed:
        return None
    most = max(fixed, key=lambda rate: (rate.addressed, rate.concern))
    reason = (
        f"{most.addressed} of the last {most.judged} remarks on {most.concern.replace('_', ' ')} were acted on. What "
        "is always asked for and always done is a rule: let a linter say it, or write it into CONTRIBUTING.md."
    )
    return Advice("rule", reason, f"reviewlore trace {most.example}")


def _prompt(standing: Standing, thresholds: Thresholds) -> Advice | None:
    if not standing.dismissed:
        return None
    # Of equals the first, as `inventory.count_dismissed` does, whose example it is.
    reason, count = min(standing.dismissed.items(), key=lambda item: (-item[1], item[0]))
    total = sum(standing.dismissed.values())
    if count < thresholds.dismissed or count < thresholds.dismissed_share * total:
        return None
    lever = _SETTINGS.get(reason, "change [review] in .reviewlore.toml")
    tier = standing.trained.tier if standing.trained is not None and standing.trained.in_force else "embedded"
    what = f"it has no prompt in the embedded tier: {lever}" if tier == "embedded" else f"change its prompt, or {lever}"
    said = (
        f"{count} of the last {total} dismissed comments were {reason}: the reviewer says what it should not; {what}."
    )
    return Advice(
        "prompt", said, f"reviewlore trace {standing.dismissed_example}" if standing.dismissed_example else ""
    )


def _nothing(standing: Standing, thresholds: Thresholds) -> Advice:
    trained = standing.trained
    need = _worth(trained.episodes if trained else 0, thresholds)
    since = f"{trained.fresh} remarks are new since {trained.version} was trained; " if trained else ""
    return Advice("nothing", f"{since}{need} new ones are worth another training.")


def _worth(episodes: int, thresholds: Thresholds) -> int:
    """Return how many new remarks are worth a training."""
    return max(thresholds.fresh, round(thresholds.fresh_share * episodes))


def _is_rule(rate: ConcernRate, thresholds: Thresholds) -> bool:
    many = rate.judged >= thresholds.rule_remarks
    return many and rate.concern != "other" and rate.addressed >= thresholds.rule_rate * rate.judged


def _mining(standing: Standing) -> str:
    if standing.episodes and not standing.readings:
        return "reviewlore mine --from FILE"
    return f"reviewlore mine --github {standing.readings[0].repository if standing.readings else _FORGE}"


def _training(tier: str) -> str:
    return "reviewlore train --tier adapter" if tier == "adapter" else "reviewlore train"


def _days(since: str, now: str) -> int:
    """Return the whole days between two times; none where the first is not known."""
    if not since:
        return 0
    return (datetime.fromisoformat(now) - datetime.fromisoformat(since)).days
