"""Trees of pairs on one prompt: what is read, what each token sees, and what a model makes of it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.model
for name in ("torch", "transformers"):
    pytest.importorskip(name)

import torch  # noqa: E402
from transformers import LlamaConfig, LlamaForCausalLM  # noqa: E402

from reviewlore.adapters.completion_head import add_completion_head  # noqa: E402
from reviewlore.adapters.prefix_trees import make_row_batch, make_tree_batch, see, tabulate  # noqa: E402
from reviewlore.stages.batching import PairTokens  # noqa: E402

VOCABULARY, PAD = 50, 0

tokens = st.lists(st.integers(1, 5), min_size=0, max_size=6).map(tuple)
some = st.lists(st.integers(1, 5), min_size=1, max_size=9).map(tuple)
batches = st.lists(st.builds(PairTokens, some, tokens, some), min_size=1, max_size=6)
pair_batches = st.one_of(batches, batches.map(lambda pairs: pairs + pairs[:2]))


def paths(batch):
    """What the mask lets each place see, as token ids in the order of positions; keyed by (row, place)."""
    mask = see(batch["trees"], batch["branches"])[:, 0]
    found = {}
    for row, column in (batch["trees"] >= 0).nonzero().tolist():
        seen = mask[row, column].nonzero().squeeze(1)
        assert batch["position_ids"][row, seen].tolist() == list(range(len(seen)))
        found[row, column] = tuple(batch["input_ids"][row, seen].tolist())
    return found


def asked(batch):
    """(what is seen, what is predicted) for each completion, in the order of its tokens."""
    width = batch["input_ids"].shape[1]
    seen = paths(batch)
    rows = zip(*(batch[name].tolist() for name in ("completions", "ranks", "places", "targets")), strict=True)
    found = {}
    for completion, rank, place, target in sorted(rows):
        assert rank == len(found.setdefault(completion, []))
        found[completion].append((seen[divmod(place, width)], target))
    return found


@pytest.mark.parametrize("make", [make_tree_batch, make_row_batch])
@given(pairs=pair_batches)
def test_every_token_sees_its_own_prompt_and_remark_and_nothing_else(make, pairs):
    batch = make(pairs, PAD)
    found = asked(batch)
    for side in ("chosen", "rejected"):
        for pair, completion in zip(pairs, batch[side].tolist(), strict=True):
            remark = getattr(pair, side)
            wanted = [(pair.prompt + remark[:at], token) for at, token in enumerate(remark)]
            assert found.get(completion, []) == wanted
            assert batch["lengths"][completion] == len(remark)


@given(pair_batches)
def test_equal_prompts_and_equal_remarks_are_read_once(pairs):
    batch = make_tree_batch(pairs, PAD)
    prompts = {pair.prompt for pair in pairs}
    remarks = {(pair.prompt, remark) for pair in pairs for remark in (pair.chosen, pair.rejected)}
    read = sum(len(prompt) - 1 for prompt in prompts) + sum(len(remark) for _, remark in remarks)
    assert int((batch["trees"] >= 0).sum()) == read
    assert len(batch["lengths"]) == len(remarks)
    assert int(batch["tokens"]) == sum(len(p.prompt) * 2 + len(p.chosen) + len(p.rejected) for p in pairs)


@given(pair_batches)
def test_no_row_is_longer_than_the_longest_tree(pairs):
    batch = make_tree_batch(pairs, PAD)
    alone = [make_tree_batch([p for p in pairs if p.prompt == prompt], PAD) for prompt in {p.prompt for p in pairs}]
    assert batch["input_ids"].shape[1] == max(one["input_ids"].shape[1] for one in alone)
    assert batch["input_ids"].shape[0] <= len(alone)


def test_small_trees_share_a_row():
    pairs = [PairTokens((1,) * length, (2, 3), (4,)) for length in (20, 6, 7)]
    assert make_tree_batch(pairs, PAD)["input_ids"].shape[0] == 2


def test_rows_are_as_wide_as_a_multiple_asks():
    assert make_tree_batch([PairTokens((1, 2, 3), (4,), (5, 5))], PAD, 8)["input_ids"].shape == (1, 8)


def test_a_first_token_without_a_prompt_is_not_asked():
    """Nothing predicts it; TRL leaves it out, too."""
    for make in (make_tree_batch, make_row_batch):
        found = asked(make([PairTokens((), (1, 2, 3), (4,))], PAD))
        assert found == {0: [((1,), 2), ((1, 2), 3)]}


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=VOCABULARY, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=64, initializer_range=0.2,
    )  # fmt: skip
    made = LlamaForCausalLM(config).eval().requires_grad_(requires_grad=False)
    add_completion_head(made)
    return made


@settings(max_examples=25, deadline=None)
@given(pairs=pair_batches)
def test_log_probabilities_are_those_of_one_forward_pass_a_remark(model, pairs):
    batch = make_tree_batch(pairs, PAD, 4)
    mask = see(batch["trees"], batch["branches"])
    read = {name: batch[name] for name in ("input_ids", "position_ids", "places", "targets")}
    scores = model(attention_mask=mask, **read)
    table = tabulate(scores.log_probs, batch)
    for side in ("chosen", "rejected"):
        for pair, completion in zip(pairs, batch[side].tolist(), strict=True):
            remark = getattr(pair, side)
            if not remark:
                continue
            logits = model(torch.tensor([pair.prompt + remark])).logits[0, len(pair.prompt) - 1 : -1]
            plain = logits.log_softmax(-1)[torch.arange(len(remark)), torch.tensor(remark)]
            assert torch.allclose(table[completion, : len(remark)], plain, atol=1e-5)
            assert not table[completion, len(remark) :].any()


def test_padding_stays_finite(model):
    pairs = [PairTokens((1,) * 30, (2,), (3,)), PairTokens((4,) * 20, (2,), (3, 3))]
    batch = make_tree_batch(pairs, PAD)
    hidden = model.base_model(
        input_ids=batch["input_ids"],
        position_ids=batch["position_ids"],
        attention_mask=see(batch["trees"], batch["branches"]),
    ).last_hidden_state
    assert (batch["trees"] < 0).any()
    assert hidden.isfinite().all()
