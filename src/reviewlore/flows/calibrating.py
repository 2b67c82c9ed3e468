"""What a version's scores are worth, found on remarks that it had not seen. It decides nothing and writes nothing."""

from collections.abc import Iterable

from reviewlore.domain.calibration import Audience, Calibration, Calibrations, HeldOutRemark
from reviewlore.domain.history import AuthorKind, Episode
from reviewlore.domain.preference import Remark
from reviewlore.ports import Scorer
from reviewlore.ranking.calibration import fit_calibration

_AUTHORS: dict[Audience, AuthorKind] = {"people": "human", "bots": "bot"}


def fit_calibrations(scorer: Scorer, held_out: Iterable[Episode]) -> Calibrations:
    """Return what the scores are worth for the remarks of people and of bots.

    `held_out` are remarks of later pull requests than the scorer was trained on, whose outcome is known. The model that
    is served is trained once more, on these too; its scores of what comes next are taken to be worth the same.
    """
    episodes = [episode for episode in held_out if episode.outcome != "unknown"]
    scores = scorer.score([Remark(each.anchor.path, each.hunk, each.body) for each in episodes])
    found: dict[Audience, Calibration | None] = {}
    for audience, author in _AUTHORS.items():
        found[audience] = fit_calibration(
            HeldOutRemark(score, each.outcome == "addressed", f"{each.repository}#{each.pull_request}")
            for each, score in zip(episodes, scores, strict=True)
            if each.author_kind == author
        )
    return Calibrations(scorer.version, found["people"], found["bots"])


def describe_calibrations(calibrations: Calibrations) -> str:
    """Say in one line how well the probabilities hold, and where there was too little to tell."""
    parts = []
    for whose, found in (("people's", calibrations.people), ("bots'", calibrations.bots)):
        if found is None:
            parts.append(f"{whose} too few to calibrate by")
            continue
        parts.append(
            f"{whose} {found.addressed:.0%} of {found.count} addressed (calibration error {found.error:.3f}, area "
            f"under the ROC curve {found.auc:.2f})"
        )
    return f"On held-out remarks: {'; '.join(parts)}."
