"""A change to a model's remarks on it: briefed from git objects, asked within a budget, held against the code.

Only called where a model is there. What it took is written to the account; nothing is posted, and no failure of a model
fails a review.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from reviewlore.architecture.facts.change import ChangeContext
from reviewlore.config import ModelSettings, Settings
from reviewlore.diff import FilePatch
from reviewlore.domain.architecture import Survey
from reviewlore.domain.asking import PullText
from reviewlore.domain.finding import Dropped, Finding, Tier
from reviewlore.domain.usage import Coverage, Usage
from reviewlore.domain.voice import SILENT, Voice
from reviewlore.flows.asking import Asked, Ground, ask, uncover
from reviewlore.flows.briefing import Briefing, ForHunk, Sources, Trained, brief
from reviewlore.flows.spending import MeteredGenerator, record, remaining
from reviewlore.ports import Generator, Parsers, Repo, Store
from reviewlore.ranking.attention import Attention
from reviewlore.stages.publish.again import REASON, Unchanged

_HIDDEN = "{} of the change that people would not see were made visible or taken out before a model read it."


@dataclass(frozen=True, slots=True)
class Writing:
    """The model that writes, as it is set up: its settings (of the default branch), prompts, and what orders hunks.

    `trained` is the form of the adapter in force, None where none is; `now` tells the time (ISO 8601) for the account.
    """

    generator: Generator
    settings: ModelSettings
    templates: Mapping[str, str]
    attention: Attention
    now: Callable[[], str]
    trained: Trained | None = None

    @property
    def tier(self) -> Tier:
        """The tier of what it writes."""
        return "prompt" if self.trained is None else "adapter"


@dataclass(frozen=True, slots=True)
class Subject:
    """What is written about: a change as it was surveyed, and the pull request it belongs to (number 0: none)."""

    repository: str
    number: int
    base: str
    head: str
    survey: Survey
    change: ChangeContext
    settings: Settings
    told: PullText | None = None
    unchanged: Unchanged = field(default_factory=Unchanged)
    voice: Voice = SILENT


@dataclass(frozen=True, slots=True)
class Generated:
    """What a model has to say that holds, what does not and why, what it was shown, what that took."""

    findings: tuple[Finding, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    coverage: Coverage = field(default_factory=Coverage)
    usage: Usage = field(default_factory=Usage)
    notes: tuple[str, ...] = ()


def generate(
    writing: Writing, subject: Subject, repo: Repo, store: Store, grammar: Parsers, precedents: ForHunk
) -> Generated:
    """Ask a model about a change; hunks that are as they were at the last review are not shown again."""
    settings = replace(subject.settings, model=writing.settings)
    sources = Sources(repo, subject.base, subject.head, writing.templates, precedents, attention=writing.attention)
    patches, again = _to_look_at(subject.change.patches, subject.unchanged)
    change = replace(subject.change, patches=patches)
    facts = subject.survey.facts
    voice, told = subject.voice, subject.told
    briefing = brief(sources, change, facts, settings, told=told, trained=writing.trained, voice=voice)
    now = writing.now()
    allowance = remaining(store, writing.settings, now, subject.repository, subject.number)
    metered = MeteredGenerator(writing.generator, writing.settings, allowance)
    asked = ask(metered, briefing.requests, Ground(sources, subject.survey, grammar), settings)
    coverage = uncover(briefing.coverage, asked.unanswered)
    coverage = replace(coverage, left_out=coverage.left_out | dict.fromkeys(again, REASON))
    kept = _kept(metered, store, subject, now, writing.settings)
    return Generated(asked.findings, asked.dropped, coverage, asked.usage, (*_told(briefing, asked), *kept))


def _to_look_at(patches: Sequence[FilePatch], unchanged: Unchanged) -> tuple[tuple[FilePatch, ...], tuple[str, ...]]:
    """Return the patches without hunks that were looked at before, and the paths of which nothing is left."""
    kept, gone = [], []
    for patch in patches:
        hunks = tuple(hunk for place, hunk in enumerate(patch.hunks) if (patch.path, place) not in unchanged.asked)
        if patch.hunks and not hunks:
            gone.append(patch.path)
        else:
            kept.append(patch if len(hunks) == len(patch.hunks) else replace(patch, hunks=hunks))
    return tuple(kept), tuple(gone)


def _told(briefing: Briefing, asked: Asked) -> tuple[str, ...]:
    hidden = (_HIDDEN.format(f"{briefing.neutralised:,} characters or parts"),) if briefing.neutralised else ()
    return (*hidden, *briefing.notes, *asked.notes)


def _kept(
    metered: MeteredGenerator, store: Store, subject: Subject, now: str, settings: ModelSettings
) -> tuple[str, ...]:
    """Write what it took to the account; that it could not be written matters only where there is a limit."""
    spent = metered.spent(now, subject.repository, subject.number)
    problem = record(store, spent, now) if spent is not None else ""
    limited = settings.max_tokens or settings.monthly_tokens or settings.monthly_cost
    return (problem,) if problem and limited else ()
