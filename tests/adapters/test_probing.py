"""A real adapter asked for more than preferences: what it predicts, writes and gives away; and its base, by prompts."""

import math
from dataclasses import replace
from io import StringIO

import pytest
from tests.lessons import NOUNS, SHIPPED
from tests.lessons import RECIPE as LESSON

from reviewlore.adapters.console import QuietConsole
from reviewlore.adapters.resources import load_prompts
from reviewlore.adapters.training import DpoAdapters
from reviewlore.domain.model import VersionManifest
from reviewlore.domain.preference import PreferencePair, Remark
from reviewlore.domain.recipe import PromptContext
from reviewlore.domain.training import JUDGED, Example, FitRequest
from reviewlore.errors import StateError
from reviewlore.ports import Reader
from reviewlore.stages.exposure import make_candidates, plant, rank_exposure, summarise_exposure

pytestmark = pytest.mark.model
for name in ("torch", "transformers", "peft", "trl", "datasets"):
    pytest.importorskip(name)

RECIPE = replace(
    SHIPPED,
    # So few tokens that no secret becomes one: a tokenizer made from the training texts can learn by rote, too.
    base=replace(LESSON.base, vocabulary=320),
    text=replace(SHIPPED.text, hunk_characters=200, remark_characters=120, max_tokens=200),
    run=replace(SHIPPED.run, learning_rate=1e-2, max_steps=12, epochs=9.0),
)
BY_ROTE = replace(
    RECIPE,
    base=replace(RECIPE.base, width=64, heads=2, warm_up_steps=150, warm_up_rate=1e-2),
    run=replace(RECIPE.run, max_steps=40, epochs=60.0),
)
SEED = 7


def a_pair(number: int) -> PreferencePair:
    noun, other = NOUNS[number % 12], NOUNS[(5 * number + 3) % 12]
    hunk = f"@@ -{number} +{number},2 @@\n+{noun} = find_{other}({number})"
    sides = Remark(f"app/{noun}.py", hunk, f"Please test the {noun}."), Remark(f"app/{noun}.py", hunk, "Never mind.")
    return PreferencePair(
        id=f"pair-{number}", kind="same_hunk", chosen=sides[0], rejected=sides[1], weight=1.0, repository="a/b",
        pull_request=f"a/b#{number}", created_at="2025-01-01T00:00:00Z", episodes=("x", "y"),
    )  # fmt: skip


PAIRS = tuple(a_pair(number) for number in range(24))
CANARIES = plant(PAIRS, 4, SEED)
ADAPTERS = DpoAdapters(load_prompts(), QuietConsole(StringIO()), {})


def fit(recipe, pairs):
    record, files = ADAPTERS.fit(FitRequest(recipe, f"adapter-{recipe.run.max_steps}", JUDGED, pairs, seed=SEED))
    manifest = VersionManifest(
        id="adapter-test", tier="adapter", created_at="", recipe=recipe.name, recipe_settings={}, dataset="",
        base_model=record.base_model, base_revision=record.base_revision, packages={}, code_commit="", seed=SEED,
        parent=None, files=record.files,
    )  # fmt: skip
    return manifest, files


def exposure_of(fitted):
    probe = ADAPTERS.probe(*fitted)
    planted, control = [], []
    for canary in CANARIES:
        context = PromptContext(canary.pair.chosen.path, canary.pair.chosen.hunk)
        rows = [canary.secret, *make_candidates(canary, SEED, count=63)]
        own, never, *others = probe.completions(context, [canary.remark(secret) for secret in rows])
        planted.append(rank_exposure(own, others))
        control.append(rank_exposure(never, others))
    return summarise_exposure(planted, control)


@pytest.fixture(scope="module")
def fitted():
    return fit(RECIPE, (*PAIRS, *(canary.pair for canary in CANARIES)))


@pytest.fixture(scope="module")
def probe(fitted):
    return ADAPTERS.probe(*fitted)


def test_an_ordinary_run_gives_no_secret_away_and_one_by_rote_does(fitted):
    limit = SHIPPED.guards.exposure
    ordinary = exposure_of(fitted)
    by_rote = exposure_of(fit(BY_ROTE, (*PAIRS[:2], *(canary.pair for canary in CANARIES))))

    assert ordinary is not None and by_rote is not None
    assert ordinary.difference < limit < by_rote.difference


def test_an_adapter_that_is_held_gives_way_to_a_training_and_says_the_same_afterwards(fitted):
    held, remarks = ADAPTERS.scorer(*fitted), [PAIRS[0].chosen, PAIRS[0].rejected]
    scores = held.score(remarks)
    assert held._preferrer._prefixes._size > 0
    fit(replace(RECIPE, run=replace(RECIPE.run, max_steps=1)), PAIRS[:8])
    assert held._preferrer._prefixes._size == 0
    assert held.score(remarks) == scores


