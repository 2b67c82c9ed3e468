"""Whose judgement is used: the active version of the state branch, its files verified, else the shipped prior."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from reviewlore.domain.calibration import Audience, Calibrations, RuleRecord
from reviewlore.domain.finding import Finding, Source, Tier
from reviewlore.domain.foreign import ADDED
from reviewlore.domain.model import VersionManifest
from reviewlore.domain.preference import Remark
from reviewlore.errors import InputError, MissingExtra, StateError
from reviewlore.flows import state
from reviewlore.formats import records
from reviewlore.formats.rows import Rejected, read_lines
from reviewlore.formats.standing import tell_canary
from reviewlore.ports import AdapterTrainer, Scorer, Store
from reviewlore.ranking.calibration import borrow, calibrate, calibration_for, combine, is_measured, threshold_for
from reviewlore.ranking.model import RankerModel
from reviewlore.stages.registry import find_active, find_judging, find_predecessors
from reviewlore.stages.review.candidates import words_of

PRIOR = "prior"
RANKER_FILE = "ranker.json"
# What scores are worth, found on remarks that the model as judged had not seen; it belongs to both models of a version.
CALIBRATION_FILE = "calibration.json"
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


@dataclass(frozen=True, slots=True)
class Judgement:
    """A scorer with what its scores are worth. It is a `Scorer` itself.

    `specialists` judge their own findings in its place; what they say is told apart by their calibrated probabilities.
    """

    scorer: Scorer
    calibrations: Calibrations
    specialists: "Mapping[str, Judgement]" = field(default_factory=dict)

    @property
    def version(self) -> str:
        """The id of the version that scores."""
        return self.scorer.version

    @property
    def tier(self) -> Tier:
        """The tier of the version that scores."""
        return self.scorer.tier

    def score(self, remarks: Sequence[Remark]) -> list[float]:
        """Return one score a remark, higher is better."""
        return self.scorer.score(remarks)

    def judge(self, remarks: Sequence[Remark], audience: Audience) -> tuple[list[float], list[float | None]]:
        """Return (scores, probabilities of being addressed) of remarks that people or bots made.

        A probability is None where nothing was held out to calibrate by.
        """
        scores = self.scorer.score(remarks)
        calibration = self.calibrations.people if audience == "people" else self.calibrations.bots
        return scores, [calibrate(calibration, score) if calibration else None for score in scores]

    def judge_findings(self, findings: Sequence[Finding], history: Sequence[RuleRecord] = ()) -> list[Finding]:
        """Return the findings, in order, with score and probability; `history` says what became of their rules' own.

        An adapter's score is its preference margin; candidates of one hunk are scored in one pass.
        """
        judged = list(findings)
        by_judge: dict[str, list[int]] = {}
        for place, finding in enumerate(findings):
            by_judge.setdefault(finding.specialist if finding.specialist in self.specialists else "", []).append(place)
        by_rule = {record.rule: record for record in history}
        for name, places in by_judge.items():
            judge = self.specialists.get(name, self)
            own = judge._judge_own([findings[place] for place in places], by_rule)
            for place, finding in zip(places, own, strict=True):
                judged[place] = finding
        return judged

    def threshold(self, precision: float, source: Source) -> float | None:
        """Return the least probability at which held-out remarks reach a precision; None where none does."""
        return threshold_for(self.calibrations, precision, source)

    def _judge_own(self, findings: Sequence[Finding], by_rule: Mapping[str, RuleRecord]) -> list[Finding]:
        remarks = [Remark(finding.anchor.path, finding.hunk, words_of(finding)) for finding in findings]
        return [
            replace(
                finding,
                score=round(score, 6),
                probability=(chance := self._probability(finding, score, by_rule)),
                measured=chance is not None and is_measured(finding.source, by_rule.get(finding.rule)),
                margin=round(score, 6) if self.tier == "adapter" else None,
            )
            for finding, score in zip(findings, self.scorer.score(remarks), strict=True)
        ]

    def _probability(self, finding: Finding, score: float, by_rule: Mapping[str, RuleRecord]) -> float | None:
        calibration = calibration_for(self.calibrations, finding.source)
        if calibration is None:
            return None
        return round(combine(calibrate(calibration, score), by_rule.get(finding.rule)), 6)


def load_active(
    store: Store, prior: RankerModel, adapters: AdapterTrainer, *, repository: str = "", number: int = 0
) -> tuple[Scorer, tuple[str, ...]]:
    """Return the version that judges a pull request (0: none), and in one sentence each what has to be known of it.

    A canary judges its share of pull requests. An adapter that cannot run here (no model extra, no base model) gives
    way to the newest ranker that was in force, else to the shipped prior, a canary first to the active version; a
    damaged version is a StateError.
    """
    registry = state.read_registry(store)
    judging, active = find_judging(registry, "", repository, number), find_active(registry)
    trial = judging.id if judging is not None and judging.state == "canary" else ""
    notes: list[str] = []
    in_force = [entry.id for entry in dict.fromkeys((judging, active if judging else None)) if entry is not None]
    for version in (*in_force, *(find_predecessors(registry) if judging else ())):
        manifest = state.read_version(store, version)
        if version not in in_force and notes and manifest.tier == "adapter":
            continue
        try:
            scorer = load_version(store, manifest, adapters)
        except (MissingExtra, InputError) as error:
            if manifest.tier != "adapter":
                raise
            kind, other = ("canary", "another") if version == trial else ("active version", "a cheaper one")
            notes.append(f"The {kind} {version} cannot run here, {other} judges instead: {error}")
            continue
        if judging is not None and version == trial:
            notes.append(tell_canary(judging, active))
        return scorer, tuple(notes)
    return RankerScorer(PRIOR, prior), tuple(notes)


def load_calibrations(store: Store, scorer: Scorer, prior: Calibrations) -> Calibrations:
    """Return what the scores of the version in force are worth, its file verified like its others.

    Where a version has no calibration of its own (it is older, or had too few remarks), the prior's stands in.
    """
    if scorer.version == PRIOR:
        return prior
    manifest = state.read_version(store, scorer.version)
    own = read_calibrations(store, manifest) or Calibrations(scorer.version)
    return borrow(own, prior, same_scale=scorer.tier == "embedded")


def read_calibrations(store: Store, manifest: VersionManifest) -> Calibrations | None:
    """Return the calibrations that are kept with a version, verified; None where it is older than they are."""
    if CALIBRATION_FILE not in manifest.files:
        return None
    data = verified_file(store, manifest, CALIBRATION_FILE)
    return records.decode(data, Calibrations, state.version_path(manifest.id, CALIBRATION_FILE))


def load_version(store: Store, manifest: VersionManifest, adapters: AdapterTrainer, *, judged: bool = False) -> Scorer:
    """Return a version's judgement: what is served, or (`judged`) the model as it was judged. Files are verified."""
    bare, files = model_files(store, manifest, judged=judged)
    if manifest.tier == "adapter":
        return adapters.scorer(bare, files)
    if RANKER_FILE not in files:
        raise StateError(f"The manifest of {manifest.id} names no {RANKER_FILE}. Restore it, or train again.")
    return RankerScorer(manifest.id, parse_ranker(files[RANKER_FILE], state.version_path(manifest.id, RANKER_FILE)))


