"""From scores to the chance of being addressed: held-out remarks in, a calibration and its thresholds out.

Whose remarks stand for whose: generated and foreign findings are a machine's words, so the machines' calibration is
theirs. An architecture fact is checked against the code, which no mined bot's remark is; until feedback on a rule
exists, nothing held out says how often its findings are addressed, and the people's calibration stands in for it: that
is a guess, not a measurement, and it counts as little as `_GUESS` posted findings against the rule's own record.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from reviewlore.domain.calibration import Audience, Calibration, Calibrations, HeldOutRemark, OperatingPoint, RuleRecord
from reviewlore.domain.finding import Source
from reviewlore.ranking.reliability import area_under_roc, brier_score, calibration_error, make_bins, wilson_low

LEAST_REMARKS = 40
LEAST_OF_EACH = 8  # addressed, and not addressed
LEAST_GROUPS = 3
LEAST_RECORD = 5  # posted findings of a rule
_FOLDS = 5
_LEAST_KEPT = 10  # the share of fewer remarks is no precision
_PRECISIONS = tuple(step / 20 for step in range(1, 20))
_GUESS = 5.0
_NEWTON_STEPS = 100
_LARGEST = 1e6  # no model scores like this, and squares of more would overflow


def fit_calibration(remarks: Iterable[HeldOutRemark], *, sloped: bool = True) -> Calibration | None:
    """Return the calibration of held-out remarks; None where they are too few to tell anything.

    Platt scaling with his targets (Platt 1999, "Probabilistic outputs for support vector machines", 2.2), which keep
    few remarks from being certain. A slope has to be positive, to rest on `LEAST_OF_EACH` remarks of each outcome, and
    to predict groups that it was not fitted on better than their share alone does (Brier score); else there is none,
    and the probability is the share addressed, whatever the score. `sloped` False asks for that.
    """
    judged = [each for each in remarks if _is_score(each.score)]
    outcomes = [each.addressed for each in judged]
    groups = sorted({each.group for each in judged})
    hits = sum(outcomes)
    if len(judged) < LEAST_REMARKS or len(groups) < LEAST_GROUPS:
        return None
    scores = [each.score for each in judged]
    predicted, shares = _cross_fitted(judged, groups)
    slope, intercept = _platt(scores, outcomes)
    if not sloped or brier_score(predicted, outcomes) >= brier_score(shares, outcomes):
        slope, intercept, predicted = 0.0, _logit(_smoothed(hits, len(judged))), shares
    bins = make_bins(predicted, outcomes)
    fitted = Calibration(
        slope=slope,
        intercept=intercept,
        count=len(judged),
        groups=len(groups),
        addressed=hits / len(judged),
        error=calibration_error(bins),
        brier=brier_score(predicted, outcomes),
        auc=area_under_roc(scores, outcomes),
        bins=bins,
    )
    return replace(fitted, points=_points(fitted, scores, outcomes))


def calibrate(calibration: Calibration, score: float) -> float:
    """Return the chance, in (0, 1), that a remark of this score is addressed; the mean one for a score that is none."""
    if not _is_score(score):
        return calibration.addressed
    return _sigmoid(calibration.slope * score + calibration.intercept)


def audience_of(source: Source) -> Audience:
    """Return whose held-out remarks stand for findings of a source; the module's docstring says why."""
    return "people" if source == "architecture" else "bots"


def calibration_for(calibrations: Calibrations, source: Source) -> Calibration | None:
    """Return the calibration by which findings of a source are judged; None where there is none."""
    return calibrations.people if audience_of(source) == "people" else calibrations.bots


def threshold_for(calibrations: Calibrations, precision: float, source: Source) -> float | None:
    """Return the least probability at which held-out remarks reach a precision; None where no probability does.

    Between two points that were measured the stricter one is taken. None says that a promise of this precision would
    rest on nothing: it is for the caller to stay silent, or to keep to its cap and say so.
    """
    calibration = calibration_for(calibrations, source)
    point = find_point(calibration, precision) if calibration else None
    return point.probability if point else None


