"""Whose judgement is used: the active version of the state branch, its files verified, else the shipped prior."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reviewlore.domain.finding import Tier
from reviewlore.domain.model import VersionManifest
from reviewlore.domain.preference import Remark
from reviewlore.errors import InputError, MissingExtra, StateError
from reviewlore.flows import state
from reviewlore.formats.rows import Rejected, read_lines
from reviewlore.ports import AdapterTrainer, Scorer, Store
from reviewlore.ranking.model import RankerModel
from reviewlore.stages.registry import find_active

PRIOR = "prior"
RANKER_FILE = "ranker.json"
# The same model trained on the training split only: what later candidates are fairly compared with.
JUDGED_PREFIX = "judged/"
_SHOWN_PROBLEMS = 3


@dataclass(frozen=True, slots=True)
class RankerScorer:
    """A ranker as the `Scorer` port."""

    version: str
    model: RankerModel
    tier: Tier = "embedded"

    def score(self, remarks: Sequence[Remark]) -> list[float]:
        """Return one score a remark; equal remarks get equal scores."""
        return [self.model.score(remark) for remark in remarks]


def load_active(store: Store, prior: RankerModel, adapters: AdapterTrainer) -> tuple[Scorer, tuple[str, ...]]:
    """Return the version in force, and in one sentence each what had to be given up for it.

    An adapter that cannot run here (no model extra, no base model) gives way to the newest ranker that was in force,
    else to the shipped prior; a damaged version is a StateError.
    """
    registry = state.read_registry(store)
    active = find_active(registry)
    notes: list[str] = []
    for version in ([active.id] if active else []) + list(reversed(registry.previous)):
        manifest = state.read_version(store, version)
        if notes and manifest.tier == "adapter":
            continue
        try:
            return load_version(store, manifest, adapters), tuple(notes)
        except (MissingExtra, InputError) as error:
            if manifest.tier != "adapter":
                raise
            notes.append(f"The active version {version} cannot run here, a cheaper one judges instead: {error}")
    return RankerScorer(PRIOR, prior), tuple(notes)


def load_version(store: Store, manifest: VersionManifest, adapters: AdapterTrainer, *, judged: bool = False) -> Scorer:
    """Return a version's judgement: what is served, or (`judged`) the model as it was judged. Files are verified."""
    files = verified_files(store, manifest)
    before_refit = judged and any(name.startswith(JUDGED_PREFIX) for name in files)
    chosen = {
        name.removeprefix(JUDGED_PREFIX): name for name in files if name.startswith(JUDGED_PREFIX) == before_refit
    }
    if manifest.tier == "adapter":
        hashes = {short: manifest.files[name] for short, name in chosen.items()}
        return adapters.scorer(replace(manifest, files=hashes), {s: files[name] for s, name in chosen.items()})
    path = state.version_path(manifest.id, chosen.get(RANKER_FILE, RANKER_FILE))
    if RANKER_FILE not in chosen:
        raise StateError(f"The manifest of {manifest.id} names no {RANKER_FILE}. Restore it, or train again.")
    return RankerScorer(manifest.id, parse_ranker(files[chosen[RANKER_FILE]], path))


def verified_files(store: Store, manifest: VersionManifest) -> dict[str, bytes]:
    """Return a version's files; StateError where one is missing or its SHA-256 is not the manifest's."""
    files = {}
    for name, expected in manifest.files.items():
        path = state.version_path(manifest.id, name)
        data = store.read(path)
        if data is None or hashlib.sha256(data).hexdigest() != expected:
            problem = "is missing" if data is None else "was changed after it was trained (SHA-256 differs)"
            raise StateError(
                f"{path} on the state branch {problem}; it is not loaded. "
                "Restore it from an earlier commit of the branch, or `reviewlore rollback`."
            )
        files[name] = data
    return files


def parse_ranker(data: bytes, path: str) -> RankerModel:
    """Return the ranker in a JSON file; StateError where it is damaged."""
    try:
        return RankerModel.from_json(json.loads(data))
    except (ValueError, RecursionError) as error:
        raise StateError(f"{path} is damaged: {error}. Restore it from an earlier commit, or train again.") from error


def score_rows(data: bytes, name: str, scorer: Scorer) -> list[dict[str, Any]]:
    """Return the rows of a JSON Lines file in their order, each with `score` and `rank` (1 is best; ties share none).

    InputError names the first lines that are no rows; then nothing is scored.
    """
    rows: list[dict[str, Any]] = []
    problems: list[str] = []
    for number, row in read_lines(data, name):
        problem = row.why if isinstance(row, Rejected) else _problem(row)
        if problem:
            problems.append(f"line {number}: {problem}")
        elif isinstance(row, dict):
            rows.append(row)
    if problems:
        more = f" and {len(problems) - _SHOWN_PROBLEMS} more" if len(problems) > _SHOWN_PROBLEMS else ""
        shown = "; ".join(problems[:_SHOWN_PROBLEMS])
        raise InputError(f"{name} has rows that cannot be scored ({shown}{more}). Correct them; nothing was scored.")
    scores = scorer.score([Remark(row["path"], row["diff_hunk"], row["body"]) for row in rows])
    order = sorted(range(len(rows)), key=lambda index: (-scores[index], index))
    ranks = {index: rank for rank, index in enumerate(order, 1)}
    return [{**row, "score": scores[index], "rank": ranks[index]} for index, row in enumerate(rows)]


def _problem(row: Mapping[str, Any]) -> str | None:
    missing = [key for key in ("path", "diff_hunk", "body") if not isinstance(row.get(key), str)]
    return f"{', '.join(missing)} missing or not a text" if missing else None
