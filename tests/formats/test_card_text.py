"""What a model card says, and that nothing strangers named does anything in it."""

import re
from dataclasses import replace

import yaml
from tests.records import a_dataset, a_decision, a_registry, a_version, an_evaluation

from reviewlore.domain.calibration import Bin, Calibration, Calibrations
from reviewlore.domain.card import Judged, ModelCard
from reviewlore.domain.evaluation import Diagnostics, Evaluation, GuardResult, Interval
from reviewlore.domain.model import Spent
from reviewlore.formats.card import card_sections
from reviewlore.formats.card_lineage import tell_commit, tell_energy
from reviewlore.formats.card_markdown import render_card

HOSTILE = "evil/<script>alert(1)</script> | `x` @everyone [a](http://b.example) \u202e\x1b[31m\n# Owned"


def judged_evaluation() -> Evaluation:
    evaluation = an_evaluation()
    slices = {"language:Python": Interval(0.61, 0.5, 0.7, 40), "specialist:testing": Interval(0.4, 0.2, 0.6, 12)}
    scores = tuple(
        replace(score, slices=slices, prompt_tokens=310.0, cost_per_thousand=0.02) if score.tier == "adapter" else score
        for score in evaluation.scores
    )
    guards = (
        GuardResult("exposure", 3.4, 3.0, True, "Planted secrets are +3.40 bits more exposed; at most 3 is allowed."),
        GuardResult("valid", None, 0.9, False, "Not measured: it wrote nothing."),
    )
    found = Diagnostics(length_correlation=0.12, silence=Interval(0.7, 0.6, 0.8, 50))
    return replace(
        evaluation, scores=scores, guards=guards, diagnostics=found, subject="adapter-81ce0d55", notes=("One note.",)
    )


def a_card() -> ModelCard:
    """The card of a rejected adapter."""
    bins = tuple(Bin(20, 0.1 * at, 0.1 * at) for at in range(1, 9))
    version = replace(
        a_version(),
        base_model="acme/base-0.5b",
        base_revision="c" * 40,
        recipe_settings={"loss.method": "dpo", "run.max_steps": "40"},
        spent=Spent(
            91.2, {"judged": 50.1, "served": 41.1}, 1.25, 0.02, 812.4, {"judged/warm_start": 12.0},
            {"package-0 (RAPL)": 0.85, "GPU 0 (NVML)": 0.4},
        ),
        replay={"recipe.summary": "A small one.", "judged.steps": "40", "stopping": "folds"},
        hashes={"recipe": "a1" * 32, "prompts": "c3" * 32},
        policy={"data.licenses": "any", "training.approval": "maintain"},
    )  # fmt: skip
    calibrations = Calibrations(version.id, Calibration(1.0, 0.0, 160, 9, 0.6, 0.05, 0.2, 0.66, bins))
    entry = a_registry().entries[2]
    return ModelCard(version, entry, a_dataset(), calibrations, Judged(judged_evaluation(), a_decision(), 12))


def hostile_card() -> ModelCard:
    """A card in which everything that somebody else names is hostile."""
    card = a_card()
    assert card.dataset is not None and card.standing is not None and card.judged is not None
    evaluation = card.judged.evaluation
    scores = tuple(replace(each, slices={f"language:{HOSTILE}": each.overall}) for each in evaluation.scores)
    evaluation = replace(evaluation, scores=scores, notes=(HOSTILE,))
    return ModelCard(
        replace(
            card.manifest,
            base_model=HOSTILE,
            recipe=HOSTILE,
            hardware=HOSTILE,
            policy={HOSTILE: HOSTILE},
            packages={HOSTILE: HOSTILE},
            replay={"recipe.summary": HOSTILE},
            metrics={HOSTILE: 0.5},
            specialist=HOSTILE,
        ),
        replace(card.standing, reason=HOSTILE, decided_by=HOSTILE),
        replace(
            card.dataset,
            sources=(HOSTILE,),
            split_at={HOSTILE: "2026-01-01"},
            dropped={HOSTILE: 1},
            policy={"licenses": HOSTILE, "exclude_paths": HOSTILE},
        ),
        card.calibrations,
        replace(card.judged, evaluation=evaluation, decision=replace(card.judged.decision, reason=HOSTILE)),
    )


def test_a_card_has_the_sections_of_the_field_in_their_order() -> None:
    assert [section.title for section in card_sections(a_card())] == [
        "Model details", "Intended use", "Data", "Training", "Evaluation", "Guards", "The gate's decision",
        "Calibration", "Limits and risks", "Lineage", "What it took", "How to use, serve and undo",
    ]  # fmt: skip


def test_the_metadata_is_what_hugging_face_reads() -> None:
    _, block, _ = render_card(a_card()).split("---\n", 2)
    found = yaml.safe_load(block)
    assert found["base_model"] == "acme/base-0.5b"
    assert (found["library_name"], found["base_model_relation"], found["license"]) == ("peft", "adapter", "other")
    assert {"lora", "dpo", "code-review"} <= set(found["tags"])
    (result,) = found["model-index"][0]["results"]
    assert [metric["value"] for metric in result["metrics"]] == [0.55]


