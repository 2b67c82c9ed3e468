"""Two commits of a repository to a review: facts, a model's remarks, others' findings; the few worth saying of them.

`examine` finds all candidates, whoever judges; `decide` judges and chooses. It posts nothing.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reviewlore.architecture.picture import compare
from reviewlore.config import FILE, Settings, parse_settings
from reviewlore.diff import FilePatch, parse_diff
from reviewlore.domain.architecture import Survey
from reviewlore.domain.calibration import UNCALIBRATED, Calibrations, RuleRecord
from reviewlore.domain.finding import Dropped, Finding, JudgedBy, Review
from reviewlore.domain.generated import Generated
from reviewlore.domain.voice import SILENT
from reviewlore.flows import state
from reviewlore.flows.again import find_standing
from reviewlore.flows.choosing import choose
from reviewlore.flows.drift import find_aged, take_fingerprint
from reviewlore.flows.mapping import Mapper
from reviewlore.flows.precedents import Precedents
from reviewlore.flows.saying import dismissed_in, said_on
from reviewlore.flows.scoring import Judgement
from reviewlore.flows.subject import ALONE, Circumstances, Subject
from reviewlore.flows.survey import study
from reviewlore.formats.mermaid import render_mermaid
from reviewlore.ports import Console, Index, Parsers, Repo, Scorer, Shelf, Store
from reviewlore.stages.curate import matches
from reviewlore.stages.online import rule_records
from reviewlore.stages.review.candidates import make_findings
from reviewlore.stages.review.select import Past
from reviewlore.stages.taught import tell_taught

if TYPE_CHECKING:
    from reviewlore.flows.generation import Writing


def do_now(act: Callable[[], object]) -> None:
    """Do what may be done later; the default of `ReviewContext.later`."""
    act()


@dataclass(frozen=True, slots=True)
class ReviewContext:
    """What a review needs: the code, what was learned, whose judgement and what it is worth, how to search the past.

    `specialists` judge their own findings in place of `scorer`. `writing` is the model that writes remarks, None where
    there is none. `later` gets what may wait until the review is published; without anybody who waits it is done at
    once.
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
    writing: "Writing | None" = None
    later: Callable[[Callable[[], object]], object] = do_now
    specialists: Mapping[str, Judgement] = field(default_factory=dict)

    @property
    def judgement(self) -> Judgement:
        """The version in force, and what its scores are worth."""
        return Judgement(self.scorer, self.calibrations, self.specialists)


@dataclass(frozen=True, slots=True)
class Examined:
    """A change with all that could be said of it before anybody has judged, and what fell away so far."""

    subject: Subject
    reviewed: tuple[FilePatch, ...]
    skipped: dict[str, int]
    candidates: tuple[Finding, ...]
    dropped: tuple[Dropped, ...]
    generated: Generated
    precedents: Precedents


def review_change(context: ReviewContext, base: str, head: str, known: Circumstances = ALONE) -> Review:
    """Review the change between two commit ids, as GitHub shows it: from their merge base to the head.

    Settings are read from the base commit, never from the head. Raises InputError where the commits share no history,
    ConfigError where the base's settings cannot be used.
    """
    return decide(context, examine(context, base, head, known), context.judgement)


def examine(context: ReviewContext, base: str, head: str, known: Circumstances = ALONE) -> Examined:
    """Find all candidates of a change, whoever judges them; see `review_change`."""
    subject = _read(context, base, head, known)
    settings = subject.settings
    reviewed, skipped = _reviewed(subject.patches, settings)
    excluded = frozenset(patch.path for patch in subject.patches if matches(patch.path, settings.review.exclude_paths))
    facts, unplaced = make_findings(subject.survey.facts, {patch.path: patch for patch in reviewed}, excluded)
    precedents = Precedents(context.repository, context.repo, context.store, context.make_index(), subject.base)
    generated = _generated(context, subject, precedents)
    others, lost = _foreign(known, reviewed, excluded)
    return Examined(
        subject=subject,
        reviewed=reviewed,
        skipped=skipped,
        candidates=(*facts, *generated.findings, *others),
        dropped=(*unplaced, *generated.dropped, *lost),
        generated=generated,
        precedents=precedents,
    )


