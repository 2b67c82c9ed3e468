"""Text in, the places of people's names and of their addresses of mail, post, home folder and profile out.

Kept: machine accounts (`git@`, `noreply@`), addresses of domains that are reserved for examples, firms' addresses. It
never changes text.
"""

import re
from collections.abc import Iterator

from reviewlore.domain.late import LatePattern
from reviewlore.stages.redact.text import Span, contains, lowered

_TOP = (
    "com|org|net|edu|gov|mil|int|info|biz|name|pro|dev|app|xyz|online|site|tech|cloud|agency|company|software|systems|"
    "email|mail|team|work|works|group|world|global|digital|studio|design|consulting|solutions|services|engineering|"
    "academy|center|network|ninja|codes|code|tools|page|blog|shop|store|science|academic|university|school|museum|coop|"
    "aero|jobs|mobi|travel|asia|berlin|wien|hamburg|london|paris|tokyo|nyc|live|life|space|zone|host|social|chat|media|"
    "news|wiki|foundation|ngo|community|one|top|club|bank|health|care|legal|law|finance|ventures|capital|partners|"
    "example|test|invalid|localdomain|local|internal|corp|lan|home|intranet"
)
_LOCAL = LatePattern(r"(?<![\w.%+@/-])[\w%][\w.%+'-]{0,63}\Z")
_DOMAIN = LatePattern(
    rf"(?:[^\W_](?:(?:[^\W_]|-){{0,61}}[^\W_])?\.){{1,5}}(?:{_TOP}|[^\W\d_]{{2}})(?![\w(\[@-]|\.\w)", re.IGNORECASE
)
_LOUD_AT = LatePattern(
    rf"(?<![\w.])[\w.+-]{{2,40}} (?:AT|_at_|\(?ät\)?) (?:[\w-]{{1,40}}\.){{1,3}}(?:{_TOP}"
    rf"|[a-z]{{2}})\b(?![\w(/])"
)
_IN_ADDRESS = LatePattern(r"://[^\s/:@]{0,64}:\Z")  # what stands there is a password, or the stand-in of one
_SPELLED = LatePattern(
    rf"(?<![\w.])[\w.+-]{{1,40}}\s?(?:[\[({{<]\s?(?:at|@)\s?[\])}}>]|\s(?:at|AT)\s)\s?[\w-]{{1,40}}"
    rf"(?:\s?(?:[\[({{<]\s?(?:dot|\.)\s?[\])}}>]|\s(?:dot|DOT)\s|\.)\s?[\w-]{{1,30}}){{0,3}}"
    rf"\s?(?:[\[({{<]\s?(?:dot|\.)\s?[\])}}>]|\s(?:dot|DOT)\s|(?<=[\w])\.)\s?(?:{_TOP}|[a-z]{{2}})\b(?!\()",
    re.IGNORECASE,
)
_HALF_SPELLED = LatePattern(
    rf"(?<![\w.])[\w.+-]{{1,40}}@[\w-]{{1,40}}\s?[\[({{]\s?(?:dot"
    rf"|\.)\s?[\])}}]\s?(?:{_TOP}|[a-z]{{2}})\b"
)
_CODED_AT = LatePattern(  # as addresses and pages write the sign
    rf"(?<![\w.%+-])(?P<local>[\w.+-]{{2,64}})(?:%40|&#0?64;|&commat;|_at_)(?P<domain>(?:[\w-]{{1,63}}\.){{1,4}}(?:{_TOP}|[a-z]{{2}}))"
    r"\b(?![\w(/])"
)
_CODED = ("%40", "&#64;", "&#064;", "&commat;", "_at_")
_SPELLINGS = (" dot ", " DOT ", " AT ", "_at_")
_BRACKETS = re.compile(r"[\[({<] ?(?:at|AT|@|dot|DOT|\.) ?[\])}>]")
_MACHINES = frozenset("git noreply no-reply no_reply donotreply do-not-reply notifications hg svn".split())
# Reserved by RFC 2606 and RFC 6761, and what documentation uses as if it were: nobody's addresses.
_EXAMPLE_DOMAIN = LatePattern(
    r"(?:.*\.)?(?:example\.(?:com|org|net|edu)|example|test|invalid|localhost|localdomain|(?:your)?domain\.(?:com"
    r"|org|tld)|foo\.(?:com|bar)"
    r"|bar\.com|acme\.(?:com|org)|email\.com|company\.com|users\.noreply\.example\.com)"
)
_TRAILER = LatePattern(
    r"^(?P<head>[ \t+>#*/|-]{0,12}(?:(?:co-authored|co-developed|signed-off|reviewed|acked|tested|reported|suggested|"
    r"helped|requested|debugged|mentored|fixed|based-on-patch|originally|contributed|committed|approved|merged"
    r"|pair-programmed)(?:-and-\w+)?-by|cc"
    r"|authored-by|author|authors|commit|committer|from|maintainers?|on-behalf-of"
    r"|thanks-to)[ \t]{0,2}:[ \t]{1,12})(?P<v>[^\n]+)",
    re.IGNORECASE | re.MULTILINE,
)
_NAME_HINTS = ("-by:", "author", "from:", "committer", "commit:", "cc:", "maintainer", "thanks-to:", "behalf-of:")
_FORMAL = LatePattern(r"-(?:by|to|of)[ \t]*:", re.IGNORECASE)
_NAME_BEFORE = LatePattern(
    r"(?<![\w.'-])(?P<v>[^\W\d_a-z][\w'’.-]{0,30}(?: (?:(?:van|von|de|der|den|da|di|dos|la|le|el|al|bin|ibn) ){0,2}"
    r"[^\W\d_a-z][\w'’.-]{0,30}){0,4}) {1,3}[<(](?:mailto:)?\Z"
)
_AUTHOR_TAG = LatePattern(
    r"(?:@author|:author:|__(?:author|maintainer)__\s?=\s?[\"']"
    r"|\\author\{)[ \t]{0,8}(?P<v>[^\W\d_][^\n\"'<}@(]{2,80}?)(?=[ \t]*(?:[\"'<}@(]|\*/|$))",
    re.MULTILINE,
)
_AUTHOR_FIELD = LatePattern(
    r"[\"']?authors?[\"']?\s{0,2}[:=]\s{0,2}\[?\s{0,2}"
    r"(?:\{\s{0,2}[\"']?name[\"']?\s{0,2}[:=]\s{0,2})?[\"'](?P<v>[A-Z][\w.'-]{1,30}"
    r"(?: [A-Z][\w.'-]{1,30}){1,3})(?=\s{0,2}[\"'<(])"
)
_HOME = LatePattern(
    r"(?<![\w.])(?P<root>/home/|/Users/|(?:/mnt)?/[a-z]/Users/|[A-Za-z]:[\\/]{1,2}(?:Users"
    r"|Documents and Settings)[\\/]{1,2}|/export/home/|/var/home/)(?P<v>[^\W\d_][\w.@-]{0,40}"
    r"(?: [A-Z][\w-]{1,30})?)(?P<after>[\\/$#]|(?=[\s\"'`:;,)]|$))"
)
_PROMPT = LatePattern(
    r"^[ +>-]{0,4}(?:\(\w+\) )?(?P<v>[a-z][\w.-]{1,31})@[\w.-]{1,60}:[~/][^\s$#]{0,80}[$#](?= "
    r"|$)",
    re.MULTILINE,
)
_HOME_SERVICES = frozenset(
    "runner user users ubuntu root node app apps vscode circleci travis vagrant ec2-user jovyan public default "
        "username shared "
    "you me git www www-data appuser nonroot dev developer build builder jenkins gitpod codespace container "
        "docker postgres "
    "linuxbrew site data admin administrator test tester example name myuser youruser your-user yourname "
        "your-name some someone foo bar pi deploy ci "
    "airflow spark hadoop conda mambauser rstudio coder gitlab-runner runneradmin containeradministrator nobody "
        "service "
    "project workspace index about login dashboard settings page pages home src lib bin etc var tmp".split()
)  # fmt: skip
_STREETS = (
    r"Street|St\.?|Avenue|Ave\.?|Road|Rd\.?|Lane|Ln\.?|Drive|Dr\.?|Boulevard|Blvd\.?|Court|Ct\.?|Terrace"
    r"|Close|Crescent|Parkway|Pkwy\.?|Highway|Hwy\.?|Square|Row|Hill|Gardens|Way|Place|Walk|Mews|Circle|Grove"
)
_STREET_FIRST = re.compile(  # 12 Long Lane, Town, ST 12345; 3 bis rue de la Paix, 75002 Paris
    rf"[0-9](?<!\w.)[0-9]{{0,4}}[A-Za-z]? (?:(?:N|S|E|W|North|South|East"
    rf"|West)\.? )?(?:[A-Z0-9][\w'’.-]{{1,20}} ){{1,3}}(?:{_STREETS})(?![\w(])"
    r"(?:,? (?:Apt|Apartment|Suite|Ste|Unit|Flat|Floor|#)\.? ?[\w-]{1,6})?(?:,? [A-Z][\w'’.-]{1,25}"
    r"(?: [A-Z][\w'’.-]{1,25}){0,2}){0,2}"
    r"(?:,? [A-Z]{2})?(?:,? (?:[0-9]{5}(?:-[0-9]{4})?|[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2})\b)?"
    r"|[0-9](?<!\w.)[0-9]{0,3}(?: bis| ter)?,? (?:rue|avenue|boulevard|place|impasse|chemin|quai|allée) (?:de la "
    r"|de l'|du |des |de |d')?[A-ZÉÈ][\w'’éèêàçôî-]{2,25}(?: [A-ZÉÈ][\w'’éèêàç-]{2,25})?"
    r"(?:,? [0-9]{5} [A-Z][\w'-]{2,25})?"
)
_STREET_LAST = LatePattern(  # Lange Straße 12, 10115 Berlin
    r"\b[A-ZÄÖÜ][\wäöüß-]{2,30}(?:straße|strasse|str\.|weg|allee|platz"
    r"|gasse)\s[0-9]{1,4} ?[a-z]?\b(?:,? [0-9]{4,5} [A-ZÄÖÜ][\wäöüß-]{2,30}(?: [A-ZÄÖÜ][\w-]{2,30})?)?"
    r"|\b(?:[A-ZÄÖÜ][\wäöüß-]{2,20} ){1,2}(?:Straße|Strasse|Str\.|Weg|Allee|Platz"
    r"|Gasse) [0-9]{1,4} ?[a-z]?\b(?:,? [0-9]{4,5} [A-ZÄÖÜ][\wäöüß-]{2,30})?"
    r"|\bP\.? ?O\.? Box [0-9]{1,6}\b"
)
_STREET_HINTS = ("aße ", "asse ", "str. ", "Str. ", "weg ", "Weg ", "llee ", "latz ", " Box ")
_FIRM = LatePattern(
    r"\b(?:Inc|Foundation|Corporation|Corp|Ltd|LLC|GmbH|contact \w+)\b[.,\s]{0,6}$"
)  # a firm's address is nobody's own
_SOCIAL = LatePattern(
    r"(?<![\w.-])(?:www\.|de\.|uk\.)?(?:linkedin\.com/(?:in|pub)/|keybase\.io/|t\.me/"
    r"|(?:facebook|instagram)\.com/(?:@)?|(?:twitter|x)\.com/(?:@)?|medium\.com/@"
    r"|stackoverflow\.com/users/|(?:mastodon\.\w{2,10}|[\w-]{2,30}\.social|fosstodon\.org|hachyderm\.io)/@)(?P<v>[\w.%-]{3,60}(?:/[\w-]{2,60})?)"
)
_HOSTS = (
    "linkedin.",
    "keybase.",
    "t.me/",
    "facebook.",
    "instagram.",
    "twitter.",
    "/x.",
    "medium.",
    "ow.com/users/",
    "mastodon.",
    ".social/@",
    "fosstodon.",
    "hachyderm.",
)
_SOCIAL_PAGES = frozenset(
    "share sharer intent home search hashtag login explore about company groups pages "
    "sharer.php i joinchat p reel".split()
)