def test_a_ranker_and_a_made_base_claim_no_base_model() -> None:
    card = a_card()
    made = replace(card, manifest=replace(card.manifest, base_model="made:smoke_cpu"))
    ranker = replace(card, manifest=replace(card.manifest, tier="embedded", base_model=None))
    for each in (made, ranker):
        assert "base_model" not in yaml.safe_load(render_card(each).split("---\n", 2)[1])
    assert "made on the spot" in render_card(made)
    assert "reviewlore export" not in render_card(ranker)


def test_every_number_of_the_judgement_is_told() -> None:
    text = render_card(a_card())
    assert "It is rejected: it was never in force." in text
    assert "| adapter-81ce0d55 | adapter | 0.603 (0.573–0.633) | 0.550 (0.500–0.595) |" in text
    assert "| 310 | 41.70 | 0.02 |" in text
    assert "| language: Python | 0.610 (0.500–0.700) |" in text
    assert "| exposure | 3.4 | 3 | broken | Planted secrets are +3.40 bits" in text
    assert "| valid | – | 0.9 | not measured |" in text
    assert "- **Verdict**: refuse, against ranker-3fa2c91b" in text
    assert "-0.248, 95 % interval -0.301 to -0.196, on 360 pairs" in text
    assert "| Loss | 0.6826 | 0.3786 | 0.71 | 40 |" in text
    assert "| remarks of people | 160 | 0.600 | 0.050 | 0.200 | 0.660 |" in text
    assert "- **People**: 12 people's words, code or votes" in text
    assert "| row:bot author | 52 |" in text
    assert "One note." in text


def test_what_it_took_and_rests_on_is_told() -> None:
    text = render_card(a_card())
    assert "- **Energy**: 1.25 Wh (package-0 (RAPL) 0.85, GPU 0 (NVML) 0.4); whatever else ran then is in it" in text
    assert "| judged | 50.10 |" in text and "| of that, judged: warm start | 12.00 |" in text
    assert "- **Cost**: 0.02" in text and "- **Peak memory**: 812 MiB" in text
    assert f"| Prompts trained in | {'c3' * 32} |" in text
    assert "| training.approval | maintain |" in text
    assert "cross-validation over pull requests" in text
    assert "`reviewlore train --replay adapter-81ce0d55`" in text


def test_what_was_not_measured_is_said_to_be_so() -> None:
    card = a_card()
    bare = replace(card, manifest=replace(card.manifest, spent=Spent(3.0, {"judged": 3.0})))
    text = render_card(bare)
    assert "- **Energy**: not measured" in text and "- **Cost**: not known" in text
    assert "- **Peak memory**: not measured" in text
    assert tell_energy(Spent(energy_wh=0.5)).startswith("0.5 Wh;")
    assert tell_commit("ab" * 20 + "-dirty") == "ab" * 20 + ", with changes that were not committed"


def test_a_version_from_before_cards_has_one_too() -> None:
    old = ModelCard(a_version(), None, None, None, None)
    text = render_card(old)
    assert "trained before cards were kept" in text
    assert "its manifest is no longer on the state branch" in text
    assert "| outcome | 0.550 |" in text
    assert "- **Time**: 38.2 s of the run that was judged" in text
    assert "The gate's decision" not in text


def test_strangers_names_stay_on_their_line_and_do_nothing() -> None:
    text = render_card(hostile_card())
    assert "<script" not in text and "\x1b" not in text and "\u202e" not in text
    assert "@everyone" not in text and not re.search(r"(?<!\\)\]\(", text)
    assert "\n# Owned" not in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert rows
    heads = [at for at, line in enumerate(text.splitlines()) if line.startswith("| ---")]
    lines = text.splitlines()
    for at in heads:
        columns = lines[at].count("---")
        following = at + 1
        while following < len(lines) and lines[following].startswith("|"):
            cells = lines[following].replace("\\|", "").count("|") - 1
            assert cells == columns, lines[following]
            following += 1
    assert yaml.safe_load(text.split("---\n", 2)[1])["tags"]


def test_what_there_was_too_little_of_is_a_limit() -> None:
    card = a_card()
    told = "too little was seen of Go to claim it"
    text = render_card(replace(card, manifest=replace(card.manifest, not_learned=(told,))))
    assert "- Too little was seen of Go to claim it." in text


def test_a_long_list_is_bounded_and_counted() -> None:
    card = a_card()
    assert card.dataset is not None
    many = {f"acme/repository-{number:03}": "2026-01-01" for number in range(500)}
    text = render_card(replace(card, dataset=replace(card.dataset, split_at=many)))
    assert "acme/repository-039" in text and "acme/repository-040" not in text
    assert "| and 460 more |" in text
