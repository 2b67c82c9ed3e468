"""KTO on remarks one by one: the paper's loss with weights, and a signal that two hunks of a pair do not hide."""

from dataclasses import replace

import pytest
from tests.lessons import RECIPE, Heard, dialogues

from reviewlore.domain.training import Lesson
from reviewlore.stages.batching import PairTokens
from reviewlore.stages.recipe import recipe_from_mapping, recipe_tables

pytestmark = pytest.mark.model
for name in ("torch", "transformers", "peft", "trl", "datasets"):
    pytest.importorskip(name)

import torch  # noqa: E402
from trl import KTOConfig  # noqa: E402

from reviewlore.adapters import weights  # noqa: E402
from reviewlore.adapters.bases import exact_arithmetic, make_base, make_tokenizer, quiet_libraries  # noqa: E402
from reviewlore.adapters.lora import adapt  # noqa: E402
from reviewlore.adapters.preferrer import load_preferrer  # noqa: E402
from reviewlore.adapters.trainer import Place, train_adapter  # noqa: E402
from reviewlore.adapters.unpaired import make_unpaired_trainer  # noqa: E402

KTO = replace(
    RECIPE,
    loss=replace(RECIPE.loss, method="kto", kind="sigmoid", label_smoothing=0.0),
    run=replace(RECIPE.run, batch_size=4, micro_batch=2),
)
TOKENIZER = make_tokenizer(["some text"], 300)
ROWS = [
    PairTokens((10, 11, 12), (40, 41, 1), (50, 1), 1.0, (20, 21)),
    PairTokens((10, 11, 12), (42, 1), (51, 52, 53, 1), 0.5),
    PairTokens((13, 14), (43, 1), (54, 1), 0.25, (30, 31, 32, 33)),
    PairTokens((15,), (44, 45, 1), (55, 1), 0.25, (34,)),
]


@pytest.fixture(autouse=True)
def quietly():
    with quiet_libraries(), exact_arithmetic(1):
        yield


