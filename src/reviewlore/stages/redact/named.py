"""Text in, the places of secrets out that stand beside a name which says what they are. It never changes text.

A high-entropy value alone is never a finding: hashes and test data look alike.
"""

import re
from collections.abc import Iterator

from reviewlore.domain.late import LatePattern
from reviewlore.stages.redact.text import Span, lowered
from reviewlore.stages.redact.told import find_told
from reviewlore.stages.redact.values import has_sign, is_code, is_passphrase, is_password, is_token, is_type

# What a secret is called, in small letters, by how the word begins: looking for a few beginnings is what costs. Where
# another letter before it would make another word, none may stand there. People choose a `human` one themselves.
_NAMES = tuple(
    (start, LatePattern(rf"(?:{rest})(?:[-_]?(?:value|val|string|text|prod|production|live|dev|staging|stage|test"
        r"|default"
        r"|base64|b64|hex|raw|plain|old|new|key|base|seed|[0-9]{1,2}|[ab]))?(?![a-z0-9_])"), human)
    for start, rest, human in (
        ("pass", r"pass(?:word|wd|phrase|code|wort)|(?:(?<![a-z])|(?<=require)|(?<=bind)|(?<=user)|(?<=root)"
        r"|(?<=smtp)|(?<=db))passw?", True),
        ("pwd", r"(?<![a-z])pwd", True),
        ("pw", r"(?:(?<![a-z])|(?<=bind)|(?<=root)|(?<=user))pw", True),
        ("psk", r"(?<![a-z])psk", True),
        ("kennwort", r"kennwort", True),
        ("secret", r"secret", False),
        ("token", r"token", False),
        ("credential", r"credentials?", False),
        ("key", r"key", False),
        ("connection", r"connection[-_]?string", False),
        ("sess", r"(?<![a-z])sess(?:ion)?[-_]?id", False),
        ("sid", r"(?<![a-z])sid", False),
        ("otp", r"(?<![a-z])otp", False),
        ("mnemonic", r"(?<![a-z])mnemonic", False),
        ("dsn", r"(?<![a-z])dsn", False),
        ("salt", r"(?<![a-z])salt", False),
        ("pepper", r"(?<![a-z])pepper", False),
        ("_pat", r"_pat", False),
        ("_auth", r"_auth", False),
    )
)  # fmt: skip
# A key is secret when it is somebody's: `api_key`, `accessKey`.
_KEY_OWNERS = tuple(
    """
    api access account auth private encryption encrypt signing secret master shared sharedaccess client license
    licence service subscription storage app application session webhook deploy hmac crypto cipher jwt cookie bot
    rsa aes seed function host integration admin publish write server consumer
    """.split()
)
_BREAK = r"[ \t]{0,8}(?:\\?\n[ +-]?[ \t]{0,40})?"
_TYPE = (
    r"(?:\s?:\s?(?:Optional\[)?(?:str|string|String|bytes|SecretStr|&str|&'static str|\[\]byte"
    r"|Final(?:\[str\])?)\??\]?(?:\s\|\sNone)?(?=\s?=))?"
)
_QUOTED = LatePattern(
    rf"(?P<close>(?:\\?[\"'`])?\]?\)?){_TYPE}{_BREAK}(?P<sign>=>|:=|\|\|=|\?\?=|={{1,3}}|!==?|:|->|,|\(|\beq\b"
    rf"|\bdefault\b)?{_BREAK}\(?(?:[rbuNRBU]|[fF](?=.[^{{}}\n\"']*[\"'])"
    rf"|[\w.\[\]:]{{1,40}}\(\s?(?:[\w.\[\]:]{{1,40}}\(\s?)?[bru]?)?"
    r"(?P<quote>\\{0,3}[\"'`]{1,3})(?P<v>[^\n]{1,400}?)(?P=quote)"
)
_TAGGED = LatePattern(
    r"(?:[^<>\n]{0,60}>(?P<v1>[^<>\n]{4,200})</"
    r"|\\?[\"']\s{0,3},?\s{0,3}(?:value|content|val|default)\\?[\"']?\s{0,3}[=:]\s{0,3}\\?[\"']"
    r"(?P<v2>[^\"'\n]{4,200})[\"']"
    r"|\s{0,2}[\"']?,?[ \t]*\n[ +-]?[ \t]{0,40}[\"']?(?:value|Value|val)[\"']?: ?[\"']?(?P<v3>[^\s\"']{4,200}))"
)
_BARE = LatePattern(
    rf"[\"'`*_\])]{{0,3}}{_TYPE}(?P<sign>[ \t]{{0,12}}(?:=>|:=|={{1,2}}|:)[ \t]{{0,12}}"
    rf"|[ \t]{{1,4}}(?=\S*[\d!#$%^&*]|[A-Za-z]\S{{5,60}}[ \t]*(?:\n"
    rf"|\Z)))(?P<v>[^\s\"'`,;<>]{{4,300}})(?P<end>[,;]?[ \t]*(?=\n|\Z|#)|.?)"
)
_SAID = LatePattern(
    r"[\"'`*_]{0,3}(?: (?:for|of|on|to|in)(?: \S{1,30}){1,4}?)?(?:[ ,]{1,2}(?:is|was|were|will be|to|as|should be"
    r"|would be|reads|being)"
    r"(?: (?:still|now|just|currently|set to|literally|simply|actually|called))?:?\s{1,2}|\s\(|\s[-–—]{1,2}\s|:\s"
    r"|\s(?=[\"'`“]))"
    r"(?P<mark>[\"'`“‘*_]{0,3})(?P<v>(?<=[\"'`“‘])[^\n\"'`“”]{4,120}(?=[\"'`”])"
    r"|[^\s\"'`“”’]{4,200})(?P<after>[\"'`”’*_]{0,3})"
)
_SIGNS = frozenset({"=", ":", "=>", ":="})
_PASS_SIGN = LatePattern(r"[\"'`\]]{0,2}\s{0,3}(?:[:=]|(?:is|was)\s)")
_LOOK_BACK = 160  # how much of a line before a name tells whether it is a setting; longer lines are none
_SETTING = LatePattern(r"[ +-]?\s{0,40}(?:(?:export|set|ENV|ARG|env|-)\s{1,4})?[\w.\"'-]{0,60}")
_LITERAL = LatePattern(
    r"[?&;]\w{0,20}$|--[\w-]{0,20}$|--set(?:-string)?[ =][\w.,=-]{0,80}$|\w=\S+ \w{0,20}$|\s-[DeE] ?[\w.]{0,40}$"
    r"|(?:^|[\s$])[A-Z_]{0,30}$"
)
_REFERENCE = LatePattern(r"env|config|settings|secrets?\.|vault|process\.|getenv|lookup", re.IGNORECASE)


