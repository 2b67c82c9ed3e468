"""What people wrote about a change and about all changes: a description and the team's guidance in, what of it a model
is shown out. Guidance is read from git objects at the base, never from the change.
"""

from collections.abc import Collection, Sequence

from reviewlore.domain.asking import PullText
from reviewlore.domain.neutral import neutral_line, neutral_prose
from reviewlore.domain.retrieval import Rule
from reviewlore.formats.yaml_text import read_yaml
from reviewlore.ports import Repo
from reviewlore.stages.review.context import Budget, Section
from reviewlore.stages.review.guidance import (
    Guidance,
    GuidanceFile,
    apply_to,
    front_matter,
    guidance_paths,
    select_guidance,
)

_TAUGHT = "rules that maintainers of this repository taught"
_TITLE = 300  # characters; GitHub takes 256
# The part of the prompt that a description may fill.
_SHARE = 20
_GIVEN = 3  # unchanged rows in git's hunks
NO_GUIDANCE = Guidance()


def read_guidance(
    repo: Repo,
    base: str,
    files: Collection[str],
    patterns: Sequence[str],
    changed: Sequence[str],
    share: int,
    budget: Budget,
) -> Guidance:
    """Return what the team's own files at the base say that concerns the changed paths, in at most `share` tokens."""
    paths = guidance_paths(files, patterns, changed)
    read = repo.contents((base, path) for path in paths)
    found = []
    for path, data in zip(paths, read, strict=True):
        front, text = front_matter((data or b"").decode("utf-8", "replace"))
        value = read_yaml(front)[0] if "applyTo" in front else None
        globs = apply_to(value.get("applyTo")) if isinstance(value, dict) else None
        found.append(GuidanceFile(path, text, globs))
    return select_guidance(found, changed, share, budget.cost)


def tell_rules(rules: Sequence[Rule], share: int, budget: Budget) -> tuple[tuple[Section, ...], tuple[str, ...]]:
    """Return the rules that maintainers taught as a section of at most `share` tokens, and what of them is not in it.

    They are a maintainer's words on the state branch, and data all the same: neutral, a row each.
    """
    rows: list[str] = []
    for rule in rules:
        row = f"- {neutral_line(rule.text).text}"
        if budget.cost(*rows, row) > share:
            break
        rows.append(row)
    left = len(rules) - len(rows)
    note = (f"Of the rules that maintainers taught, a model was not shown {left}, for want of room.",) if left else ()
    return ((Section(_TAUGHT, "\n".join(rows)),) if rows else ()), note


def tell(told: PullText | None, budget: Budget) -> tuple[str, str, bool, int]:
    """Return title and description as a model may see them, whether the description was cut, and what was hidden."""
    if told is None:
        return "", "", False, 0
    title, body = neutral_line(told.title[:_TITLE]), neutral_prose(told.body)
    kept = body.text
    while budget.cost(kept) > budget.prompt_tokens // _SHARE:
        kept = kept[: int(len(kept) * 0.8)]
    return title.text, kept, len(kept) < len(body.text), title.characters + body.characters + body.parts


def tell_gaps(hidden: int, context: int, guidance: Guidance = NO_GUIDANCE, *, cut: bool = False) -> tuple[str, ...]:
    """Return what a model was not shown as it stands, a sentence each.

    `hidden` counts what people would not see, `context` the unchanged rows shown around a change (git gives 3); `cut`
    tells that the description was.
    """
    told = []
    if hidden:
        told.append(
            f"{hidden:,} hidden characters, comments or control marks in the change were made visible or taken out "
            "before a model was shown it."
        )
    if context < _GIVEN:
        told.append(f"To show more of a large change, hunks were cut to {context} unchanged row(s) around each change.")
    if cut:
        told.append("The description of the pull request is longer than its share; a model was shown its beginning.")
    if guidance.applicable > len(guidance.sections) or guidance.cut:
        told.append(
            f"Of the team's guidance, a model was shown {len(guidance.sections)} of {guidance.applicable} sections "
            "that concern the changed files, the nearest first."
        )
    return tuple(told)
