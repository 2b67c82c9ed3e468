"""Text in, the places of secrets out that a header, an address, a command or a sentence tells.

It never changes text.
"""

import base64
import binascii
import re
from collections.abc import Iterator

from reviewlore.domain.late import LatePattern
from reviewlore.stages.redact.text import Span, contains
from reviewlore.stages.redact.values import has_sign, is_code, is_password, is_placeholder, is_token

# A name and a password that prose tells together.
_PAIR = LatePattern(  # over small letters
    r"(?:(?:log(?:ging|ged|s)?[- ]?(?:in|on)|sign(?:ing|ed|s)?[- ]?(?:in|on)|creds?|credentials"
    r"|account)\b[^\n/:.(]{0,40}?[\s(:]{1,3}"
    r"(?P<m1>[`'\"]?)[\w.@+-]{2,60}(?P=m1)(?:\s?/\s?|:)(?P<q1>[`'\"]?)(?P<v1>[^\s`'\",;()]{5,80})(?P=q1)"
    r"|(?:user(?:name)?|login|account|as|admin|root)\s(?P<m2>[`'\"]?)[\w.@+-]{2,60}(?P=m2),?\s(?:and|with|using"
    r"|w/)?\s?(?:the\s|its\s)?"
    r"(?P<word>pass(?:word|phrase|wd)?)\s(?:of\s)?(?P<q2>[`'\"]?)(?P<v2>[^\s`'\",;()]{5,80})(?P=q2))"
)
# A name and a password, or a message and a key, handed to a function that is called after what it does with them.
_CALL = LatePattern(  # over small letters
    r"(?:(?:logi?n|log_in|auth|basicauth|basic_auth|credential"
    r"|sign_?in)\w{0,16}[\"'`]?\s{0,2}"
    r"(?:[=:(]\s{0,2}){1,2}[\[(]?\s{0,2}[\"'][^\"'\n]{1,60}[\"']\s{0,2},\s{0,2}"
    r"[\"'](?P<v1>[^\"'\n]{4,100})[\"']|jwt\.(?:sign|verify|encode"
    r"|decode)\([^\"'\n]{1,80},\s{0,2}b?[\"'](?P<v2>[^\"'\n]{6,200})[\"']"
    r"|(?:hmac\.new\(|hmac\.digest\(|fernet\(|createhmac\(\s{0,2}[\"'][\w-]{2,20}[\"']\s{0,2},"
    r"|auth\()\s{0,2}b?[\"'](?P<v3>[^\"'\n]{6,200})[\"'])"
)
_AS = LatePattern(
    r" (?:as|is) (?:the|a|my|our|your|his|her|their|its) (?:[\w-]{1,20} ){0,2}?(?:password|passphrase|passwd"
    r"|token|secret|api key|credentials?)\b"
)
_WORD_BEFORE = LatePattern(r"(?:^|\s)(?P<q>[\"'`(]?)(?P<v>[^\s\"'`]{5,100}?)(?P=q)\Z")
_ORACLE = LatePattern(
    r"(?:\b(?:thin|oci):|\b(?:sqlplus|expdp|impdp|sqlldr)\s(?:-\w\s){0,2})[\w$#]{1,40}/"
    r"(?P<v>[^\s@/\"']{4,80})@"
)
_BEARER = LatePattern(  # over small letters
    r"(?P<scheme>bearer|basic|token|apikey|negotiate|sso-key|splunk|genie\s?key)(?:\s{1,3}"
    r"|%20)(?P<v>[a-z0-9._~+/:=-]{12,2000})"
)
_COOKIE = LatePattern(
    r"(?i)(?:\b(?:set-)?cookies?|\b--cookie|\s-b)[\"'`\])]{0,2}\s{0,2}(?:[:=,]"
    r"|\s)\s{0,2}[\"'`]?(?P<v>[\w.!-]{1,64}=[^\n\"'`]{8,4000})"
)
_COOKIE_PAIR = LatePattern(r"(?P<name>[\w.!-]{1,64})=(?P<v>[^;,\s&]{8,4000})")
_URL = LatePattern(
    r"://(?P<user>[^\s/:@\"'`<>]{0,64}):(?P<v>[^\s/\"'`<>]{1,128})@(?=[\w\[${(<%-])"
    r"|://(?P<alone>[A-Za-z0-9_-]{20,200}(?::x-oauth-basic)?)(?=@)"
)
_USER_OPTION = LatePattern(
    r" -(?:u|U|a|-user|-proxy-user|-auth)[ =]?[\"']?[^\s:\"'=-][^\s:\"']{0,63}:(?P<v>[^\s\"']{3,128})"
)
_COMMAND = LatePattern(  # over small letters
    r"(?:sshpass\s+-p\s?[\"']?(?P<v1>[^\s\"']{4,128})"
    r"|mysql(?:dump|admin)?\s[^\n]{0,120}?\s-p(?P<v2>[^\s\"'-][^\s\"']{3,128})"
    r"|(?:docker|podman|helm|psql|redis-cli|sqlcmd|rabbitmqctl|smbclient|mosquitto_pub|mosquitto_sub|ldapsearch"
    r"|zip|7z)\s"
    r"[^\n]{0,160}?\s-(?:p|a|w)[ =][\"']?(?P<v3>[^\s\"'-][^\s\"']{3,128})"
    r"|echo\s(?:-n\s)?[\"']?(?P<v4>[^\s\"'$]{4,128})[\"']?\s\|\s(?:sudo\s-s|docker\slogin"
    r"|\w[\w-]*\s[^\n|]{0,60}--password-stdin|\w[\w-]*\s(?:[\w-]{1,20}\s){0,3}login\b)"
    r"|machine\s\S{1,100}\slogin\s\S{1,100}\spassword\s(?P<v5>\S{4,128})"
    r"|net use [^\n]{0,80}/user:\S{1,60}\s(?P<v6>[^\s/]{4,128})"
    r"|net use [^\n]{0,80}\s(?P<v8>[^\s/:\\]{4,128})\s/user:"
    r"|(?:identified\s(?:with\s\w+\s)?by|password)\s{1,3}(?P<quote>['\"])(?P<v7>[^'\"\n]{4,128})(?P=quote))"
)
_LOGINS = ("login", "log in", "logging in", "logged in", "sign in", "signing in", "thin:", "oci:", "sqlplus")
_CALLS = ("login", "logon", "auth", "cred", "signin", "sign_in", "jwt.", "hmac", "fernet(")
_OPTIONS = (" -u", " -p", " -a", " -w", "--user", "--proxy-u", "--auth", "echo ", "machine ", "identified ", "net use ")
_PIN = LatePattern(
    r"\b(?:pin|unlockpin|passcode|door code)\b[\"'`]?(?:\s?[:=(]\s?|\s(?:is\s)?)[\"'`]?(?P<v>\d{5,8})\b"
)  # over small letters
_PGPASS = re.compile(r":(?:\d{4,5}|\*):(?P<names>[\w*-]{1,64}:[\w*-]{1,64}):(?P<v>[^\s:]{4,128})$", re.MULTILINE)