def find_named(text: str) -> Iterator[Span]:
    """Yield where values stand that their name, header, option or address makes a secret."""
    low = lowered(text)
    names = list(_names(low))
    yield from find_told(text, low, named=bool(names))
    for start, end, human in names:
        if "[redacted:" not in low[max(0, start - 30) : start].rpartition("]")[2]:
            yield from _find_value(text, start, end, human=human)


def _names(low: str) -> Iterator[tuple[int, int, bool]]:
    """Yield where names of secrets start and end, and whether people choose such secrets themselves."""
    for beginning, pattern, human in _NAMES:
        start = low.find(beginning)
        while start >= 0:
            end = start + len(beginning)
            if (match := pattern.match(low, start)) and (beginning != "key" or _is_owned(low, start)):
                yield start, match.end(), human
            start = low.find(beginning, end)


def _is_owned(low: str, start: int) -> bool:
    """Whether the key at a place is of a kind that is secret: `api key`, `access_key`, `clientKey`."""
    before = low[start - 1 : start] if start else ""
    stop = start - (before in {"-", "_", " "})
    return low.endswith(_KEY_OWNERS, max(0, stop - 14), stop) and (before != " " or low.endswith("api", 0, stop))


def _find_value(text: str, start: int, end: int, *, human: bool) -> Iterator[Span]:
    """Yield the value of one name that stands at start..end, in the first form that fits."""
    name = text[start:end].lower()
    verb = name == "pass" and not text[max(0, start - 1) : start].isalpha()
    if found := _QUOTED.match(text, end):
        if (not verb or found["sign"] in _SIGNS) and _is_value(found, text, start, human=human):
            yield *found.span("v"), "secret"
            return
        if found["sign"] in _SIGNS:
            return
    tagged = _TAGGED.match(text, end)
    if tagged and _judge(tagged[tagged.lastgroup or "v1"], human=human):
        yield *tagged.span(tagged.lastgroup or "v1"), "secret"
        return
    if verb and not _PASS_SIGN.match(text, end):  # "pass it on"
        return
    found = _BARE.match(text, end)
    place = _bare(found, text, start, human=human) if found else None
    if place is None and (found := _SAID.match(text, end)):
        place = _said(found, name, human=human)
    if place is not None:
        yield *place, "secret"