def find_point(calibration: Calibration, precision: float) -> OperatingPoint | None:
    """Return the first measured point that reaches a precision; None where none does."""
    return next((point for point in calibration.points if point.precision >= precision - 1e-9), None)


def combine(probability: float, record: RuleRecord | None) -> float:
    """Return a finding's probability in the light of its rule's own record.

    The mean of the Beta posterior (Gelman et al., Bayesian Data Analysis, 2.4) whose prior has the probability as its
    mean and the weight of `_GUESS` findings.
    """
    if record is None or record.posted <= 0:
        return probability
    hits = min(max(record.addressed, 0), record.posted)
    return (_GUESS * probability + hits) / (_GUESS + record.posted)


def is_measured(source: Source, record: RuleRecord | None) -> bool:
    """Whether a finding's probability was found on remarks like it; of a fact only where its rule has a record."""
    return audience_of(source) == "bots" or (record is not None and record.posted >= LEAST_RECORD)


def find_refuted(records: Iterable[RuleRecord], precision: float) -> frozenset[str]:
    """Return the rules whose own findings are addressed less often than a precision asks, beyond chance.

    A threshold holds for the remarks it was found on. What is known of one rule's own findings is not of their kind, so
    it is asked by itself: the upper end of its 95 % Wilson interval, from `LEAST_RECORD` findings on. Records are to be
    recent: what is not said makes no new ones.
    """
    return frozenset(
        record.rule
        for record in records
        if record.posted >= LEAST_RECORD
        and 1.0 - wilson_low(record.posted - min(record.addressed, record.posted), record.posted) < precision
    )


def borrow(own: Calibrations, prior: Calibrations, *, same_scale: bool) -> Calibrations:
    """Return a version's calibrations with the prior's where it has none of its own.

    Rankers share one scale: the difference of two scores is the logit of a preference. Where a version does not
    (`same_scale` False, an adapter), only the share addressed is borrowed, and the score says nothing.
    """
    found: dict[Audience, Calibration | None] = {"people": own.people, "bots": own.bots}
    borrowed = list(own.borrowed)
    shipped: dict[Audience, Calibration | None] = {"people": prior.people, "bots": prior.bots}
    for audience, theirs in shipped.items():
        if found[audience] is None and theirs is not None:
            found[audience] = theirs if same_scale else _flat(theirs)
            borrowed.append(audience)
    return replace(own, people=found["people"], bots=found["bots"], borrowed=tuple(dict.fromkeys(borrowed)))


def _is_score(value: float) -> bool:
    return math.isfinite(value) and abs(value) <= _LARGEST


def _flat(calibration: Calibration) -> Calibration:
    hits = round(calibration.addressed * calibration.count)
    intercept = _logit(_smoothed(hits, calibration.count))
    points = tuple(
        replace(
            point, score=0.0, probability=_sigmoid(intercept), count=calibration.count, reached=calibration.addressed,
            low=wilson_low(hits, calibration.count), recall=1.0,
        )
        for point in calibration.points
        if point.precision <= calibration.addressed
    )  # fmt: skip
    share = calibration.addressed
    return replace(
        calibration, slope=0.0, intercept=intercept, brier=share * (1 - share), auc=0.5, bins=(), points=points
    )


def _cross_fitted(judged: Sequence[HeldOutRemark], groups: Sequence[str]) -> tuple[list[float], list[float]]:
    """Predict each remark by a fit on the groups of the other folds, and by their share addressed alone."""
    fold = {group: number % min(_FOLDS, len(groups)) for number, group in enumerate(groups)}
    fits, shares = {}, {}
    for number in set(fold.values()):
        others = [each for each in judged if fold[each.group] != number]
        outcomes = [each.addressed for each in others]
        fits[number] = _platt([each.score for each in others], outcomes)
        shares[number] = _smoothed(sum(outcomes), len(outcomes))
    predicted = []
    for each in judged:
        slope, intercept = fits[fold[each.group]]
        predicted.append(_sigmoid(slope * each.score + intercept))
    return predicted, [shares[fold[each.group]] for each in judged]


