"""Requests to a model, and what of its answers holds: asked, read, mended once, held against the code, added up.

A model that is down, slow or confused costs its remarks, never the review: what went wrong is told in notes.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

from reviewlore.architecture.places import is_test
from reviewlore.architecture.similarity import likeness
from reviewlore.config import Settings
from reviewlore.dialogue import render_template
from reviewlore.domain.architecture import Survey
from reviewlore.domain.asking import ModelAnswer, ModelFailure, ModelRequest
from reviewlore.domain.drafts import Draft, Parsed
from reviewlore.domain.finding import Dropped, Finding
from reviewlore.domain.neutral import neutral
from reviewlore.domain.tokens import bound_tokens
from reviewlore.domain.usage import Coverage, Usage
from reviewlore.errors import ReviewloreError
from reviewlore.flows.briefing import Sources
from reviewlore.formats.toml_text import read_toml
from reviewlore.formats.yaml_text import read_yaml
from reviewlore.ports import Generator, Parsers
from reviewlore.stages.budget import add_up_usage, measure
from reviewlore.stages.review.answers import parse_answer, parse_plain
from reviewlore.stages.review.knowledge import Judges, Knowledge
from reviewlore.stages.review.suggestion import Broken, settle_suggestion
from reviewlore.stages.review.verify import verify

REPAIR_TEMPLATE = "repair.md.j2"
NO_ANSWER = "model_did_not_answer"
_PROBLEMS = 12  # told in one repair: more, and the whole answer is wrong
_ANSWER = 12_000  # characters of an answer shown again: three times what is asked for
_SHOWN = 3  # different failures told in full


@dataclass(frozen=True, slots=True)
class Ground:
    """What a model's words are held against: git objects and templates, both maps, and who reads syntax."""

    sources: Sources
    survey: Survey
    grammar: Parsers


