"""Texts to vectors by a local model: the best hits of an index in, the same in an order that knows meaning too, out.

Torch and transformers are shared with `bases`, and loaded on first use. It loads from a folder of this machine and
nothing else: no hub, no code of a model, no weights but safetensors. What fails is told in `problem`; then BM25 stands
alone.
"""

import contextlib
import sqlite3
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from reviewlore.adapters.base_files import read_config
from reviewlore.adapters.bases import quiet_libraries
from reviewlore.adapters.index_file import passage_of, said_in
from reviewlore.adapters.runs import first_line
from reviewlore.stages.retrieve import fuse

_TOKENS = 256  # what models for sentences were trained on
_TEXT = 2_000  # characters
_BATCH = 16
_Row = tuple[Any, ...]  # rowid, score, then the columns of `index_file`, of which the last is the hash


class Embedder:
    """A model in a folder, as `save_pretrained` writes it, and the mean of its last layer's states as vectors."""

    def __init__(self, folder: Path) -> None:
        """Nothing is loaded before first use."""
        self.folder = folder
        self._problem = ""
        self._loaded: tuple[Any, Any] | None = None

    @property
    def problem(self) -> str:
        """Why the model is not used, in a sentence; empty where all is well."""
        return self._problem

    @property
    def name(self) -> str:
        """Another one whenever the folder, or what lies in it, is another."""
        files = sorted(path for path in self.folder.glob("*") if path.suffix in (".safetensors", ".json"))
        marks = (f"{path.name}:{path.stat().st_size}:{path.stat().st_mtime_ns}" for path in files)
        return f"{self.folder.resolve()} {' '.join(marks)}"

    def embed(self, texts: Sequence[str]) -> list["array[float]"]:
        """Return a vector of length 1 for each text; none at all where the model cannot be used."""
        if self._problem or not texts:
            return []
        try:
            if self._loaded is None:
                self._loaded = self._load()
            return [vector for start in range(0, len(texts), _BATCH) for vector in self._run(texts[start:][:_BATCH])]
        except Exception as error:  # noqa: BLE001 - a library may raise anything on a file; words alone do as well
            self._problem = (
                f"The embedding model in {self.folder} is not used ({first_line(error)[:200].rstrip('.')}); "
                "precedents are found by their words alone."
            )
            return []

    def _load(self) -> tuple[Any, Any]:
        # A name that is no folder would be looked for in the hub's cache.
        if not (self.folder / "config.json").is_file():
            raise ValueError("it has no config.json")
        with quiet_libraries():
            from transformers import AutoModel, AutoTokenizer

            source, options = str(self.folder.resolve()), {"local_files_only": True, "trust_remote_code": False}
            tokenizer = AutoTokenizer.from_pretrained(source, **options)
            config = read_config(source, options)
            model = AutoModel.from_pretrained(source, config=config, use_safetensors=True, dtype="float32", **options)
        if tokenizer.pad_token is None:
            tokenizer.pad_token = tokenizer.eos_token
        if tokenizer.pad_token is None:
            raise ValueError("its tokenizer has no token to pad with")
        return tokenizer, model.eval()

    def _run(self, texts: Sequence[str]) -> list["array[float]"]:
        import torch

        assert self._loaded is not None
        tokenizer, model = self._loaded
        plain = [text[:_TEXT].encode("utf-8", "replace").decode() for text in texts]
        longest = min(_TOKENS, getattr(model.config, "max_position_embeddings", _TOKENS))
        batch = tokenizer(plain, padding=True, truncation=True, max_length=longest, return_tensors="pt")
        with torch.inference_mode():
            states = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).last_hidden_state
        mask = batch["attention_mask"].unsqueeze(-1).to(states.dtype)
        means = (states * mask).sum(1) / mask.sum(1).clamp(min=1.0)
        return [array("f", row) for row in torch.nn.functional.normalize(means, dim=1).tolist()]


def rank_by_meaning(connection: sqlite3.Connection, embedder: Embedder, text: str, rows: list[_Row]) -> list[_Row]:
    """Return hits, best first by BM25, fused with their order by a model's vectors, which are kept in the index."""
    asked = embedder.embed([text]) if len(rows) > 1 else []
    if not asked:
        return rows
    vectors = _vectors(connection, embedder, rows)
    if not all(row[-1] in vectors for row in rows):
        return rows
    nearness = [sum(map(float.__mul__, asked[0], vectors[row[-1]])) for row in rows]
    by_meaning = sorted(range(len(rows)), key=lambda place: -nearness[place])
    return [rows[place] for place in fuse([range(len(rows)), by_meaning])]


def _vectors(connection: sqlite3.Connection, embedder: Embedder, rows: Sequence[_Row]) -> dict[str, "array[float]"]:
    """Return the vectors of hits by the hash of their words; those not kept yet are made, and kept."""
    said = {row[-1]: said_in(passage_of(row[2:])) for row in rows}
    name, marks = embedder.name, ", ".join("?" * len(said))
    kept = connection.execute(
        f"SELECT hash, value FROM vector WHERE model = ? AND hash IN ({marks})",  # noqa: S608 - only marks
        (name, *said),
    )
    found = {key: array("f", value) for key, value in kept}
    fresh = [key for key in said if key not in found]
    made = dict(zip(fresh, embedder.embed([said[key] for key in fresh]), strict=False))
    if made:
        with contextlib.suppress(sqlite3.OperationalError):  # another process writes: the next run makes them again
            connection.execute("DELETE FROM vector WHERE model <> ?", (name,))
            connection.executemany(
                "INSERT OR REPLACE INTO vector VALUES (?, ?, ?)",
                ((name, key, vector.tobytes()) for key, vector in made.items()),
            )
    return {**found, **made}
