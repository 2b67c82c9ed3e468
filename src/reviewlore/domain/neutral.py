"""Text of strangers as a model is shown it: what people would not see is made visible or taken out, and counted.

Text in, text and counts out. Rows stay rows; no text keeps a delimiter of ours or a control token of a model.
"""

import html
import re
from dataclasses import dataclass

from reviewlore.domain.visible import escape_of, visible

# Our delimiters are `<|name|>`, and the control tokens of common base models are spelled `<|…|>`, `<｜…｜>`, `<s>`,
# `<fim_prefix>` or `[INST]`: a tokenizer would read them as control tokens even inside a diff. A space breaks them.
_FORGEABLE = re.compile(
    r"<(?=[|｜]|/?(?:s|bos|eos|pad|unk|mask|start_of_turn|end_of_turn|fim_\w+|file_sep|repo_name|reponame)>)"
    r"|\[(?=/?INST\])",
    re.IGNORECASE,
)
# Fillers and joiners that show nothing; selectors, which can carry whole messages behind one sign.
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufe00-\ufe0e\U000e0100-\U000e01ef]")
# Persian, Indic scripts and emoji need joiners, and emoji the last selector; among Latin letters they only hide.
_BETWEEN = re.compile("(?<![\u0600-\u1fff\u2190-\u2bff\u3030\u303d\ufe0f\U0001f000-\U0001faff])[\u200c\u200d\ufe0f]")
# Letters of Cyrillic and Greek that look like Latin ones, in words that are Latin otherwise.
_ALIKE = "аеорсухіјѕһԁԛԝѵАВЕЗІЈКМНОРСТУХЅԌԚԜοΑΒΕΖΗΙΚΜΝΟΡΤΥΧ"
_MIXED = re.compile(rf"(?<![\w\\])(?=\w*[A-Za-z])(?=\w*[{_ALIKE}])[A-Za-z0-9_{_ALIKE}]+(?!\w)")
_LOOKALIKE = re.compile(f"[{_ALIKE}]")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_HTML = (
    "a abbr b blockquote br center code col dd del details div dl dt em font h1 h2 h3 h4 h5 h6 hr i iframe img input "
    "ins kbd li link meta noscript ol p picture pre q rp rt ruby s samp script section source span strike strong style "
    "sub summary sup svg table tbody td template textarea tfoot th thead title tr tt u ul var video"
)
_TAG = re.compile(
    rf"</?(?:(?:{'|'.join(_HTML.split())})(?:[\s/][^<>]*)?|[A-Za-z][\w-]*\s[^<>=]*=[^<>]*)>", re.IGNORECASE
)
_IMAGE = re.compile(r"!\[[^\[\]]*\](?:\([^()\n]*\)|\[[^\[\]\n]*\])")
_LINK = re.compile(r"\[([^\[\]]*)\]\([^()\n]*\)")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,31});")
_LONGEST = 100_000  # GitHub takes 65,536 characters for a title or a description


@dataclass(frozen=True, slots=True)
class Neutral:
    """A text made neutral: how many characters of it were escaped or broken, and how many hidden parts taken out."""

    text: str
    characters: int = 0
    parts: int = 0


def neutral(text: str) -> Neutral:
    """Return code or one line as a model may see it: unseen and look-alike characters escaped, delimiters broken."""
    count = 0
    if not text.isascii():
        for pattern in (_BLANK, _BETWEEN):
            text, found = pattern.subn(lambda match: escape_of(match[0]), text)
            count += found
        text, found = _MIXED.subn(lambda match: _LOOKALIKE.sub(lambda one: escape_of(one[0]), match[0]), text)
        count += found
    seen = visible(text)
    if seen != text:
        count += sum(text.count(character) for character in set(text) if visible(character) != character)
    broken, found = break_delimiters(seen)
    return Neutral(broken, count + found)


def neutral_line(text: str) -> Neutral:
    """Return a text of one line, such as a path or a title, as `neutral`; line ends become spaces."""
    return neutral(" ".join(text.split()))


def neutral_prose(text: str) -> Neutral:
    """Return Markdown of strangers without what its readers do not see: comments, tags, images, where links lead to.

    Entities are written out. https://docs.github.com/en/get-started/writing-on-github
    """
    text, cut = text[:_LONGEST], len(text) > _LONGEST
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    parts = int(cut)
    for pattern, kept in ((_COMMENT, ""), (_TAG, ""), (_IMAGE, ""), (_LINK, r"\1")):
        text, found = pattern.subn(kept, text)
        parts += found if kept == "" else 0
    text, entities = _ENTITY.subn(lambda match: html.unescape(match[0]), text)
    shown = neutral(text)
    return Neutral(shown.text.strip(), shown.characters, parts + entities)


def break_delimiters(text: str) -> tuple[str, int]:
    """Return text in which nothing reads as a delimiter or a control token, and how many did."""
    return _FORGEABLE.subn(lambda found: f"{found.group()} ", text) if "<" in text or "[" in text else (text, 0)
