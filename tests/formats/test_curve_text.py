"""A learning curve as people read it."""

from reviewlore.domain.curve import CurveFit, CurvePoint, LearningCurve
from reviewlore.domain.evaluation import Interval
from reviewlore.formats.curve import render_curve


def test_the_whole_text() -> None:
    curve = LearningCurve(
        points=(
            CurvePoint(0.25, 5, 40, Interval(0.5, 0.4, 0.6, 90), 3),
            CurvePoint(0.5, 10, 81.5, Interval(0.6, 0.5, 0.7, 90), 3),
            CurvePoint(1.0, 20, 160, Interval(0.65, 0.6, 0.7, 90), 1),
        ),
        fit=CurveFit(0.7, 0.4, 0.5),
        doubled=Interval(0.68, 0.6, 0.8, 90),
        gain=Interval(0.03, -0.01, 0.1, 90),
        outlook="unclear",
        judged_pairs=90,
        judged_pull_requests=12,
        seed=1,
    )
    assert render_curve(curve) == (
        "Learning curve of the embedded ranker: accuracy (mean of kinds) on 90 pairs of 12 later pull\n"
        "requests, trained on random shares of the earlier ones\n"
        "\n"
        " share  pull requests   pairs  accuracy        .40                                  .80\n"
        "   25%              5      40  .50 (.40–.60)   ├─────────●────────┤\n"
        "   50%             10      82  .60 (.50–.70)             ├────────●─────────┤\n"
        "  100%             20     160  .65 (.60–.70)                      ├────●────┤\n"
        "  200%             40          .68 (.60–.80)                      ├───────○───────────┤\n"
        "\n"
        "Whether twice the pull requests would help the ranker cannot be told: +3.0 points (95 % interval\n"
        "-1.0 to +10.0).\n"
    )
