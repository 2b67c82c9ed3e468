"""Two commits of a repository to a review: facts, a model's remarks, others' findings; the few worth saying of them.

`examine` finds all candidates, whoever judges; `decide` judges and chooses. It posts nothing.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from reviewlore.architecture.picture import compare
from reviewlore.config import FILE, Settings, parse_settings
from reviewlore.diff import FilePatch, parse_diff
from reviewlore.domain.architecture import ArchitectureMap, Survey
from reviewlore.domain.asking import PullText
from reviewlore.domain.calibration import UNCALIBRATED, Calibrations, RuleRecord
from reviewlore.domain.finding import Dropped, Finding, Review
from reviewlore.domain.saying import Said
from reviewlore.domain.voice import SILENT
from reviewlore.flows import state
from reviewlore.flows.choosing import choose
from reviewlore.flows.drift import find_aged, take_fingerprint
from reviewlore.flows.foreign import read_foreign
from reviewlore.flows.generation import Generated, Subject, Writing, generate
from reviewlore.flows.mapping import Mapper
from reviewlore.flows.precedents import Precedents
from reviewlore.flows.saying import dismissed_in
from reviewlore.flows.scoring import Judgement
from reviewlore.flows.survey import study
from reviewlore.formats.mermaid import render_mermaid
from reviewlore.ports import Console, Index, Parsers, Repo, Scorer, Shelf, Store
from reviewlore.stages.curate import matches
from reviewlore.stages.online import rule_records
from reviewlore.stages.publish.again import Unchanged
from reviewlore.stages.review.candidates import make_findings
from reviewlore.stages.review.select import Past


@dataclass(frozen=True, slots=True)
class ReviewContext:
    """What a review needs: the code, what was learned, whose judgement and what it is worth, how to search the past.

    `writing` is the model that writes remarks, None where there is none.
    """

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
    writing: Writing | None = None


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known of a change besides its commits.

    `number` is its pull request's (0: none), `told` its title and body, `said` our remarks that stand on it; `seen`
    tells which of its hunks were reviewed before. `foreign` are files of other reviewers' findings by name.
    """

    number: int = 0
    told: PullText | None = None
    said: tuple[Said, ...] = ()
    seen: Callable[[tuple[FilePatch, ...]], Unchanged] = lambda patches: Unchanged()
    foreign: Mapping[str, bytes] = field(default_factory=dict)


ALONE = Circumstances()


@dataclass(frozen=True, slots=True)
class Examined:
    """A change with all that could be said of it before anybody has judged, and what fell away so far."""

    base: str
    head: str
    settings: Settings
    patches: tuple[FilePatch, ...]
    reviewed: tuple[FilePatch, ...]
    skipped: dict[str, int]
    unchanged: Unchanged
    survey: Survey
    candidates: tuple[Finding, ...]
    dropped: tuple[Dropped, ...]
    generated: Generated
    notes: tuple[str, ...] = ()


def review_change(context: ReviewContext, base: str, head: str, known: Circumstances = ALONE) -> Review:
    """Review the change between two commit ids, as GitHub shows it: from their merge base to the head.

    Settings are read from the base commit, never from the head. Raises InputError where the commits share no history,
    ConfigError where the base's settings cannot be used.
    """
    judgement = Judgement(context.scorer, context.calibrations)
    return decide(context, examine(context, base, head, known), judgement, known)


def examine(context: ReviewContext, base: str, head: str, known: Circumstances = ALONE) -> Examined:
    """Find all candidates of a change, with the precedents they rest on; see `review_change`."""
    settings = read_settings(context.repo, base)
    start = context.repo.merge_base(base, head)
    context.console.say(f"Reading the change {start[:12]}..{head[:12]}")
    patches = parse_diff(context.repo.diff(start, head))
    reviewed, skipped = _reviewed(patches, settings)
    result, change = study(
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
    unchanged = known.seen(patches)
    excluded = frozenset(patch.path for patch in patches if matches(patch.path, settings.review.exclude_paths))
    facts, unplaced = make_findings(result.facts, {patch.path: patch for patch in reviewed}, excluded)
    foreign = [read_foreign(data, name, reviewed, excluded) for name, data in known.foreign.items()]
    precedents = Precedents(context.repository, context.repo, context.store, context.make_index(), start)
    generated = Generated()
    if context.writing is not None:
        subject = Subject(
            context.repository, known.number, start, head, result, change, settings, known.told, unchanged,
            state.read_voice(context.store),
        )  # fmt: skip
        context.console.say(f"Asking {context.writing.generator.model}")
        generated = generate(
            context.writing, subject, context.repo, context.store, context.grammar, precedents.for_hunk
        )
    found = (*facts, *generated.findings, *(each for candidates, _ in foreign for each in candidates))
    return Examined(
        base=start,
        head=head,
        settings=settings,
        patches=patches,
        reviewed=reviewed,
        skipped=skipped,
        unchanged=unchanged,
        survey=result,
        candidates=tuple(precedents.cite(found)),
        dropped=(*unplaced, *generated.dropped, *(each for _, lost in foreign for each in lost)),
        generated=generated,
        notes=(*generated.notes, *result.notes, *precedents.notes),
    )


def decide(context: ReviewContext, examined: Examined, judgement: Judgement, known: Circumstances = ALONE) -> Review:
    """Judge the candidates of a change and choose the few that are said."""
    past, dismissed = Past(said=known.said), frozenset[str]()
    history: tuple[RuleRecord, ...] = ()
    if examined.candidates:
        by_path = {patch.path: patch for patch in examined.reviewed}
        past = Past(said=known.said, dismissed=dismissed_in(context.store, context.repository), patches=by_path)
        dismissed = state.read_dismissed(context.store, context.repository)
        history = rule_records(state.read_online(context.store))
    review = examined.settings.review
    choice = choose(examined.candidates, judgement, review, past, dismissed=dismissed, history=history)
    kept = choice.kept
    if judgement.tier == "adapter":  # its score is the preference margin
        kept = tuple(replace(finding, margin=finding.score) for finding in kept)
    age = _age(context, judgement.version, examined)
    written = context.writing is not None and examined.generated.usage.calls > 0
    return Review(
        repository=context.repository,
        base=examined.base,
        head=examined.head,
        tier=context.writing.tier if context.writing and written else judgement.tier,
        version=judgement.version,
        findings=kept,
        dropped=(*examined.dropped, *choice.dropped),
        notes=(*context.notes, *age, *examined.notes, *choice.notes),
        files_reviewed=len(examined.reviewed),
        files_skipped=examined.skipped,
        diagram=_diagram(examined.survey, examined.patches) if review.diagram else "",
        coverage=examined.generated.coverage,
        usage=examined.generated.usage,
        voice=state.read_voice(context.store) if kept else SILENT,
    )


def _age(context: ReviewContext, version: str, examined: Examined) -> tuple[str, ...]:
    """Say how old the judgement is, where the code has moved too far since."""
    base: ArchitectureMap = examined.survey.base
    aged = find_aged(context.store, version, lambda: take_fingerprint(base, examined.base))
    note = aged.note(examined.settings.learn.drift_threshold) if aged else None
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
