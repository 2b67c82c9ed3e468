"""A trained version as it is kept: its manifest made; files, card, decision and audit entry written in one commit."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from reviewlore.domain.calibration import Calibrations
from reviewlore.domain.card import JUDGED_FILE, Judged, ModelCard
from reviewlore.domain.evaluation import Evaluation
from reviewlore.domain.history import people_in
from reviewlore.domain.model import DatasetManifest, RegistryEntry, Spent, VersionManifest
from reviewlore.errors import RefusedError
from reviewlore.flows import judge, state
from reviewlore.flows.card import find_dataset
from reviewlore.flows.fitting import Fitted, Plan, add_spent, hash_files
from reviewlore.flows.judge import LoadedDataset
from reviewlore.flows.scarcity import find_not_learned
from reviewlore.flows.scoring import CALIBRATION_FILE
from reviewlore.flows.training import TrainContext, Trained
from reviewlore.formats import records
from reviewlore.ports import Store
from reviewlore.stages import gate, registry


@dataclass(frozen=True, slots=True)
class Made:
    """What all runs of one training made: the model that was judged, the one that is served, and the files to keep."""

    judged: Fitted
    served: Fitted
    files: Mapping[str, bytes]


def make_manifest(context: TrainContext, plan: Plan, made: Made, evaluation: Evaluation) -> VersionManifest:
    """Return the lineage of a version that was judged."""
    incumbent = registry.find_incumbent(state.read_registry(context.store), plan.specialist)
    own = judge.find_score(evaluation, plan.id)
    judged, dataset = made.judged, plan.dataset.manifest
    policy = {f"data.{name}": value for name, value in dataset.policy.items()}
    policy |= {f"training.{name}": value for name, value in context.policy.items()}
    return VersionManifest(
        id=plan.id,
        tier=plan.tier,
        created_at=context.clock.now(),
        recipe=plan.name,
        recipe_settings=plan.settings,
        dataset=dataset.id,
        base_model=judged.draft.base_model,
        base_revision=judged.draft.base_revision,
        packages=dict(sorted(context.packages.items())),
        code_commit=context.code_commit,
        seed=dataset.seed,
        parent=incumbent.id if incumbent else None,
        files=hash_files(made.files),
        specialist=plan.specialist,
        metrics={**{kind: row.accuracy for kind, row in own.by_kind.items()}, "overall": own.overall.accuracy},
        log=judged.log,
        seconds=round(judged.seconds, 2),
        hardware=judged.draft.hardware or context.hardware,
        fingerprint=context.structure(),
        not_learned=find_not_learned(plan, context.minima),
        spent=_spent(made, context.price_per_hour),
        replay=_replay(plan, made),
        policy=policy,
        hashes=_hashes(plan, context.policy),
    )


def _spent(made: Made, price_per_hour: float) -> Spent:
    spent = made.judged.spent if made.served is made.judged else add_spent(made.judged.spent, made.served.spent)
    return replace(spent, cost=spent.seconds / 3600.0 * price_per_hour if price_per_hour else None)


def _replay(plan: Plan, made: Made) -> dict[str, str]:
    told = {"recipe.summary": plan.recipe.summary} if plan.recipe else {}
    return {**told, **made.judged.replay, **made.served.replay}


def _hashes(plan: Plan, policy: Mapping[str, str]) -> dict[str, str]:
    """Return the hash of everything that shaped a version and is no file of it; texts as sorted JSON."""
    found = {
        "recipe": _hash(plan.settings),
        "recipe_file": plan.recipe.file_sha256 if plan.recipe else "",
        "prompts": plan.settings.get("prompts.sha256", ""),
        "data_policy": _hash(plan.dataset.manifest.policy),
        "training_policy": _hash(policy),
    }
    return {name: value for name, value in found.items() if value}


def _hash(values: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(dict(values), sort_keys=True).encode()).hexdigest()


def count_people(dataset: LoadedDataset) -> int:
    """Return how many people's words, code or votes the pairs rest on."""
    used = {name for pair in (*dataset.train, *dataset.test) for name in pair.episodes}
    return len(people_in(episode for episode in dataset.episodes if episode.id in used))


def save_version(context: TrainContext, trained: Trained, files: Mapping[str, bytes], *, people: int) -> Trained:
    """Write a version with its card in one commit, and return it as it was written.

    The decision holds only where nobody changed the active version meanwhile. `people` is whose data it rests on.
    RefusedError where something of its dataset was forgotten while it was trained: then nothing of it is kept.
    """
    manifest = trained.manifest
    written: list[Trained] = []

    def change(store: Store) -> dict[str, bytes | None]:
        dataset = find_dataset(store, manifest.dataset)
        _refuse_forgotten(context, dataset, manifest.id)
        found = registry.add_candidate(state.read_registry(store), _candidate(context, manifest))
        incumbent = registry.find_incumbent(found, manifest.specialist)
        said = gate.confirm(trained.decision, incumbent.id if incumbent else None)
        found = registry.apply_decision(found, said, f"gate ({context.actor})", manifest.created_at, context.promotion)
        standing = registry.find_entry(found, manifest.id)
        judged = Judged(trained.evaluation, said, people)
        card = ModelCard(
            manifest,
            standing,
            dataset,
            records.decode(files[CALIBRATION_FILE], Calibrations, CALIBRATION_FILE),
            judged,
        )
        documents = {**context.draw_card(card), JUDGED_FILE: records.encode(judged)}
        kept = replace(manifest, documents=hash_files(documents))
        written.append(replace(trained, manifest=kept, decision=said, standing=standing))
        changed: dict[str, bytes | None] = {
            state.version_path(manifest.id, name): data for name, data in {**files, **documents}.items()
        }
        changed[state.version_path(manifest.id, "manifest.json")] = records.encode(kept)
        changed[state.REGISTRY] = records.encode(found)
        detail = {
            "dataset": manifest.dataset, "recipe": manifest.recipe, "verdict": said.verdict, "reason": said.reason,
            "state": standing.state, "metrics": manifest.metrics, "people": people,
        }  # fmt: skip
        changed[state.AUDIT] = state.audited(
            store, at=manifest.created_at, actor=context.actor, action="train", subject=manifest.id, detail=detail
        )
        return changed

    commit = context.store.update(change, lambda: _message(written[-1]), manifest.created_at)
    return replace(written[-1], commit=commit)


def _refuse_forgotten(context: TrainContext, dataset: DatasetManifest | None, version: str) -> None:
    if dataset is not None and dataset.forgotten_at:
        context.adapters.discard(version)
        raise RefusedError(
            f"Something that dataset {dataset.id[:12]} held was forgotten while {version} was trained on it: nothing "
            "of it is kept. Run `reviewlore mine` to record what is left, and train again."
        )


def _candidate(context: TrainContext, manifest: VersionManifest) -> RegistryEntry:
    return RegistryEntry(
        manifest.id, manifest.tier, "candidate", context.actor, manifest.created_at, "trained, not yet judged",
        specialist=manifest.specialist,
    )  # fmt: skip


def _message(trained: Trained) -> str:
    """Return the message of the commit."""
    verbs = {"active": "promote", "canary": "put on trial", "candidate": "hold for approval", "rejected": "reject"}
    reached = trained.standing.state if trained.standing else "rejected"
    return f"Train and {verbs[reached]} {trained.manifest.id}"