@dataclass(frozen=True, slots=True)
class Asked:
    """What a model said that holds, what of it does not and why, what it took, and what is to be told.

    `unanswered` are the paths of which a request, or all of them, went without an answer.
    """

    findings: tuple[Finding, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    usage: Usage = field(default_factory=Usage)
    notes: tuple[str, ...] = ()
    unanswered: tuple[str, ...] = ()


def ask(generator: Generator, requests: Sequence[ModelRequest], ground: Ground, settings: Settings) -> Asked:
    """Ask a model, and return what of its answers may be said. What fails is told, never raised.

    Answers whose form is wrong are asked for once more, all of them in one batch. Faults of templates are raised.
    """
    return _Asking(generator, ground, settings).run(requests) if requests else Asked()


def uncover(coverage: Coverage, unanswered: Iterable[str]) -> Coverage:
    """Return the coverage without the files for which no answer came: they are left out, with that as the reason."""
    gone = frozenset(unanswered)
    return Coverage(
        tuple(path for path in coverage.covered if path not in gone),
        {path: rows for path, rows in coverage.clipped.items() if path not in gone},
        coverage.left_out | dict.fromkeys(sorted(gone), NO_ANSWER),
    )


@dataclass(slots=True)
class _Call:
    """One request with its answer and what was read from it; `drafts` are right, `parsed` is the last reading."""

    number: int
    request: ModelRequest
    answer: ModelAnswer
    parsed: Parsed
    drafts: list[Draft]

    @property
    def wrong(self) -> bool:
        return bool(self.parsed.problem or self.parsed.faulty)


class _Asking:
    """One review's questions."""

    def __init__(self, generator: Generator, ground: Ground, settings: Settings) -> None:
        self._generator, self._ground, self._settings = generator, ground, settings
        self._took: list[Usage] = []
        self._failures: list[str] = []
        self._notes: list[str] = []
        self._repaired = 0
        self._unmended = ""  # why a repair was not answered, the first time

    def run(self, requests: Sequence[ModelRequest]) -> Asked:
        outcomes = self._generate(requests)
        calls = [
            _read(number, request, outcome)
            for number, (request, outcome) in enumerate(zip(requests, outcomes, strict=True), 1)
            if isinstance(outcome, ModelAnswer)
        ]
        failed = [r for r, outcome in zip(requests, outcomes, strict=True) if isinstance(outcome, ModelFailure)]
        silent = {excerpt.path for request in failed for excerpt in request.excerpts}
        self._tell_failures(len(failed), len(requests))
        self._notes += sorted({call.answer.note for call in calls if call.answer.note})
        self._repair([call for call in calls if call.wrong])
        dropped = [item for call in calls for item in _losses(call)]
        findings, lost = self._verified(calls)
        malformed = sum(call.wrong for call in calls)
        if malformed:
            again = f"; asking again failed: {self._unmended}" if self._unmended else ", even asked again."
            self._notes.append(f"{_count(malformed, 'answer')} of the model could not be used whole{again}")
        usage = replace(add_up_usage(self._took, self._generator.model), repaired=self._repaired, malformed=malformed)
        return Asked(self._settled(findings), (*dropped, *lost), usage, tuple(self._notes), tuple(sorted(silent)))

    def _generate(self, requests: Sequence[ModelRequest]) -> list[ModelAnswer | ModelFailure]:
        """Ask, and count what it took; what the budget held back took nothing."""
        try:
            outcomes = self._generator.generate(requests)
        except ReviewloreError as error:
            outcomes = [ModelFailure("broken", str(error)) for _ in requests]
        for request, outcome in zip(requests, outcomes, strict=True):
            if isinstance(outcome, ModelFailure):
                self._failures.append(outcome.reason)
            if not (isinstance(outcome, ModelFailure) and outcome.kind == "budget"):
                self._took.append(measure(request, outcome, self._settings.model))
        return outcomes

    def _tell_failures(self, failed: int, asked: int) -> None:
        """Say what was not answered, and on what the review then rests: a silent model is no approval."""
        if not failed:
            return
        reasons = [reason for reason, _ in Counter(self._failures).most_common(_SHOWN)]
        more = len(set(self._failures)) - len(reasons)
        told = " ".join(reasons) + (f" And {_count(more, 'other reason')}." if more > 0 else "")
        whole = failed == asked
        rest = "The review rests on the facts alone." if whole else "What these calls were about is not covered."
        which = "" if whole else f" {failed} of {asked} calls"
        self._notes.append(f"The model did not answer{which}: {told} {rest}")

    def _repair(self, wrong: Sequence[_Call]) -> None:
        """Ask once more for the answers that could not be used; what is right in the new ones is added."""
        if not wrong:
            return
        outcomes = self._generate([self._repair_request(call) for call in wrong])
        for call, outcome in zip(wrong, outcomes, strict=True):
            if isinstance(outcome, ModelFailure):
                self._unmended = self._unmended or outcome.reason
                continue
            again = _read(call.number, call.request, outcome)
            known = {(draft.hunk, draft.line, draft.specialist) for draft in call.drafts}
            call.drafts += [draft for draft in again.drafts if (draft.hunk, draft.line, draft.specialist) not in known]
            if not again.parsed.problem:  # an answer that cannot be read mends nothing: what was wrong before is lost
                cut, extra = call.parsed.cut, call.parsed.extra
                call.parsed = replace(again.parsed, cut=again.parsed.cut + cut, extra=again.parsed.extra + extra)
            self._repaired += not call.wrong

    def _repair_request(self, call: _Call) -> ModelRequest:
        """Return the request with the answer and what is wrong with it; the change is left out where it has no room."""
        parsed, request, model = call.parsed, call.request, self._settings.model
        problems = [parsed.problem] if parsed.problem else []
        problems += [f"remark {one.place}: {problem}" for one in parsed.faulty for problem in one.problems]
        told = neutral(call.answer.text[:_ANSWER]).text
        values = {"problems": [neutral(problem).text for problem in problems[:_PROBLEMS]]}
        user = f"{told}\n{render_template(self._ground.sources.templates, REPAIR_TEMPLATE, values)}"
        whole = f"{request.user}{user}"
        size = bound_tokens(request.system, model.characters_per_token) + bound_tokens(
            whole, model.characters_per_token
        )
        return replace(request, user=whole if size + request.answer_tokens <= model.context_tokens else user)

    def _verified(self, calls: Sequence[_Call]) -> tuple[list[Finding], list[Dropped]]:
        ground, repo = self._ground, self._ground.sources.repo
        judges = Judges(is_test, likeness, lambda words: repo.mentions(ground.sources.head, words))
        known = Knowledge(ground.survey.base, ground.survey.head, judges)
        findings, dropped = [], []
        for call in calls:
            excerpts = {excerpt.id: excerpt for excerpt in call.request.excerpts}
            for draft in call.drafts:
                result = verify(draft, excerpts, known)
                if isinstance(result, Finding):
                    findings.append(result)
                else:
                    dropped.append(result)
        return findings, dropped

    def _settled(self, findings: Sequence[Finding]) -> tuple[Finding, ...]:
        """Keep the suggestions that can be committed, or at least be shown; the others are counted in a note."""
        if not self._settings.review.suggestions:
            return tuple(replace(finding, suggestion=None) for finding in findings)
        sources = self._ground.sources
        paths = sorted({finding.anchor.path for finding in findings if finding.suggestion is not None})
        contents = sources.repo.contents((sources.head, path) for path in paths)
        texts = {path: _decoded(data) for path, data in zip(paths, contents, strict=True)}
        broken = _syntax(self._ground.grammar)
        settled = [settle_suggestion(finding, texts.get(finding.anchor.path), broken) for finding in findings]
        reasons = Counter(reason for _, reason in settled if reason)
        if reasons:
            rows = ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, count in sorted(reasons.items()))
            self._notes.append(f"Changes to commit that the model proposed and that are left out: {rows}.")
        return tuple(finding for finding, _ in settled)


