"""The answer to `/lore ask`: passages and a model's words in, sentences that each cite a passage out. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from reviewlore.domain.finding import Precedent
from reviewlore.domain.inert import inert_code, inert_line

MOST_SENTENCES = 5
_LONGEST = 4_000
_CITED = r"\[\d{1,3}(?: ?, ?\d{1,3}){0,9}\]"
# A sentence ends in a mark, the numbers behind it included, where no small letter goes on.
_SENTENCE = re.compile(rf"[^\n]+?(?:[.!?](?: ?{_CITED}){{0,9}}(?= {{1,9}}[^a-z ]| {{0,9}}(?:\n|$))|(?=\n|$))")
_NUMBERS = re.compile(_CITED)
_KIND = {"episode": "said in review", "rule": "taught by a maintainer", "decision": "written down"}


@dataclass(frozen=True, slots=True)
class Cited:
    """What is left of a model's answer: the sentences that cite a passage, and how many others were dropped."""

    sentences: tuple[str, ...] = ()
    dropped: int = 0


def read_answer(text: str, passages: int) -> Cited:
    """Return the sentences of a model's answer of which every cited number is a passage's, and that cite one."""
    kept: list[str] = []
    dropped = 0
    for match in _SENTENCE.finditer(text[:_LONGEST].replace("\r", "\n")):
        sentence = " ".join(match[0].split())
        if not any(map(str.isalpha, sentence)):
            continue
        numbers = [int(one) for found in _NUMBERS.findall(sentence) for one in re.findall(r"\d+", found)]
        if numbers and all(1 <= number <= passages for number in numbers) and len(kept) < MOST_SENTENCES:
            kept.append(sentence)
        else:
            dropped += 1
    return Cited(tuple(kept), dropped)


def describe(passage: Precedent) -> str:
    """Return a passage as a model is shown it, on one line; the caller makes it neutral."""
    if passage.kind == "decision":
        return f"written down in {passage.path}: {passage.heading}: {passage.excerpt}"
    if passage.kind == "rule":
        return f"taught by a maintainer: {passage.excerpt}"
    return f"said in review of {passage.path} ({passage.outcome}): {passage.excerpt}"


def render_asked(
    question: str, passages: Sequence[Precedent], cited: Cited, notes: Sequence[str], links: tuple[str, str]
) -> str:
    """Return the answer to a question; `links` are the repository's address and the commit that documents are of.

    Without a model's sentences the passages speak for themselves.
    """
    told = [f"- {inert_line(note)}" for note in notes]
    if cited.dropped:
        told.append(f"- {cited.dropped} sentence(s) of the model cited no passage and are left out.")
    asked = f"> {inert_line(question)}"
    if not passages:
        nothing = "Nothing that this team said in review, taught or wrote down fits this question well."
        return "\n\n".join(filter(None, [asked, nothing, "\n".join(told)]))
    says = " ".join(map(inert_line, cited.sentences))
    head = "It rests on:" if says else "What this team said, taught and wrote down that is closest to it:"
    rows = [f"{number}. {_source(each, links)}" for number, each in enumerate(passages, 1)]
    return "\n\n".join(filter(None, [asked, says, head, "\n".join(rows), "\n".join(told)]))


def _source(passage: Precedent, links: tuple[str, str]) -> str:
    words = f"“{inert_line(passage.excerpt)}”"
    kind = _KIND[passage.kind]
    if passage.kind == "rule":
        return f"{kind}, {inert_code(passage.episode)}: {words}"
    if passage.kind == "decision":
        return f"{kind} in {_document(passage, links)}, {inert_line(passage.heading)}: {words}"
    name = f"pull request {passage.pull_request}"
    own = passage.url if passage.url and _is_own(passage.url, links[0]) else ""
    where = f"[{name}]({own})" if own else name
    return f"{kind} of {where}, {passage.outcome}, on {inert_code(passage.path)}: {words}"


def _document(passage: Precedent, links: tuple[str, str]) -> str:
    repository, commit = links
    label = inert_code(f"{passage.path}@{commit[:12]}")
    line = f"#L{passage.line}" if passage.line else ""
    return f"[{label}]({repository}/blob/{commit}/{quote(passage.path)}{line})"


def _is_own(url: str, repository: str) -> bool:
    return url.startswith(f"{repository}/") and re.fullmatch(r"[\w./:#?=&%-]+", url, re.ASCII) is not None
