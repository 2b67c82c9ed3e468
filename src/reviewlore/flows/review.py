"""Two commits of a repository to a review: facts, precedents, scores, the few worth saying. It posts nothing."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from reviewlore.architecture.picture import compare
from reviewlore.config import FILE, Settings, parse_settings
from reviewlore.diff import FilePatch, parse_diff
from reviewlore.domain.architecture import ArchitectureMap, Survey
from reviewlore.domain.calibration import UNCALIBRATED, Calibrations
from reviewlore.domain.finding import Review
from reviewlore.flows import state
from reviewlore.flows.drift import find_aged, take_fingerprint
from reviewlore.flows.mapping import Mapper
from reviewlore.flows.precedents import Precedents
from reviewlore.flows.scoring import Judgement
from reviewlore.flows.survey import survey
from reviewlore.formats.mermaid import render_mermaid
from reviewlore.ports import Console, Index, Parsers, Repo, Scorer, Shelf, Store
from reviewlore.stages.curate import matches
from reviewlore.stages.review.candidates import make_findings
from reviewlore.stages.review.select import select


@dataclass(frozen=True, slots=True)
class ReviewContext:
    """What a review needs: the code, what was learned, whose judgement and what it is worth, how to search the past."""

    repository: str
    repo: Repo
    store: Store
    grammar: Parsers
    scorer: Scorer
    make_index: Callable[[], Index]
    console: Console
    notes: tuple[str, ...] = ()
    shelf: Shelf | None = None
    calibrations: Calibrations = UNCALIBRATED


def review_change(context: ReviewContext, base: str, head: str) -> Review:
    """Review the change between two commit ids, as GitHub shows it: from their merge base to the head.

    Settings are read from the base commit, never from the head. Raises InputError where the commits share no history,
    ConfigError where the base's settings cannot be used.
    """
    settings = read_settings(context.repo, base)
    start = context.repo.merge_base(base, head)
    context.console.say(f"Reading the change {start[:12]}..{head[:12]}")
    patches = parse_diff(context.repo.diff(start, head))
    reviewed, skipped = _reviewed(patches, settings)
    result = survey(
        context.repo,
        context.grammar,
        start,
        head,
        settings=settings.architecture,
        history_limit=settings.review.history_limit,
        mapper=Mapper(context.repo, context.grammar, shelf=context.shelf, console=context.console),
        patches=patches,
        store=context.store,
    )
    excluded = frozenset(patch.path for patch in patches if matches(patch.path, settings.review.exclude_paths))
    candidates, unplaced = make_findings(result.facts, {patch.path: patch for patch in reviewed}, excluded)
    precedents = Precedents(context.repository, context.repo, context.store, context.make_index(), start)
    scored = Judgement(context.scorer, context.calibrations).judge_findings(precedents.cite(candidates))
    dismissed = state.read_dismissed(context.store, context.repository) if scored else frozenset()
    kept, dropped = select(scored, settings.review, dismissed)
    return Review(
        repository=context.repository,
        base=start,
        head=head,
        tier=context.scorer.tier,
        version=context.scorer.version,
        findings=kept,
        dropped=(*unplaced, *dropped),
        notes=(*context.notes, *_age(context, result.base, start, settings), *result.notes, *precedents.notes),
        files_reviewed=len(reviewed),
        files_skipped=skipped,
        diagram=_diagram(result, patches) if settings.review.diagram else "",
    )


def _age(context: ReviewContext, base: ArchitectureMap, commit: str, settings: Settings) -> tuple[str, ...]:
    """Say how old the judgement is, where the code has moved too far since."""
    aged = find_aged(context.store, context.scorer.version, lambda: take_fingerprint(base, commit))
    note = aged.note(settings.learn.drift_threshold) if aged else None
    return (note,) if note else ()


def read_settings(repo: Repo, base: str) -> Settings:
    """Return the settings of a commit; the defaults where it has no `.reviewlore.toml`."""
    data = repo.read(base, FILE)
    return Settings() if data is None else parse_settings(data.decode("utf-8", "replace"), f"{FILE} at {base[:12]}")


def _diagram(result: Survey, patches: tuple[FilePatch, ...]) -> str:
    moved = {patch.old_path: patch.path for patch in patches if patch.status == "renamed"}
    changed = [patch.path for patch in patches]
    return render_mermaid(compare(result.base, result.head, moved, changed, result.contracts)[1])


def _reviewed(patches: tuple[FilePatch, ...], settings: Settings) -> tuple[tuple[FilePatch, ...], dict[str, int]]:
    kept, skipped = [], Counter[str]()
    for patch in patches:
        if matches(patch.path, settings.review.exclude_paths):
            skipped["path_excluded"] += 1
        elif patch.binary:
            skipped["binary"] += 1
        else:
            kept.append(patch)
    return tuple(kept), dict(sorted(skipped.items()))
