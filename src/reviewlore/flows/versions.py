"""A trained version as it is kept: its manifest made, its files, decision and audit entry written in one commit."""

from collections.abc import Mapping

from reviewlore.domain.evaluation import Evaluation, GateDecision
from reviewlore.domain.history import people_in
from reviewlore.domain.model import RegistryEntry, VersionManifest
from reviewlore.flows import judge, state
from reviewlore.flows.fitting import Fitted, Plan, hash_files
from reviewlore.flows.judge import LoadedDataset
from reviewlore.flows.training import TrainContext
from reviewlore.formats import records
from reviewlore.ports import Store
from reviewlore.stages import gate, registry


def make_manifest(
    context: TrainContext, plan: Plan, judged: Fitted, served: Mapping[str, bytes], evaluation: Evaluation
) -> VersionManifest:
    """Return the lineage of a version that was judged; `served` are the files it is used by."""
    active = registry.find_active(state.read_registry(context.store))
    own = judge.find_score(evaluation, plan.id)
    return VersionManifest(
        id=plan.id,
        tier=plan.tier,
        created_at=context.clock.now(),
        recipe=plan.name,
        recipe_settings=plan.settings,
        dataset=plan.dataset.manifest.id,
        base_model=judged.draft.base_model,
        base_revision=judged.draft.base_revision,
        packages=dict(sorted(context.packages.items())),
        code_commit=context.code_commit,
        seed=plan.dataset.manifest.seed,
        parent=active.id if active else None,
        files=hash_files(served),
        metrics={**{kind: row.accuracy for kind, row in own.by_kind.items()}, "overall": own.overall.accuracy},
        log=judged.log,
        seconds=round(judged.seconds, 2),
        hardware=context.hardware,
        fingerprint=context.structure(),
    )


def count_people(dataset: LoadedDataset) -> int:
    """Return how many people's words, code or votes the pairs rest on."""
    used = {name for pair in (*dataset.train, *dataset.test) for name in pair.episodes}
    return len(people_in(episode for episode in dataset.episodes if episode.id in used))


def save_version(
    context: TrainContext,
    manifest: VersionManifest,
    files: Mapping[str, bytes],
    decision: GateDecision,
    *,
    people: int,
) -> tuple[str | None, GateDecision]:
    """Write the version in one commit; the decision holds only where nobody changed the active version meanwhile."""
    decided = [decision]

    def change(store: Store) -> dict[str, bytes | None]:
        entry = RegistryEntry(
            manifest.id, manifest.tier, "candidate", context.actor, manifest.created_at, "trained, not yet judged"
        )
        found = registry.add_candidate(state.read_registry(store), entry)
        active = registry.find_active(found)
        said = gate.confirm(decision, active.id if active else None)
        decided.append(said)
        found = registry.apply_decision(found, said, f"gate ({context.actor})", manifest.created_at)
        written: dict[str, bytes | None] = {state.version_path(manifest.id, name): data for name, data in files.items()}
        written[state.version_path(manifest.id, "manifest.json")] = records.encode(manifest)
        written[state.REGISTRY] = records.encode(found)
        detail = {"dataset": manifest.dataset, "recipe": manifest.recipe, "verdict": said.verdict,
                  "reason": said.reason, "metrics": manifest.metrics, "people": people}  # fmt: skip
        written[state.AUDIT] = state.audited(
            store, at=manifest.created_at, actor=context.actor, action="train", subject=manifest.id, detail=detail
        )
        return written

    verbs = {"promote": "Train and promote", "refuse": "Train and reject"}
    commit = context.store.update(change, lambda: f"{verbs[decided[-1].verdict]} {manifest.id}", manifest.created_at)
    return commit, decided[-1]