def find_names(text: str) -> Iterator[Span]:
    """Yield people's names in commit trailers, author lines and tags, and before an address of mail."""
    if contains(lowered(text), _NAME_HINTS):
        for match in _TRAILER.finditer(text):
            value = match["v"].strip()
            formal = _FORMAL.search(match["head"]) is not None
            if (
                value
                and "[redacted:" not in value
                and (formal or re.search(r"<[^<>\s]{1,80}@", value))
                and not value.startswith(("<", "$", "{", "%", "["))
            ):
                yield *match.span("v"), "name"
        for pattern in (_AUTHOR_TAG, _AUTHOR_FIELD):
            for match in pattern.finditer(text):
                if "[redacted:" not in match["v"] and match["v"].strip() and not match["v"].startswith(("{", "$")):
                    yield *match.span("v"), "name"
    at = text.find("@")
    while at >= 0:
        first = max(text.rfind("<", max(0, at - 72), at), text.rfind("(", max(0, at - 72), at)) + 1
        if first and _DOMAIN.match(text, at + 1) and (named := _NAME_BEFORE.search(text, max(0, first - 160), first)):
            yield *named.span("v"), "name"
        at = text.find("@", at + 1)


def find_addresses(text: str) -> Iterator[Span]:
    """Yield addresses of mail, also spelled out, network addresses, home folders, profiles and postal addresses."""
    yield from _find_mail(text)
    if contains(text, _CODED):
        for match in _CODED_AT.finditer(text):
            if _is_personal(match["local"].lower(), match["domain"].lower()):
                yield *match.span(), "email"
    if contains(text, _SPELLINGS) or _BRACKETS.search(text):
        yield from ((*match.span(), "email") for match in _LOUD_AT.finditer(text))
        for match in (*_SPELLED.finditer(text), *_HALF_SPELLED.finditer(text)):
            if re.search(r"[\[({<]|\sdot\s", match[0], re.IGNORECASE):
                yield *match.span(), "email"
    if "/home/" in text or "Users" in text or "Documents and Settings" in text:
        for match in _HOME.finditer(text):
            if _is_person_s(match):
                yield *match.span("v"), "user"
    if (".com/" in text or ".io/" in text or "t.me/" in text or "/@" in text) and contains(text, _HOSTS):
        for match in _SOCIAL.finditer(text):
            if match["v"].split("/")[0].lower() not in _SOCIAL_PAGES:
                yield *match.span("v"), "user"
    yield from _find_postal(text)


