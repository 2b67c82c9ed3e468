"""The text a model is trained on and the text it is asked with, from one function.

In: templates (name -> text), a hunk or a preference pair, a budget. Out: prompts and remarks as text.
It reads no file, and no text of a diff or a remark can forge the delimiters between them.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from jinja2 import DictLoader, StrictUndefined, Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from reviewlore.domain.neutral import break_delimiters
from reviewlore.domain.preference import PreferencePair, Remark
from reviewlore.errors import Fault

if TYPE_CHECKING:
    from reviewlore.domain.recipe import Dialogue, Method, PromptContext, TextBudget
    from reviewlore.domain.training import Example

REVIEW_TEMPLATE = "review.md.j2"
JUDGE_TEMPLATE = "judge.md.j2"
_CUT_MARK = "..."
_PATH_CHARACTERS = 200
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def render_prompt(templates: Mapping[str, str], context: "PromptContext", budget: "TextBudget") -> str:
    """Return the text before a remark; the same for training, evaluation, scoring and asking.

    Fault where the template is missing or does not render.
    """
    values = {"path": _clean_path(context.path), "hunk": cut_hunk(_clean(context.hunk), budget.hunk_characters)}
    return render_template(templates, REVIEW_TEMPLATE, values)


def render_template(templates: Mapping[str, str], name: str, values: Mapping[str, Any]) -> str:
    """Return one template with values inserted; the caller has made them neutral (`domain/neutral.py`).

    Fault where the template is missing or does not render.
    """
    try:
        return _template(tuple(sorted(templates.items())), name).render(values)
    except TemplateError as error:
        raise Fault(f"The prompt template {name} cannot be used: {error}. Mend it, or reinstall reviewlore.") from error


def render_remark(body: str, budget: "TextBudget") -> str:
    """Return a remark as the text that follows a prompt: cleaned, and cut at the end to the budget's characters."""
    text = _clean(body).strip()
    if len(text) <= budget.remark_characters:
        return text
    return text[: budget.remark_characters - len(_CUT_MARK)].rstrip() + _CUT_MARK


def render_preference(templates: Mapping[str, str], pair: PreferencePair, budget: "TextBudget") -> "Dialogue":
    """Return a pair as text: both remarks after the chosen one's hunk, or each after its own where these differ."""
    from reviewlore.domain.recipe import Dialogue, PromptContext  # what a review need not load

    def prompt(remark: Remark) -> str:
        return render_prompt(templates, PromptContext(path=remark.path, hunk=remark.hunk), budget)

    return Dialogue(
        prompt=prompt(pair.chosen),
        chosen=render_remark(pair.chosen.body, budget),
        rejected=render_remark(pair.rejected.body, budget),
        weight=pair.weight,
        rejected_prompt=prompt(pair.rejected) if _has_two_prompts(pair) else "",
    )


def render_judgement(
    templates: Mapping[str, str], asked: Remark, examples: "Sequence[Example]", budget: "TextBudget"
) -> str:
    """Return the question whether a team will act on a remark, after examples of the team, in the order given.

    The answer that follows is yes or no. Remarks and hunks are cut as where an adapter is trained on them.
    """
    shown = [{**_judged(each.remark, budget), "addressed": each.addressed} for each in examples]
    return render_template(templates, JUDGE_TEMPLATE, {"examples": shown, "asked": _judged(asked, budget)})


def select_trainable(
    pairs: Iterable[PreferencePair], budget: "TextBudget", method: "Method"
) -> tuple[tuple[PreferencePair, ...], dict[str, int]]:
    """Return the pairs that a method can learn from, in order, and the number of the others by reason.

    DPO and ORPO compare two completions of one prompt, so `outcome` pairs, whose remarks belong to different hunks, are
    for KTO and the ranker only.
    """
    kept, dropped = [], Counter[str]()
    for pair in pairs:
        reason = _untrainable(pair, budget, method)
        if reason is None:
            kept.append(pair)
        else:
            dropped[reason] += 1
    return tuple(kept), dict(sorted(dropped.items()))


def prompt_hash(templates: Mapping[str, str]) -> str:
    """Return the SHA-256 of all templates by name and text: a prompt is a version too."""
    digest = hashlib.sha256()
    for name, text in sorted(templates.items()):
        for part in (name, text):
            encoded = part.encode()
            digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return digest.hexdigest()


def cut_hunk(hunk: str, characters: int) -> str:
    """Return a hunk within a number of characters: its header and its last lines, which the remark is about.

    A review comment's hunk ends at the commented line, so the beginning is what can be spared.
    """
    hunk = hunk.strip("\n")
    if len(hunk) <= characters:
        return hunk
    first, _, rest = hunk.partition("\n")
    head = [first[: characters // 2]] if first.startswith("@@") else []
    lines = (rest if head else hunk).split("\n")
    room = characters - sum(len(line) + 1 for line in head) - len(_CUT_MARK)
    kept: list[str] = []
    while lines and len(lines[-1]) + 1 <= room:
        room -= len(lines[-1]) + 1
        kept.insert(0, lines.pop())
    if not kept and room > 1:
        kept = [lines[-1][-(room - 1) :]]
    return "\n".join([*head, _CUT_MARK, *kept])


def _judged(remark: Remark, budget: "TextBudget") -> dict[str, Any]:
    hunk = cut_hunk(_clean(remark.hunk), budget.hunk_characters)
    return {"path": _clean_path(remark.path), "hunk": hunk, "body": render_remark(remark.body, budget)}


def _has_two_prompts(pair: PreferencePair) -> bool:
    return pair.kind == "outcome" or pair.chosen.hunk != pair.rejected.hunk


def _untrainable(pair: PreferencePair, budget: "TextBudget", method: "Method") -> str | None:
    if method != "kto" and _has_two_prompts(pair):
        return "outcome_pairs_have_two_prompts" if pair.kind == "outcome" else "remarks_on_different_hunks"
    chosen, rejected = render_remark(pair.chosen.body, budget), render_remark(pair.rejected.body, budget)
    if not chosen or not rejected:
        return "empty_remark"
    return "remarks_read_the_same" if chosen == rejected and not _has_two_prompts(pair) else None


def _clean(text: str) -> str:
    """Return text without control characters, lone surrogates and anything that reads as a delimiter."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _CONTROL.sub(" ", text).encode("utf-8", "replace").decode("utf-8")
    return break_delimiters(text)[0]


def _clean_path(path: str) -> str:
    return _clean(path).replace("\n", " ").replace("\t", " ")[-_PATH_CHARACTERS:]


@lru_cache(maxsize=8)
def _template(templates: tuple[tuple[str, str], ...], name: str) -> Template:
    # Not HTML: escaping would change the code a model reads. Values are inserted, never evaluated.
    environment = ImmutableSandboxedEnvironment(
        loader=DictLoader(dict(templates)), undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False
    )
    return environment.get_template(name)
