"""A change to a model's remarks on it: briefed from git objects, asked within a budget, held against the code.

Only called where a model is there. What it took is written to the account; nothing is posted, and no failure of a model
fails a review.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from reviewlore.config import ModelSettings
from reviewlore.domain.finding import Tier
from reviewlore.domain.generated import Generated
from reviewlore.domain.spending import Spent
from reviewlore.flows.asking import Ground, ask, uncover
from reviewlore.flows.briefing import ForHunk, Sources, Trained, brief
from reviewlore.flows.spending import MeteredGenerator, record, remaining
from reviewlore.flows.state import read_rules, read_voice
from reviewlore.flows.subject import Subject
from reviewlore.ports import Generator, Parsers, Repo, Store
from reviewlore.ranking.attention import Attention


@dataclass(frozen=True, slots=True)
class Writing:
    """The model that writes, as it is set up: its settings (of the default branch), prompts, and what orders hunks.

    `trained` is the form of the adapter in force, None where none is; `now` tells the time (ISO 8601) for the account,
    which another run keeps where `keeps_account` is False.
    """

    generator: Generator
    settings: ModelSettings
    templates: Mapping[str, str]
    attention: Attention
    now: Callable[[], str]
    trained: Trained | None = None
    keeps_account: bool = True

    @property
    def tier(self) -> Tier:
        """The tier of what it writes."""
        return "prompt" if self.trained is None else "adapter"


@dataclass(frozen=True, slots=True)
class Tools:
    """What answers are made from and held against: objects, the state branch, syntax, precedents for a hunk.

    `later` gets what may wait until the review is published.
    """

    repo: Repo
    store: Store
    grammar: Parsers
    precedents: ForHunk
    later: Callable[[Callable[[], object]], object]


def generate(writing: Writing, subject: Subject, tools: Tools) -> Generated:
    """Ask a model about a change; hunks that are as they were at the last review are not shown again."""
    settings = replace(subject.settings, model=writing.settings)
    sources = Sources(
        tools.repo, subject.base, subject.head, writing.templates, tools.precedents, attention=writing.attention,
        taught=read_rules(tools.store),
    )  # fmt: skip
    briefing = brief(
        sources,
        subject.change,
        subject.survey.facts,
        settings,
        told=subject.known.told,
        trained=writing.trained,
        voice=read_voice(tools.store),
        seen=subject.unchanged.asked,
    )
    now, number = writing.now(), subject.known.number
    allowance = remaining(tools.store, writing.settings, now, subject.repository, number)
    if writing.trained is not None:  # one call a hunk, whose number has a limit of its own
        allowance = replace(allowance, calls=None)
    metered = MeteredGenerator(writing.generator, writing.settings, allowance)
    asked = ask(metered, briefing.requests, Ground(sources, subject.survey, tools.grammar), settings)
    coverage = uncover(briefing.coverage, asked.unanswered)
    spent = metered.spent(now, subject.repository, number)
    kept = _kept(tools, spent, now, writing.settings) if spent is not None and writing.keeps_account else ()
    return Generated(asked.findings, asked.dropped, coverage, asked.usage, (*briefing.notes, *asked.notes, *kept))


def _kept(tools: Tools, spent: Spent, now: str, settings: ModelSettings) -> tuple[str, ...]:
    """Write what it took to the account; only where there is a limit it matters at once, and whether that was possible.

    Without one it may wait until the remarks are out.
    """
    if settings.max_tokens or settings.monthly_tokens or settings.monthly_cost:
        problem = record(tools.store, spent, now)
        return (problem,) if problem else ()
    tools.later(lambda: record(tools.store, spent, now))
    return ()