def find_told(text: str, low: str, *, named: bool) -> Iterator[Span]:
    """Yield where secrets stand by what is around them; `low` is the text in small letters.

    `named`: whether a name of a secret stands in the text; without one, sentences about passwords are not looked for.
    """
    if "://" in text and "@" in text:
        yield from _find_in_addresses(text)
    if "cookie" in low or "curl" in low:
        yield from _find_cookies(text)
    if "bearer" in low or "basic" in low or "authorization" in low:
        yield from _find_headers(text, low)
    if ":" in text:
        for match in _PGPASS.finditer(text):
            named_parts = re.search("[g-zG-Z_*]", match["names"])  # the groups of a network address have none
            if named_parts and is_password(match["v"], quoted=True):
                yield *match.span("v"), "secret"
    if "pin" in low or "passcode" in low or "door code" in low:
        yield from ((*match.span("v"), "secret") for match in _PIN.finditer(low))
    if named or contains(low, _OPTIONS):
        yield from _find_options(text, low)
    if named or contains(low, _LOGINS):
        yield from _find_pairs(text, low)
    if contains(low, _CALLS):
        yield from _find_arguments(text, low)


def _find_in_addresses(text: str) -> Iterator[Span]:
    for match in _URL.finditer(text):
        if match["alone"]:
            if is_token(match["alone"].partition(":")[0]):
                yield *match.span("alone"), "url-password"
        elif not is_placeholder(match["v"]) and match["v"] != match["user"] and _is_drawn_or_human(match["v"]):
            yield match.start() + 3, match.end("v"), "url-password"


