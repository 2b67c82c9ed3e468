"""`/lore ask`: a question in, what the team said, taught and decided about it out, each with its source.

Where the settings name a model it is asked to answer from these passages alone; every sentence of it that cites none
is dropped. Its words, the question and the passages are data: nothing of them is followed.
"""

from reviewlore.dialogue import render_template
from reviewlore.domain.asking import ModelFailure, ModelRequest
from reviewlore.domain.commands import AskCommand
from reviewlore.domain.finding import Precedent
from reviewlore.domain.forge import PullRequest
from reviewlore.domain.neutral import neutral_line
from reviewlore.errors import ReviewloreError
from reviewlore.flows.command_tools import CommandTools
from reviewlore.flows.generation import Writing
from reviewlore.flows.precedents import Precedents
from reviewlore.flows.review import ReviewContext, read_settings
from reviewlore.flows.spending import MeteredGenerator, record, remaining
from reviewlore.stages import commands
from reviewlore.stages.commands import Cited, describe, read_answer

_PASSAGES = 6
_ANSWER_TOKENS = 400


def ask(command: AskCommand, pull: PullRequest, tools: CommandTools) -> str:
    """Return what is known about a question, at the base of the pull request it is asked on."""
    context = tools.look_into(pull)
    guidance = read_settings(context.repo, pull.base_sha).review.guidance
    past = Precedents(
        context.repository, context.repo, context.store, context.make_index(), pull.base_sha, guidance=guidance
    )
    passages = past.for_question(command.question, _PASSAGES)
    cited, notes = Cited(), past.notes
    if passages and context.writing is not None:
        cited, more = _answer(command.question, passages, context, context.writing, pull.number)
        notes = (*notes, *more)
    links = (tools.desk.repository_url, pull.base_sha)
    return commands.render_asked(command.question, passages, cited, notes, links)


def _answer(
    question: str, passages: tuple[Precedent, ...], context: ReviewContext, writing: Writing, number: int
) -> tuple[Cited, tuple[str, ...]]:
    """Ask the model within its budget; return what of its answer holds, and what is to be told of it."""
    now, repository = writing.now(), context.repository
    allowance = remaining(context.store, writing.settings, now, repository, number)
    metered = MeteredGenerator(writing.generator, writing.settings, allowance)
    try:
        (outcome,) = metered.generate([_request(question, passages, writing)])
    except ReviewloreError as error:
        outcome = ModelFailure("broken", str(error))
    spent = metered.spent(now, repository, number)
    problem = record(context.store, spent, now) if spent is not None else ""
    notes = (problem,) if problem else ()
    if isinstance(outcome, ModelFailure):
        return Cited(), (f"The model did not answer: {outcome.reason}", *notes)
    cited = read_answer(outcome.text, len(passages))
    if not cited.sentences:
        notes = ("The model found no answer in these passages.", *notes)
    return cited, notes


def _request(question: str, passages: tuple[Precedent, ...], writing: Writing) -> ModelRequest:
    shown = [neutral_line(describe(each)).text for each in passages]
    values = {"passages": shown, "question": neutral_line(question).text}
    return ModelRequest(
        system=render_template(writing.templates, "answer.md.j2", {"sentences": commands.MOST_SENTENCES}),
        user=render_template(writing.templates, "question.md.j2", values),
        answer_tokens=min(_ANSWER_TOKENS, writing.settings.answer_tokens),
    )