def decide(context: ReviewContext, examined: Examined, judgement: Judgement) -> Review:
    """Judge the candidates of a change and choose the few that are said."""
    subject, store = examined.subject, context.store
    settings = subject.settings.review
    past, dismissed = Past(), frozenset[str]()
    history: tuple[RuleRecord, ...] = ()
    if examined.candidates:
        standing, old = find_standing(subject, examined.candidates)
        dismissals = state.read_dismissals(store, context.repository)
        past = Past(
            said=said_on(subject.known.posted),
            dismissed=dismissed_in(store, context.repository, dismissals),
            patches={patch.path: patch for patch in examined.reviewed},
            standing=standing,
            old=old,
        )
        dismissed = frozenset(signal.finding for signal in dismissals)
        history = read_rule_records(store, subject)
    choice = choose(examined.candidates, judgement, settings, past, dismissed=dismissed, history=history)
    kept = tuple(examined.precedents.cite(choice.kept))  # what is not said needs no evidence
    generated = examined.generated
    written = context.writing is not None and generated.usage.calls > 0
    taught = tell_taught(state.read_rules(store), [patch.path for patch in examined.reviewed])
    told = (*taught, *generated.notes, *subject.survey.notes, *examined.precedents.notes, *choice.notes)
    return Review(
        repository=context.repository,
        base=subject.base,
        head=subject.head,
        tier=context.writing.tier if context.writing and written else judgement.tier,
        version=judgement.version,
        findings=kept,
        dropped=(*examined.dropped, *choice.dropped),
        notes=tuple(dict.fromkeys((*context.notes, *_age(store, judgement.version, subject), *told))),
        files_reviewed=len(examined.reviewed),
        files_skipped=examined.skipped,
        diagram=_diagram(subject.survey, subject.patches) if settings.diagram else "",
        coverage=generated.coverage,
        usage=generated.usage,
        voice=state.read_voice(store) if kept else SILENT,
        judged_by=judgement.tier,
        specialists={name: JudgedBy(own.version, own.tier) for name, own in judgement.specialists.items()},
    )


def read_rule_records(store: Store, subject: Subject) -> tuple[RuleRecord, ...]:
    """Return what became of each rule's own remarks of late: in the year before the base's newest commit."""
    history = subject.change.history.changes
    return rule_records(state.read_online(store), history[0].committed_at if history else 0)


def _read(context: ReviewContext, base: str, head: str, known: Circumstances) -> Subject:
    settings = read_settings(context.repo, base)
    start = context.repo.merge_base(base, head)
    context.console.say(f"Reading the change {start[:12]}..{head[:12]}")
    patches = parse_diff(context.repo.diff(start, head))
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
    return Subject(
        context.repository, start, head, settings, patches, result, change, known.seen(patches), known
    )  # fmt: skip


def _generated(context: ReviewContext, subject: Subject, precedents: Precedents) -> Generated:
    """Ask the model that writes, where there is one; what that needs is loaded only then."""
    if context.writing is None:
        return Generated()
    from reviewlore.flows.generation import Tools, generate

    context.console.say(f"Asking {context.writing.generator.model}")
    tools = Tools(context.repo, context.store, context.grammar, precedents.for_hunk, context.later)
    return generate(context.writing, subject, tools)


def _foreign(
    known: Circumstances, reviewed: tuple[FilePatch, ...], excluded: frozenset[str]
) -> tuple[tuple[Finding, ...], tuple[Dropped, ...]]:
    """Read other reviewers' findings on this change."""
    if not known.foreign:
        return (), ()
    from reviewlore.flows.foreign import read_foreign

    read = [read_foreign(data, name, reviewed, excluded) for name, data in known.foreign.items()]
    return tuple(one for found, _ in read for one in found), tuple(one for _, lost in read for one in lost)


def _age(store: Store, version: str, subject: Subject) -> tuple[str, ...]:
    """Say how old the judgement is, where the code has moved too far since."""
    change = subject.change
    aged = find_aged(store, version, lambda: take_fingerprint(change.base, subject.base, change.conventions))
    note = aged.note(subject.settings.learn.drift_threshold) if aged else None
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