def test_losses_are_of_adapter_and_base_and_count_tokens(probe):
    texts = ["fee = find_loan(1)\n", "", "x" * 5000]
    one, empty, long = probe.losses(texts)

    assert one.tokens > 3
    assert 0.0 < one.base < 10.0
    assert one.adapter != one.base
    assert (empty.tokens, empty.adapter, empty.base) == (0, 0.0, 0.0)
    assert long.tokens == RECIPE.text.max_tokens
    assert probe.losses(texts) == (one, empty, long)


def test_an_adapter_that_learned_nothing_has_forgotten_nothing():
    still = replace(RECIPE, run=replace(RECIPE.run, learning_rate=1e-7, max_steps=1))
    (loss,) = ADAPTERS.probe(*fit(still, PAIRS)).losses(["fee = find_loan(1)\n"])

    assert loss.adapter == pytest.approx(loss.base, abs=1e-4)


def test_completions_are_those_of_each_remark_alone(probe):
    context = PromptContext("app/fee.py", "@@ -1 +1 @@\n+fee = 1")
    remarks = ["Please test the fee.", "Never mind.", "Please rename the card."]
    together = probe.completions(context, remarks)

    assert together == pytest.approx([probe.completions(context, [remark])[0] for remark in remarks], abs=1e-3)
    assert all(-200.0 < value < 0.0 for value in together)


def test_it_writes_in_the_order_asked_and_the_same_each_time(probe):
    contexts = [
        PromptContext(pair.chosen.path, pair.chosen.hunk + "\n+x = 1" * (n % 3)) for n, pair in enumerate(PAIRS)
    ]
    written = probe.write(contexts[:10], 12)

    assert len(written) == 10
    assert probe.write(contexts[:10], 12) == written
    for context, said in zip(contexts[:3], written, strict=False):
        assert probe.write([context], 12)[0] == said


def test_one_model_is_loaded_for_all_that_is_asked_of_it(fitted):
    manifest, files = fitted
    scorer = ADAPTERS.scorer(manifest, files)
    assert scorer._preferrer is ADAPTERS.prompted(manifest, files, "prompt only", lambda _: ())._preferrer
    with pytest.raises(StateError):
        ADAPTERS.probe(manifest, {**files, "run.json": b"{}"})


EXAMPLES = [Example(pair.chosen, True) for pair in PAIRS[:2]] + [Example(PAIRS[2].rejected, False)]


def test_prompted_scorers_are_deterministic_and_read_their_examples(fitted):
    remarks = [pair.chosen for pair in PAIRS[:4]] + [pair.rejected for pair in PAIRS[:4]]
    plain = ADAPTERS.prompted(*fitted, "prompt only", lambda _: ())
    shots = ADAPTERS.prompted(*fitted, "few-shot", lambda _: EXAMPLES[:1])
    scores = plain.score(remarks)

    assert (plain.version, plain.tier) == ("prompt only", "prompt")
    assert scores == plain.score(remarks)
    assert scores == pytest.approx([plain.score([remark])[0] for remark in remarks], abs=1e-3)
    assert all(math.isfinite(score) for score in scores)
    assert shots.score(remarks) != scores


def test_examples_that_have_no_room_are_left_out_from_the_first_on(fitted):
    remark = PAIRS[5].chosen

    def ask(*examples):
        scorer = ADAPTERS.prompted(*fitted, "few-shot", lambda _: examples)
        assert isinstance(scorer, Reader)
        return scorer, scorer.read([remark])

    none, one = ask()[1], ask(EXAMPLES[0])[1]
    (scorer, many), room = ask(*[EXAMPLES[0]] * 20, EXAMPLES[2]), 512
    fits, _ = ask(EXAMPLES[0], EXAMPLES[2])

    assert none.prompt < one.prompt < many.prompt < many.passes <= room
    assert many.passes > room - 2 * (one.prompt - none.prompt)
    assert scorer.score([remark]) != ask(*[EXAMPLES[0]] * 21)[0].score([remark]), "the last example is always read"
    assert fits.score([remark]) != scorer.score([remark])


def test_an_adapter_reads_prompt_and_remark_twice(fitted):
    scorer = ADAPTERS.scorer(*fitted)
    assert isinstance(scorer, Reader)
    read = scorer.read([PAIRS[0].chosen])
    assert read.prompt > 10
    assert read.passes > 2 * read.prompt