def _platt(scores: Sequence[float], outcomes: Sequence[bool]) -> tuple[float, float]:
    """Return slope and intercept by Newton's method, scores standardised meanwhile.

    Lin, Lin and Weng 2007, "A note on Platt's probabilistic outputs": damped, because full steps can diverge.
    """
    positive = sum(outcomes)
    negative = len(outcomes) - positive
    base = _logit(_smoothed(positive, len(outcomes)))
    centre = math.fsum(scores) / max(1, len(scores))
    spread = math.sqrt(math.fsum((s - centre) ** 2 for s in scores) / max(1, len(scores)))
    if min(positive, negative) < LEAST_OF_EACH or spread <= 1e-9:
        return 0.0, base
    x = [(s - centre) / spread for s in scores]
    high, low = (positive + 1) / (positive + 2), 1 / (negative + 2)
    targets = [high if outcome else low for outcome in outcomes]
    a, b = 0.0, base
    loss = _loss(x, targets, a, b)
    for _ in range(_NEWTON_STEPS):
        step_a, step_b = _newton_step(x, targets, a, b)
        size, reached = 1.0, loss
        while size > 1e-6:
            reached = _loss(x, targets, a - size * step_a, b - size * step_b)
            if reached <= loss:
                break
            size /= 2
        if reached > loss:
            break
        a, b, moved = a - size * step_a, b - size * step_b, loss - reached
        loss = reached
        if moved < 1e-12 * len(x):
            break
    if a <= 0.0:
        return 0.0, base
    return a / spread, b - a * centre / spread


def _newton_step(x: Sequence[float], targets: Sequence[float], a: float, b: float) -> tuple[float, float]:
    p = [_sigmoid(a * value + b) for value in x]
    errors = [predicted - target for predicted, target in zip(p, targets, strict=True)]
    weights = [predicted * (1 - predicted) for predicted in p]
    gradient_a, gradient_b = math.fsum(e * v for e, v in zip(errors, x, strict=True)), math.fsum(errors)
    aa = math.fsum(w * v * v for w, v in zip(weights, x, strict=True)) + 1e-9
    ab, bb = math.fsum(w * v for w, v in zip(weights, x, strict=True)), math.fsum(weights) + 1e-9
    determinant = aa * bb - ab * ab
    if determinant <= 0.0:
        return 0.0, 0.0
    return (bb * gradient_a - ab * gradient_b) / determinant, (aa * gradient_b - ab * gradient_a) / determinant


def _loss(x: Sequence[float], targets: Sequence[float], a: float, b: float) -> float:
    """Return the cross-entropy, written so that no exponential overflows."""
    total = []
    for value, target in zip(x, targets, strict=True):
        z = a * value + b
        total.append(max(z, 0.0) - target * z + math.log1p(math.exp(-abs(z))))
    return math.fsum(total)


def _points(calibration: Calibration, scores: Sequence[float], outcomes: Sequence[bool]) -> tuple[OperatingPoint, ...]:
    """Return the lowest threshold that reaches each precision; those that no threshold reaches are left out."""
    ranked = sorted(zip((calibrate(calibration, s) for s in scores), scores, outcomes, strict=True), reverse=True)
    found: dict[float, OperatingPoint] = {}
    total, hits = sum(outcomes), 0
    for number, (probability, score, outcome) in enumerate(ranked, 1):
        hits += outcome
        if number < _LEAST_KEPT or (number < len(ranked) and ranked[number][0] == probability):
            continue  # a threshold cannot part equal probabilities
        share = hits / number
        for precision in _PRECISIONS:
            if share >= precision:
                low = wilson_low(hits, number)
                found[precision] = OperatingPoint(precision, score, probability, number, share, low, hits / total)
    return tuple(found[precision] for precision in sorted(found))


def _smoothed(hits: int, count: int) -> float:
    return (hits + 1) / (count + 2)


def _sigmoid(value: float) -> float:
    if value >= 0:
        return 1 / (1 + math.exp(-value))
    odds = math.exp(value)
    return odds / (1 + odds)


def _logit(share: float) -> float:
    return math.log(share / (1 - share))