def make(tmp_path, rows, order, recipe=KTO, evaluation=()):
    base = make_base(recipe.base, TOKENIZER, 1, 120)
    model = adapt(base, recipe, seed=3)
    arguments = KTOConfig(
        output_dir=str(tmp_path), max_steps=max(1, len(order) // 4), learning_rate=1e-2, use_cpu=True, bf16=False,
        per_device_train_batch_size=2, per_device_eval_batch_size=2, gradient_accumulation_steps=2, report_to="none",
        gradient_checkpointing=False, save_strategy="no", max_length=None, disable_tqdm=True, logging_steps=1,
        train_sampling_strategy="sequential", dataloader_pin_memory=False,
    )  # fmt: skip
    options = {"evaluation": evaluation, "arguments": arguments, "callbacks": [], "reference_cache": None}
    return make_unpaired_trainer(base, model, recipe, rows, order, **options)


def log_probability(model, prompt, remark):
    logits = model(input_ids=torch.tensor([[*prompt, *remark]])).logits[0, len(prompt) - 1 : -1]
    return logits.log_softmax(-1).gather(1, torch.tensor(remark).unsqueeze(1)).sum().item()


def test_the_loss_of_a_batch_is_the_papers_with_weights(tmp_path):
    trainer = make(tmp_path, ROWS, [0, 1])
    model = trainer.model.eval()
    torch.manual_seed(5)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if ".default." in name:
                parameter.add_(torch.randn_like(parameter) * 0.2)
        sides = [(ROWS[0].prompt, ROWS[0].chosen), (ROWS[1].prompt, ROWS[1].chosen)]
        sides += [(ROWS[0].rejected_prompt, ROWS[0].rejected), (ROWS[1].prompt, ROWS[1].rejected)]
        strange = [ROWS[0].rejected, ROWS[0].rejected, ROWS[1].rejected, ROWS[0].rejected]
        mismatched = [(prompt, remark) for (prompt, _), remark in zip(sides, strange, strict=True)]

        def ratios(rows):
            ours = [log_probability(model, *row) for row in rows]
            with model.disable_adapter():
                return [own - log_probability(model, *row) for own, row in zip(ours, rows, strict=True)]

        divergence = max(0.0, sum(ratios(mismatched)) / 4)
        gains = [ratio - divergence for ratio in ratios(sides)]
        signed = torch.tensor([gains[0], gains[1], -gains[2], -gains[3]])
        weight = torch.tensor([1.0, 0.5, 1.0, 0.5]) / 0.5  # 0.5 is the mean of all four rows
        expected = (weight * (1 - torch.sigmoid(KTO.loss.beta * signed))).mean().item()
        batch = trainer._prepare_inputs(next(iter(trainer.get_train_dataloader())))
        found = trainer.compute_loss(model, batch).item()
    assert abs(expected - 0.75) > 0.01  # of a fresh adapter
    assert found == pytest.approx(expected, rel=1e-5)


def test_remarks_of_a_batch_stand_beside_each_other_with_a_strange_one_each(tmp_path):
    trainer = make(tmp_path, ROWS, [0, 1, 2, 3], evaluation=ROWS[:3])
    rows = list(trainer.train_dataset)
    assert [row["label"] for row in rows] == [True, True, False, False] * 2
    assert [row["weight"] for row in rows] == [2.0, 1.0, 2.0, 1.0, 0.5, 0.5, 0.5, 0.5]
    remarks = {tuple(row["completion_ids"]): row["prompt_ids"] for row in rows}
    assert all(remarks[tuple(row["KL_completion_ids"])] != row["prompt_ids"] for row in rows)
    assert [row["weight"] for row in trainer.eval_dataset] == [1.0] * 6


def test_without_evidence_all_weigh_the_same(tmp_path):
    recipe = replace(KTO, loss=replace(KTO.loss, evidence="none"))
    assert {row["weight"] for row in make(tmp_path, ROWS, [0, 1, 2, 3], recipe).train_dataset} == {1.0}


def test_the_same_arguments_give_the_same_bits(tmp_path):
    def learned():
        trainer = make(tmp_path, ROWS, [0, 1, 2, 3] * 2)
        trainer.train()
        return {name: each.detach().clone() for name, each in trainer.model.named_parameters() if ".default." in name}

    first, second = learned(), learned()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert any(each.abs().sum() > 0 for name, each in first.items() if "lora_B" in name)


def across(count, shift=0):
    """Return pairs whose rejected remark stands on a hunk of its own."""
    made, others = dialogues(count, shift), dialogues(count, shift + 3)
    pairs = zip(made, others, strict=True)
    return tuple(replace(each, rejected=other.rejected, rejected_prompt=other.prompt) for each, other in pairs)


def test_a_signal_across_hunks_is_learned_and_scored(tmp_path):
    recipe = recipe_from_mapping(recipe_tables(KTO), KTO.name)  # no contradiction between its values
    lesson = Lesson(recipe, across(24), across(8, 7), seed=5)
    record, files = train_adapter(lesson, Heard(), Place())
    losses = [entry["loss"] for entry in record.log if "loss" in entry]
    assert losses[0] == pytest.approx(0.5, abs=1e-3)
    assert losses[-1] < 0.4
    assert record.log[-1]["eval_loss"] < 0.4
    preferrer = load_preferrer(weights.verify_files(files, record.files))
    held_out = dialogues(8, shift=7)
    scores = preferrer.score([(each.prompt, text) for each in held_out for text in (each.chosen, each.rejected)])
    assert all(chosen > rejected for chosen, rejected in zip(scores[::2], scores[1::2], strict=True))


def test_the_heavier_of_two_contradictory_lessons_is_learned(tmp_path):
    heavy = across(24)
    light = tuple(
        replace(each, chosen=each.rejected, rejected=each.chosen, prompt=each.rejected_prompt,
                rejected_prompt=each.prompt, weight=0.05)
        for each in heavy
    )  # fmt: skip
    record, files = train_adapter(Lesson(KTO, (*heavy, *light), (), seed=5), Heard(), Place())
    preferrer = load_preferrer(weights.verify_files(files, record.files))
    rows = [(each.prompt, text) for each in dialogues(8) for text in (each.chosen, each.rejected)]
    scores = preferrer.score(rows)
    assert sum(scores[::2]) > sum(scores[1::2])