def _read(number: int, request: ModelRequest, answer: ModelAnswer) -> _Call:
    if _is_trained(request):
        # In the trained form a base model writes anything: what it says instead of the adapter is not used.
        plain = Parsed() if answer.note else parse_plain(answer.text, request.excerpts[0], request.specialists[0])
        return _Call(number, request, answer, plain, list(plain.drafts))
    parsed = parse_answer(answer.text, request.excerpts, request.specialists)
    return _Call(number, request, answer, parsed, list(parsed.drafts))


def _is_trained(request: ModelRequest) -> bool:
    return bool(request.adapter and request.specialists) and request.schema is None and len(request.excerpts) == 1


def _losses(call: _Call) -> Iterable[Dropped]:
    """Yield what of an answer was no remark that could be judged, with the reason."""
    counts = {
        "malformed": len(call.parsed.faulty) + bool(call.parsed.problem),
        "cut_off": call.parsed.cut,
        "too_many_remarks": call.parsed.extra,
    }
    for reason, count in counts.items():
        for place in range(count):
            name = sha256(f"{reason} {call.number} {place}".encode()).hexdigest()[:16]
            yield Dropped(name, "generated/unknown", reason)


def _syntax(grammar: Parsers) -> Broken:
    """Return who says of a text whether its syntax is wrong, by its path; None where nobody here reads it."""

    def broken(path: str, text: str) -> bool | None:
        suffix = path.rpartition(".")[2].lower()
        if suffix == "json":
            return not _is_json(text)
        if suffix == "toml":
            return bool(read_toml(text)[1])
        if suffix in ("yaml", "yml"):
            return bool(read_yaml(text)[1])
        parsed = grammar.parse(path, text.encode("utf-8", "replace"))
        return None if parsed is None else parsed.broken

    return broken


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _decoded(data: bytes | None) -> str | None:
    """Return a file as text; None where it is none, so that nothing is offered to be committed to it."""
    try:
        return None if data is None else data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"