def _find_mail(text: str) -> Iterator[Span]:
    if "@" in text and (":~" in text or ":/" in text):
        for match in _PROMPT.finditer(text):
            if match["v"].lower() not in _HOME_SERVICES:
                yield *match.span("v"), "user"
    at = text.find("@")
    while at >= 0:
        domain = _DOMAIN.match(text, at + 1)
        local = _LOCAL.search(text, max(0, at - 65), at) if domain else None
        if (
            domain
            and local
            and not _IN_ADDRESS.search(text, max(0, at - 130), local.start())
            and _is_personal(local[0].lower(), domain[0].lower())
        ):
            yield local.start(), domain.end(), "email"
        at = text.find("@", at + 1)


def _find_postal(text: str) -> Iterator[Span]:
    for match in _STREET_FIRST.finditer(text):
        certain = match[0][1].isdigit() or re.search(r"[0-9]{4}|, [A-Z]", match[0])
        if certain and not _FIRM.search(text, max(0, match.start() - 40), match.start()):
            yield *match.span(), "postal-address"
    if contains(text, _STREET_HINTS):
        yield from ((*match.span(), "postal-address") for match in _STREET_LAST.finditer(text))


def _is_personal(local: str, domain: str) -> bool:
    if local in _MACHINES or re.fullmatch(r"(?:png|jpe?g|gif|svg|webp)", domain.rpartition(".")[2]):
        return False
    return _EXAMPLE_DOMAIN.fullmatch(domain) is None


def _is_person_s(match: re.Match[str]) -> bool:
    """Whether a home folder is a person's: not a service's, and with a path behind it where it could be a web page."""
    name = match["v"].lower().rstrip(".")
    if name in _HOME_SERVICES or "redacted" in name:
        return False
    before = match.string[max(0, match.start() - 3) : match.start()]
    return bool(match["after"]) or "\\" in match["root"] or ":" in match["root"] or before[-1:] in {" ", "=", "~", ":"}
