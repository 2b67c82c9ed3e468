"""What the page of a job says of a training."""

import pytest

from reviewlore.domain.evaluation import GateDecision
from reviewlore.domain.model import Spent, VersionManifest
from reviewlore.formats.run_summary import draw_sparkline, render_run

LOG = (
    {"step": 1.0, "sft_loss": 4.0},
    {"step": 1.0, "loss": 0.6931, "accuracy": 0.0},
    {"step": 2.0, "loss": 0.5, "accuracy": 0.9},
    {"step": 4.0, "loss": 0.25, "accuracy": 1.0},
    {"step": 4.0, "eval_loss": 0.3, "eval_accuracy": 1.0},
)


def manifest(**changes: object) -> VersionManifest:
    told: dict[str, object] = {
        "id": "adapter-12ab", "tier": "adapter", "created_at": "", "recipe": "smoke_cpu", "recipe_settings": {},
        "dataset": "0123456789abcdef", "base_model": "made:smoke_cpu", "base_revision": "", "packages": {},
        "code_commit": "", "seed": 1, "parent": None, "files": {}, "log": LOG, "hardware": "A processor | 2 cores",
        "spent": Spent(seconds=301.0, runs={"judged": 150.2, "served": 150.8}, peak_mib=612.4),
    }  # fmt: skip
    return VersionManifest(**{**told, **changes})  # type: ignore[arg-type]


def test_a_run_is_told_with_its_decision_and_its_curve() -> None:
    decision = GateDecision("refuse", "It ranks no better than [the prior](x).", "adapter-12ab", None)
    assert render_run(manifest(), decision) == (
        "## Refused: adapter-12ab\n"
        "\n"
        "It ranks no better than \\[the prior\\](x).\n"
        "\n"
        "| the run | |\n"
        "|---|---|\n"
        "| recipe | smoke_cpu |\n"
        "| base model | made:smoke_cpu |\n"
        "| dataset | 0123456789ab |\n"
        "| steps | 4 |\n"
        "| time | 5 min 1 s (judged 2 min 30 s, served 2 min 31 s) |\n"
        "| hardware | A processor \\| 2 cores |\n"
        "| memory | 612 MiB at most |\n"
        "\n"
        "`█▅▁` loss: 0.693 at step 1, 0.250 at step 4\n"
    )


def test_a_ranker_has_no_curve() -> None:
    text = render_run(
        manifest(log=(), base_model=None, spent=Spent()),
        GateDecision("promote", "It is better.", "adapter-12ab", None),
    )
    assert text.startswith("## Promoted: adapter-12ab\n")
    assert "steps" not in text
    assert "▁" not in text


@pytest.mark.parametrize(
    ("values", "drawn"),
    [((), ""), ((1.0,), "▁"), ((2.0, 2.0), "▁▁"), ((0.0, 7.0), "▁█"), (tuple(map(float, range(8))), "▁▂▃▄▅▆▇█")],
)
def test_bars_go_from_the_smallest_to_the_largest(values: tuple[float, ...], drawn: str) -> None:
    assert draw_sparkline(values) == drawn


def test_many_values_are_sampled_and_the_last_is_shown() -> None:
    drawn = draw_sparkline([*([1.0] * 500), 0.0])
    assert len(drawn) <= 60
    assert drawn[-1] == "▁"