def _is_value(found: re.Match[str], text: str, start: int, *, human: bool) -> bool:
    """Judge a value between quotation marks by what joins it to the name."""
    sign, value = found["sign"] or "", found["v"]
    if text[start : found.start()].lower().startswith("passphrase") and is_passphrase(value):
        return True
    between = text[found.end("close") : found.start("quote")]
    if sign == ",":  # an argument or the item of a list: the name must be a literal too
        return bool(found["close"]) and "\n" not in between and found["quote"] != "`" and _judge(value, human=human)
    if sign == "(":
        setter = text[max(0, start - 4) : start].lower().endswith((".", "set", "with", "set_", "with_"))
        return is_token(value) or (human and is_password(value, quoted=True) and (setter or has_sign(value)))
    if not sign:
        return human and between != "" and not between.strip() and is_password(value, quoted=True) and has_sign(value)
    if "(" in between.replace("(", "", 1) or re.search(r"\w\(", between):  # wrapped: bytes("..."), env("NAME")
        return is_token(value)
    return _judge(value, human=human)


def _judge(value: str, *, human: bool) -> bool:
    return is_password(value, quoted=True) if human else is_token(value)


def _bare(found: re.Match[str], text: str, start: int, *, human: bool) -> tuple[int, int] | None:
    """Judge a value without quotation marks: what follows and the shape of the line say whether it is code."""
    sign, place = found["sign"], found.start("v")
    value, query, _ = found["v"].partition("&") if re.search(r"&\w+=", found["v"]) else (found["v"], "", "")
    before = text[max(0, start - _LOOK_BACK) : start].rpartition("\n")[2]
    ends_line = not found["end"].strip("; \t#\n") and not query
    setting = ends_line and _SETTING.fullmatch(before) is not None
    if not setting:
        value = value.rstrip(").:*_]}>" if sign == "=" else ").!?:*_]}>")
    if not value or is_code(value) or _REFERENCE.match(value):
        return None
    literal = bool(setting or query) or _LITERAL.search(before) is not None
    if not sign.strip():  # `--password x`, `password x`: an option, a setting, or prose
        alone = human and ends_line and re.fullmatch(r"[ +-]?\s{0,40}(?:require|bind|root|user)?", before) is not None
        literal = before.endswith(("--", "-")) or re.search(r"--[\w-]{0,20}$", before) is not None
        if not (
            literal
            or (is_token(value) and _is_no_name(value))
            or (alone and (before.strip("+- ") or not value.islower()))
        ):
            return None
        fine = is_password(value, quoted=True) if human else is_token(value)
    elif human:
        fine = _is_bare_password(value, sign, before, literal=literal, last=setting and not found["end"].strip())
    else:
        fine = is_token(value) and (literal or _is_no_name(value))
    return (place, place + len(value)) if fine else None


def _is_bare_password(value: str, sign: str, before: str, *, literal: bool, last: bool) -> bool:
    """Whether a human's password stands without quotation marks; `last`: nothing follows it on a line of its own."""
    if literal and sign == "=" and not re.search(r"(?:^|[\s+-])(?:this|self|cls)\.", before):
        return is_password(value, quoted=True) and len(value) >= 6
    if re.fullmatch(r"[A-Z][a-z]+(?:[A-Z][a-z]+)*\??", value):
        return last and not is_type(value) and is_password(value, quoted=True)
    fine = is_password(value, quoted=False) and (literal or _is_no_name(value))
    return fine and (re.search(r"\d|[^\w]", value) is not None or last)


def _is_no_name(value: str) -> bool:
    """Whether a value cannot be the name of a variable: signs in it, a digit first, or digits in several places."""
    return not re.fullmatch(r"[A-Za-z_$][\w$]*", value) or re.search(r"\d{4}|\d\D+\d", value) is not None


def _said(found: re.Match[str], name: str, *, human: bool) -> tuple[int, int] | None:
    """Judge a value that prose tells: with a digit or a sign in it, or between quotation marks."""
    marked = bool(found["mark"]) and bool(found["after"])
    value = found["v"] if marked else found["v"].rstrip(".,;:)!?*_") or found["v"]
    place = found.start("v"), found.start("v") + len(value)
    if " " in value:
        return place if marked and name.startswith("passphrase") and is_passphrase(value) else None
    if is_code(value) or not ((marked and human) or re.search(r"\d|\w[!#$%^&*+=@~]\w|[A-Z][a-z]+[A-Z]{2}", value)):
        return None
    return place if _judge(value, human=human) else None
