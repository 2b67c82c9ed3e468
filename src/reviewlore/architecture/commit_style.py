"""How commits of a repository are written, counted rather than assumed: subjects and messages in, habits out.

Subjects are the repository's own words; whoever shows them escapes them. A habit speaks only where it holds in at least
90 % of at least 20 cases; merges, reverts, fixups and bots have no say.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from reviewlore.architecture.conventions import EXAMPLES, MIN_CASES, MIN_SHARE
from reviewlore.domain.architecture import Change, Landed
from reviewlore.domain.overview import Habit

# The newest commits show the style there is now.
RECENT = 400
# A subject beyond this is no first line but a whole message, and no example to show.
_MOST = 300
_LENGTHS = (50, 72, 100)
_MADE = re.compile(r"(merge|revert|initial commit)\b|(fixup|squash|amend)!|\[pre-commit", re.I)
# https://www.conventionalcommits.org/en/v1.0.0/ with the types that commitlint's default configuration takes.
_CONVENTIONAL = re.compile(r"(build|chore|ci|docs|feat|fix|perf|refactor|revert|style|test)(\([^()]{1,60}\))?!?: \S")
_PART = r"[\w./*-]{1,60}+"  # possessive: a hostile subject is not tried in many ways
_SCOPE = re.compile(rf"{_PART}(?: ?, ?{_PART}){{0,3}}+(?:\([^()]{{1,40}}\))?: \S")
_BRACKETS = re.compile(r"\[[^\[\]]{1,60}\]:? ?\S")
_EMOJI = re.compile(r"(:[a-z0-9_+-]+:|[\u2600-\u27bf\U0001f300-\U0001faff]\ufe0f?) ?")
_FINAL_NUMBER = re.compile(r"(?<!\s)\s*\((#\d+|[\w.-]+/[\w.-]+#\d+)\)$")
_TICKET = re.compile(r"\b[A-Z][A-Z0-9]{1,9}-[1-9]\d{0,6}\b")
_NUMBER = re.compile(r"(?<![\w&])(#|gh-)[1-9]\d{0,6}\b", re.I)
_SIGNED = re.compile(r"^Signed-off-by: .+", re.MULTILINE)
_WORD = re.compile(r"[A-Za-z]+")
# A word as code writes it has the case it has.
_CODE = re.compile(r"[`'\"/\\@<(]|[\w-]*[_.\d]\w|\w+\(|[a-z]+[A-Z]|[A-Z]{2}")
# What commits do, each as written after "it will": the first word of a subject in one of four forms, or no mood at all.
_VERBS = """
add adjust adopt align allow apply assert avoid bring build bump cache call catch change check clarify clean clear
collect combine compare complete configure convert copy correct cover create cut deduplicate define delete deprecate
disable document drop enable encode enforce ensure exclude expand explain export expose extend extract fix format
generate handle hide ignore implement import improve include increase inline install integrate introduce invert join
keep let limit link load lower make mark match merge migrate mock move normalize optimize override pass pin port
prefer prepare prevent print propagate provide publish raise reduce refactor register relax release remove rename
reorder reorganize replace report require reset resolve restore restrict return reuse revert rewrite run save separate
set show silence simplify skip sort speed split start stop store suppress switch sync test tidy track translate trim
turn tweak type unify update upgrade use validate verify warn wrap write
""".split()


def mine_commit_style(changes: Sequence[Change], landed: Sequence[Landed]) -> tuple[Habit, ...]:
    """Return what nearly all newest commits keep to; `changes` and `landed` are newest first.

    Subjects come from `changes`, all commits that are no merges; bodies from `landed`, where merges are left out. The
    number that GitHub puts behind a squashed pull request's title is no part of the title.
    """
    written = [change.subject for change in changes if change.author and _counts(change.subject)][:RECENT]
    titles = [(_FINAL_NUMBER.sub("", subject), subject) for subject in written]
    whole = [change for change in landed if change.author and _counts(change.subject)][:RECENT]
    aspects: Iterable[tuple[str, Callable[[str], str]]] = (
        ("form", form_of),
        ("reference", _reference_of),
        ("mood", mood_of),
        ("case", case_of),
        ("end", _end_of),
    )
    found = [_decide(kind, [(value(title), subject) for title, subject in titles]) for kind, value in aspects]
    found.append(_decide("squash_number", [("(#1)" if t != s else "none", s) for t, s in titles]))
    found.append(_length([title for title, _ in titles]))
    bodies = [("with a body" if change.body.strip() else "subject only", change.subject) for change in whole]
    signed = [("signed off" if _SIGNED.search(change.body) else "none", change.subject) for change in whole]
    found += [_decide("body", bodies), _decide("sign_off", signed)]
    return tuple(habit for habit in found if habit)


def form_of(title: str) -> str:
    """Return how a title begins: a Conventional Commits type, a scope or module, a mark in brackets, or plainly."""
    bare = _EMOJI.sub("", title, count=1)
    if _CONVENTIONAL.match(bare):
        return "type: title (Conventional Commits)"
    if _SCOPE.match(bare):
        return "scope: title"
    return "[mark] title" if _BRACKETS.match(bare) else "none"


def mood_of(title: str) -> str:
    """Return the form of the verb a title begins with, empty where it begins with no verb that commits begin with."""
    word = _WORD.match(_description(title))
    return _MOODS.get(word[0].lower(), "") if word else ""


def case_of(title: str) -> str:
    """Return whether a title's first word is capitalised; empty for names, code and what is no letter."""
    first = _description(title)
    word = first.split(" ", 1)[0]
    if not first[:1].isalpha() or _CODE.match(word):
        return ""
    return "capitalised" if first[0].isupper() else "lower case"