def _is_drawn_or_human(value: str) -> bool:
    return is_password(value, quoted=True) or is_token(value)


def _find_pairs(text: str, low: str) -> Iterator[Span]:
    for match in _PAIR.finditer(low):
        group, marked = ("v1", match["q1"]) if match["v1"] else ("v2", match["q2"])
        start = match.start(group)
        value = text[start : match.end(group)].rstrip(".:!?")
        plain = bool(marked) or match["word"] not in {None, "pass"}  # "pass" is a verb as well
        inside = low[max(0, match.start() - 1) : match.start()].isalnum()  # "as" at the end of a word
        fine = not inside and (plain or re.search(r"\d", value)) and not is_code(value)
        if fine and is_password(value, quoted=True):
            yield start, start + len(value), "secret"
    for told in _AS.finditer(text):
        if word := _WORD_BEFORE.search(text, max(0, told.start() - 104), told.start()):
            fine = is_password(word["v"], quoted=True) and not is_code(word["v"])
            if fine and (word["q"] or re.search(r"\d|[^\w]", word["v"].strip(".,;:"))):
                yield *word.span("v"), "secret"
    for match in _ORACLE.finditer(text):
        if is_password(match["v"], quoted=True):
            yield *match.span("v"), "url-password"


def _find_arguments(text: str, low: str) -> Iterator[Span]:
    for match in _CALL.finditer(low):
        group = match.lastgroup or "v1"
        start, end = match.span(group)
        value = text[start:end]
        if is_token(value) or (is_password(value, quoted=True) and (group == "v1" or has_sign(value))):
            yield start, end, "secret"


def _find_headers(text: str, low: str) -> Iterator[Span]:
    for match in _BEARER.finditer(low):
        start, end = match.span("v")
        scheme, value = match["scheme"], text[start:end]
        if scheme == "basic":
            fine = _is_pair(value)
        else:
            named = scheme == "bearer" or "authorization" in low[max(0, match.start() - 40) : match.start()]
            fine = named and is_token(value.rstrip("."))
        if fine:
            yield start, end, "authorization"


def _is_pair(value: str) -> bool:
    """Whether a value is base64 of `name:password` (RFC 7617)."""
    body = value.rstrip("=.")
    try:
        plain = base64.b64decode(body + "=" * (-len(body) % 4), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return False
    return ":" in plain and plain.isprintable() and not is_placeholder(plain)


def _find_cookies(text: str) -> Iterator[Span]:
    for match in _COOKIE.finditer(text):
        for pair in _COOKIE_PAIR.finditer(text, match.start("v"), match.end("v")):
            if pair["name"].lower() not in {
                "path",
                "domain",
                "expires",
                "max-age",
                "samesite",
                "priority",
            } and is_token(pair["v"].replace("%", "/")):
                yield *pair.span("v"), "authorization"


def _find_options(text: str, low: str) -> Iterator[Span]:
    for match in _USER_OPTION.finditer(text):
        if is_password(match["v"], quoted=True) and not is_code(match["v"]):
            yield *match.span("v"), "url-password"
    for match in _COMMAND.finditer(low):
        start, end = match.span(match.lastgroup or "v1")
        if is_password(text[start:end], quoted=True) and not is_code(text[start:end]):
            yield start, end, "secret"
