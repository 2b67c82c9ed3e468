"""Verified adapters written for other programs: adapter of the `Exporter` port.

In: a version's files as the state branch has them. Out: a folder that PEFT, vLLM and transformers load, or a merged
checkpoint that anything loads. What is written is hashed; an existing folder is never written over.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePath

from reviewlore.adapters import weights
from reviewlore.adapters.runs import partial_folder, require_model_extra
from reviewlore.domain.model import VersionManifest
from reviewlore.domain.recipe import MadeBase, NamedBase
from reviewlore.domain.serving import Exported, ExportForm
from reviewlore.errors import RefusedError, StateError, StorageError

_RECORD = "reviewlore.json"
_BASE = "base"
_COMMON_RANK = 16  # vLLM's default of --max-lora-rank


class AdapterExporter:
    """Adapter of the `Exporter` port. `bases` maps a hub name to the folder on this machine that holds it."""

    def __init__(self, bases: Mapping[str, Path]) -> None:
        self._bases = bases

    def export(
        self, manifest: VersionManifest, files: Mapping[str, bytes], output: PurePath, form: ExportForm
    ) -> Exported:
        """Write a version to a folder; see the port."""
        adapter = weights.verify_files(files, manifest.files)
        target = Path(output).absolute()
        refuse_existing(target)
        try:
            with partial_folder(target) as partial:
                made = partial / "export"
                made.mkdir()
                base = _write_merged(adapter, made, self._bases) if form == "merged" else _write(adapter, made, target)
                exported = Exported(
                    manifest.id, form, str(target), base, adapter.recipe.lora.rank, _hash_folder(made), _notes(adapter)
                )
                (made / _RECORD).write_text(_render_record(exported, manifest), encoding="utf-8")
                made.rename(target)
        except OSError as error:
            raise StorageError(f"{target} cannot be written: {error.strerror or error}. Nothing was kept.") from error
        return exported

    def find(self, version: str, output: PurePath) -> Exported | None:
        """Return what was exported to a folder before, if it is this version and every file is as it was written."""
        folder = Path(output).absolute()
        try:
            record = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
            found = Exported(
                version=record["version"],
                form=record["form"],
                folder=str(folder),
                base=record["base"],
                rank=record["rank"],
                files=record["files"],
                notes=tuple(record["notes"]),
            )
            same = found.version == version and _hash_folder(folder) == found.files
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return found if same else None


def refuse_existing(target: Path) -> None:
    """Raise RefusedError where something is there already, be it a link to nothing."""
    if os.path.lexists(target):
        raise RefusedError(
            f"{target} is already there; an export is never written over another one. Name a new folder."
        )


def _write(adapter: weights.VerifiedAdapter, folder: Path, target: Path) -> str:
    """Write PEFT's layout, byte for byte what was verified but for where the base lies; return what the base is."""
    base, revision = adapter.base_model, adapter.base_revision
    made = isinstance(adapter.recipe.base, MadeBase)
    if made:
        _write_made_base(adapter, folder / _BASE)
        base, revision = str(target / _BASE), ""
    config = json.loads(adapter.contents[weights.ADAPTER_CONFIG])
    config |= {"base_model_name_or_path": base, "revision": revision or None}
    (folder / weights.ADAPTER_CONFIG).write_text(json.dumps(config, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    (folder / weights.ADAPTER_WEIGHTS).write_bytes(adapter.contents[weights.ADAPTER_WEIGHTS])
    return base


def _write_made_base(adapter: weights.VerifiedAdapter, folder: Path) -> None:
    """Write a base that was made on the spot as any model of a hub lies on disk."""
    require_model_extra()
    from reviewlore.adapters.bases import quiet_libraries
    from reviewlore.adapters.preferrer import reopen_base

    with quiet_libraries():
        base = reopen_base(adapter, None)
        base.model.save_pretrained(folder)
        base.tokenizer.save_pretrained(folder)


def _write_merged(adapter: weights.VerifiedAdapter, folder: Path, bases: Mapping[str, Path]) -> str:
    """Write base and adapter as one checkpoint: in bfloat16 where the base is a published model, as servers run it.

    A base that was trained on in 4 bits is merged into its full weights: 4-bit weights cannot take the sum.
    """
    require_model_extra()
    import torch

    from reviewlore.adapters.bases import quiet_libraries
    from reviewlore.adapters.lora import attach
    from reviewlore.adapters.preferrer import reopen_base

    settings = adapter.recipe.base
    if isinstance(settings, NamedBase):
        recipe = adapter.recipe
        full = replace(
            recipe, base=replace(settings, quantization="none"), run=replace(recipe.run, precision="float32")
        )
        adapter = replace(adapter, recipe=full)
    with quiet_libraries():
        base = reopen_base(adapter, bases.get(adapter.base_model))
        merged = attach(base.model, adapter).merge_and_unload(safe_merge=True)
        if isinstance(settings, NamedBase):
            merged = merged.to(torch.bfloat16)
        merged.save_pretrained(folder)
        base.tokenizer.save_pretrained(folder)
    return adapter.base_model


def _notes(adapter: weights.VerifiedAdapter) -> tuple[str, ...]:
    """Say what the servers people use do not take of this adapter."""
    notes = []
    lora = adapter.recipe.lora
    if lora.rank > _COMMON_RANK:
        notes.append(f"vLLM takes ranks above {_COMMON_RANK} only with --max-lora-rank {lora.rank}.")
    if lora.variant == "dora":
        notes.append("vLLM does not load DoRA adapters (vllm-project/vllm#10849): serve a merged checkpoint.")
    return tuple(notes)


def _hash_folder(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every regular file below a folder; StateError for anything else in it."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise StateError(f"{path} is no regular file.")
        if path.is_file() and path != folder / _RECORD:
            with path.open("rb") as stream:
                found[path.relative_to(folder).as_posix()] = hashlib.file_digest(stream, "sha256").hexdigest()
    return found


def _render_record(exported: Exported, manifest: VersionManifest) -> str:
    record = {
        "version": exported.version,
        "form": exported.form,
        "base": exported.base,
        "base_revision": manifest.base_revision,
        "dataset": manifest.dataset,
        "recipe": manifest.recipe,
        "rank": exported.rank,
        "files": exported.files,
        "notes": list(exported.notes),
    }
    return json.dumps(record, indent=1, sort_keys=True) + "\n"