def model_files(
    store: Store, manifest: VersionManifest, *, judged: bool = False
) -> tuple[VersionManifest, dict[str, bytes]]:
    """Return the files of one of a version's two models by their own names, verified, and a manifest of them alone."""
    files = {name: data for name, data in verified_files(store, manifest).items() if name != CALIBRATION_FILE}
    before_refit = judged and any(name.startswith(JUDGED_PREFIX) for name in files)
    chosen = {
        name.removeprefix(JUDGED_PREFIX): name for name in files if name.startswith(JUDGED_PREFIX) == before_refit
    }
    bare = replace(manifest, files={short: manifest.files[name] for short, name in chosen.items()})
    return bare, {short: files[name] for short, name in chosen.items()}


def verified_files(store: Store, manifest: VersionManifest) -> dict[str, bytes]:
    """Return a version's files; StateError where one is missing or its SHA-256 is not the manifest's."""
    return {name: verified_file(store, manifest, name) for name in manifest.files}


def verified_file(store: Store, manifest: VersionManifest, name: str) -> bytes:
    """Return one of a version's files; StateError where it is missing or its SHA-256 is not the manifest's."""
    path = state.version_path(manifest.id, name)
    data = store.read(path)
    if data is None or hashlib.sha256(data).hexdigest() != manifest.files[name]:
        problem = "is missing" if data is None else "was changed after it was trained (SHA-256 differs)"
        raise StateError(
            f"{path} on the state branch {problem}; it is not loaded. "
            "Restore it from an earlier commit of the branch, or `reviewlore rollback`."
        )
    return data


def parse_ranker(data: bytes, path: str) -> RankerModel:
    """Return the ranker in a JSON file; StateError where it is damaged."""
    try:
        return RankerModel.from_json(json.loads(data))
    except (ValueError, RecursionError) as error:
        raise StateError(f"{path} is damaged: {error}. Restore it from an earlier commit, or train again.") from error


def score_rows(data: bytes, name: str, judgement: Judgement) -> list[dict[str, Any]]:
    """Return the rows of a JSON Lines file in their order, each with `score` and `rank` (1 is best; ties share none).

    `probability` is that of a machine's remark, where there is something to calibrate by. InputError names the first
    lines that are no rows; then nothing is scored.
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
    remarks = [Remark(row["path"], row["diff_hunk"], row["body"]) for row in rows]
    scores, chances = judgement.judge(remarks, "bots")
    order = sorted(range(len(rows)), key=lambda index: (-scores[index], index))
    ranks = {index: rank for rank, index in enumerate(order, 1)}
    told = [{} if chance is None else {"probability": round(chance, 6)} for chance in chances]
    own = [{key: value for key, value in row.items() if key not in ADDED} for row in rows]
    return [{**row, "score": scores[index], "rank": ranks[index], **told[index]} for index, row in enumerate(own)]


def _problem(row: Mapping[str, Any]) -> str | None:
    missing = [key for key in ("path", "diff_hunk", "body") if not isinstance(row.get(key), str)]
    return f"{', '.join(missing)} missing or not a text" if missing else None
