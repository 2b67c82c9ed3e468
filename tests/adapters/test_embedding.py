"""Ranking by a model's vectors, on a model made on the spot: fused, kept, forgotten, and never a reason to fail."""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from reviewlore.adapters.index import FILE, SqliteIndex
from reviewlore.domain.retrieval import Hit, Passage, Passages, Scope
from reviewlore.stages.retrieve import fuse

pytestmark = pytest.mark.model
for name in ("torch", "transformers", "tokenizers"):
    pytest.importorskip(name)

from reviewlore.adapters.bases import PAD, make_tokenizer, quiet_libraries  # noqa: E402
from reviewlore.adapters.embedding import Embedder  # noqa: E402

TEXTS = [f"the crane moves {word}" for word in "ships docks berths piers tides anchors".split()]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sentence model of one layer with random weights, saved as published ones are."""
    import torch
    from tokenizers import Tokenizer
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("model")
    backend = Tokenizer.from_str(make_tokenizer(TEXTS, 400).decode())
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=backend.get_vocab_size(), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=64,
    )  # fmt: skip
    with quiet_libraries():
        BertModel(config).save_pretrained(folder)
        PreTrainedTokenizerFast(tokenizer_object=backend, pad_token=PAD).save_pretrained(folder)
    return folder


def passages(texts: list[str]) -> Passages:
    return Passages(tuple(Passage("episode", text, "a.py", text, text, 1, "addressed") for text in texts))


def search(
    folder: Path | None, embedder: Embedder | None, text: str, texts: list[str] = TEXTS, limit: int = 4
) -> list[Hit]:
    index = SqliteIndex(folder, embedder)
    index.update({"x": repr(texts)}, lambda _: passages(texts))
    found = list(index.search(text, limit, Scope()))
    index.close()
    return found


def count(folder: Path) -> int:
    with sqlite3.connect(folder / FILE) as connection:
        (found,) = connection.execute("SELECT count(*) FROM vector").fetchone()
    connection.close()
    return int(found)


def test_vectors_have_length_one_and_equal_texts_equal_ones(model: Path) -> None:
    embedder = Embedder(model)
    one, same, other = embedder.embed([TEXTS[0], TEXTS[0], TEXTS[1]])
    assert one.tolist() == pytest.approx(same.tolist()) != pytest.approx(other.tolist())
    assert sum(value * value for value in one) == pytest.approx(1.0)
    # What stands beside a text in its batch does not change its vector.
    assert embedder.embed([TEXTS[0]])[0].tolist() == pytest.approx(one.tolist(), abs=1e-6)
    assert len(embedder.embed(["", "\ud800\0", "word " * 5000])) == 3
    assert (embedder.problem, embedder.embed([])) == ("", [])


def test_hits_are_fused_with_their_order_by_meaning(tmp_path: Path, model: Path) -> None:
    embedder = Embedder(model)
    query = "crane moves anchors"
    fused = [hit.passage.id for hit in search(tmp_path, embedder, query)]
    (asked,) = embedder.embed([query])
    near = {text: sum(a * b for a, b in zip(asked, embedder.embed([text])[0], strict=True)) for text in TEXTS}
    words = [hit.passage.id for hit in search(None, None, query, limit=50)]
    meaning = sorted(words, key=lambda text: -near[text])
    expected = fuse([[words.index(text) for text in words], [words.index(text) for text in meaning]])
    assert fused == [words[place] for place in expected][:4]


def test_vectors_are_kept_and_go_with_their_words(tmp_path: Path, model: Path) -> None:
    first = search(tmp_path, Embedder(model), "crane moves")
    assert count(tmp_path) == len(TEXTS)

    class Counting(Embedder):
        asked = 0

        def embed(self, texts):  # type: ignore[no-untyped-def]
            self.asked += len(texts)
            return super().embed(texts)

    counting = Counting(model)
    assert search(tmp_path, counting, "crane moves") == first
    assert counting.asked == 1
    search(tmp_path, Embedder(model), "nothing of that", TEXTS[:2])
    assert count(tmp_path) == 2


def test_another_model_has_vectors_of_its_own(tmp_path: Path, model: Path) -> None:
    search(tmp_path, Embedder(model), "crane moves")
    copy = tmp_path / "copy"
    shutil.copytree(model, copy)
    assert Embedder(copy).name != Embedder(model).name
    search(tmp_path, Embedder(copy), "crane moves")
    assert count(tmp_path) == len(TEXTS)


@pytest.mark.parametrize(
    "damage", ["none", "no_weights", "bad_weights", "bad_config", "remote_code", "kernel", "pickle"]
)
def test_a_model_that_cannot_be_loaded_costs_a_note(tmp_path: Path, model: Path, damage: str) -> None:
    folder = tmp_path / "model"
    if damage != "none":
        shutil.copytree(model, folder)
    if damage in ("no_weights", "pickle"):
        (folder / "model.safetensors").unlink()
    if damage == "pickle":
        (folder / "pytorch_model.bin").write_bytes(b"cos\nsystem\n(S'false'\ntR.")
    if damage == "bad_weights":
        (folder / "model.safetensors").write_bytes(b"\xff" * 100)
    if damage == "bad_config":
        (folder / "config.json").write_text("{")
    if damage == "remote_code":
        (folder / "config.json").write_text('{"model_type": "own", "auto_map": {"AutoModel": "own.Own"}}')
        (folder / "own.py").write_text("raise SystemExit(7)")
    if damage == "kernel":
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**config, "attn_implementation": "own/kernel"}))
    embedder = Embedder(folder)
    index = SqliteIndex(tmp_path, embedder)
    index.update({"x": "1"}, lambda _: passages(TEXTS))
    found = index.search("crane moves anchors", 4, Scope())
    assert [hit.passage.id for hit in found] == [hit.passage.id for hit in search(None, None, "crane moves anchors")]
    (note,) = index.notes
    assert note.startswith(f"The embedding model in {folder} is not used (")
    assert note.endswith("); precedents are found by their words alone.")


def test_reciprocal_ranks() -> None:
    assert fuse([[1, 2, 3], [3, 1, 2]]) == [1, 3, 2]
    assert fuse([[5], []]) == [5]
    assert fuse([]) == []
