"""What was found of a version beyond its accuracy, as plain text of 100 columns: slices, behaviour, guards, notes."""

import textwrap
from collections.abc import Iterable, Sequence

from reviewlore.domain.evaluation import Diagnostics, Evaluation, GuardResult, TierScore
from reviewlore.domain.visible import visible_line
from reviewlore.formats.tables import WIDTH, lay_out, show_interval

_LEAST_PAIRS = 20  # a slice of fewer is not shown: its interval would span most of the range


def render_slices(scores: Sequence[TierScore], names: Sequence[str]) -> list[str]:
    """Return the accuracy of versions (with the names they are shown by) by language and specialist, as tables.

    Slices of few pairs are named and counted below them; nothing is returned where there is no slice to tell apart.
    """
    rows = [(score, name) for score, name in zip(scores, names, strict=True) if score.slices]
    counts = {part: max(s.slices[part].count for s, _ in rows if part in s.slices) for part in _parts(rows)}
    shown = [part for part, count in counts.items() if count >= _LEAST_PAIRS]
    few = [f"{_short(part)} ({count})" for part, count in counts.items() if count < _LEAST_PAIRS]
    text = []
    if len(shown) > 1:
        columns = [
            [_short(part), *(show_interval(score.slices.get(part)) for score, _ in rows), str(counts[part])]
            for part in shown
        ]
        text += [
            "By language and specialist, all kinds together:",
            *lay_out(["", *(n for _, n in rows), "pairs"], columns),
        ]
    if few and text:
        text.append(_wrap(f"With fewer than {_LEAST_PAIRS} pairs, and so not shown: {', '.join(few)}."))
    return text


def render_examination(evaluation: Evaluation) -> list[str]:
    """Return what was measured of the version that the evaluation is about, its guards, and the notes."""
    text = []
    told = _tell(evaluation.diagnostics)
    if told:
        text.append(_wrap(f"Of {evaluation.subject}: {'; '.join(told)}."))
    if evaluation.guards:
        text.append("\n".join(["Guards:", *(_guard(guard) for guard in evaluation.guards)]))
    text += [_wrap(visible_line(note)) for note in evaluation.notes]
    return text


def _tell(found: Diagnostics) -> list[str]:
    told = []
    if found.length_correlation is not None:
        told.append(f"rank correlation of score and length {found.length_correlation:+.2f}")
    if found.silence is not None:
        told.append(
            f"of the {found.silence.count} held-out remarks that it would not say, "
            f"{show_interval(found.silence)} were not acted on"
        )
    if found.calibration_error is not None and found.auc is not None:
        told.append(f"calibration error {found.calibration_error:.3f}, area under the ROC curve {found.auc:.2f}")
    return told


def _guard(guard: GuardResult) -> str:
    name = guard.name.replace("_", " ")
    told = guard.told if guard.value is None else f"{'Broken' if guard.broken else 'Held'}. {guard.told}"
    return textwrap.fill(visible_line(f"{name}: {told}"), WIDTH, initial_indent="  ", subsequent_indent="    ")


def _parts(rows: Iterable[tuple[TierScore, str]]) -> list[str]:
    return sorted({part for score, _ in rows for part in score.slices})


def _short(part: str) -> str:
    return visible_line(part.partition(":")[2] or part)


def _wrap(text: str) -> str:
    return "\n".join(textwrap.wrap(text, WIDTH))