def _description(title: str) -> str:
    """Return a title without what stands before its first word: emoji, type, scope, mark, ticket."""
    rest = _EMOJI.sub("", title, count=1)
    rest = re.sub(r"^(\[[^\[\]]{1,60}\]:?\s*)+", "", rest)
    rest = re.sub(rf"^{_TICKET.pattern}[:\s-]*", "", rest)
    if _SCOPE.match(rest):
        rest = rest.partition(": ")[2]
    return rest.strip()


def _reference_of(title: str) -> str:
    if _TICKET.match(title.lstrip("[(")):
        return "ticket first"
    return "ticket" if _TICKET.search(title) else "issue number" if _NUMBER.search(title) else "none"


def _end_of(title: str) -> str:
    return "full stop" if title.endswith(".") and not title.endswith("..") else "no full stop"


def _counts(subject: str) -> bool:
    return bool(subject.strip()) and len(subject) <= _MOST and not _MADE.match(subject)


def _decide(kind: str, cases: Sequence[tuple[str, str]]) -> Habit | None:
    """Return the value that nearly all subjects have; those without a value (empty) have no say, `none` is no habit."""
    cases = [(value, subject) for value, subject in cases if value]
    if len(cases) < MIN_CASES:
        return None
    best, held = Counter(value for value, _ in cases).most_common(1)[0]
    if best == "none" or held < MIN_SHARE * len(cases):
        return None
    examples = dict.fromkeys(subject for value, subject in cases if value == best)
    return Habit(kind, "", best, held, len(cases), tuple(examples)[:EXAMPLES])


def _length(titles: Sequence[str]) -> Habit | None:
    """Return the smallest usual limit that nearly all titles keep."""
    for limit in _LENGTHS:
        kept = [title for title in titles if len(title) <= limit]
        if len(titles) >= MIN_CASES and len(kept) >= MIN_SHARE * len(titles):
            longest = sorted(dict.fromkeys(kept), key=len, reverse=True)
            return Habit("length", "", f"at most {limit} characters", len(kept), len(titles), tuple(longest[:EXAMPLES]))
    return None


def _forms() -> dict[str, str]:
    """Return every form of the verbs with its mood; where two agree (`cut`, `set`), the imperative counts."""
    found: dict[str, str] = {}
    for verb in _VERBS:
        stem = verb.removesuffix("e")
        soft = f"{verb[:-1]}i" if verb.endswith("y") and verb[-2] not in "aeiou" else stem
        double = verb + verb[-1]
        plural = (
            f"{soft}es" if soft.endswith("i") else f"{verb}es" if verb.endswith(("s", "x", "sh", "ch")) else f"{verb}s"
        )
        found |= dict.fromkeys((f"{soft}ed", f"{double}ed"), "past")
        found |= dict.fromkeys((f"{stem}ing", f"{double}ing"), "gerund")
        found[plural] = "third person"
    irregular = "brought built caught cut hid kept let made ran rewrote sent set split wrote was were"
    found |= dict.fromkeys(irregular.split(), "past")
    return found | dict.fromkeys(_VERBS, "imperative")


_MOODS = _forms()
