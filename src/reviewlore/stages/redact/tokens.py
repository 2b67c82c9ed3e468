"""Text in, the places of secrets that their own form gives away out: issuers' tokens, private keys, webhook addresses.

The formats are facts of the issuers' documentation (prefix, alphabet, length). A row is tried only where one of its
literal hints stands in the text, which is what makes a long table cheap. It never changes text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from reviewlore.domain.late import LatePattern
from reviewlore.stages.redact.text import Span, contains
from reviewlore.stages.redact.values import is_placeholder, is_wordy


@dataclass(frozen=True, slots=True)
class _Format:
    kind: str
    hints: tuple[str, ...]
    pattern: str  # compiled when a hint stands in a text; the group `v`, where there is one, is what is secret


def _format(kind: str, hints: str, pattern: str) -> _Format:
    return _Format(kind, tuple(hints.split()), pattern)


_ID = r"A-Za-z0-9_\-"  # base64url
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

_FORMATS: tuple[_Format, ...] = (
    # Forges. An installation token of an App may carry its id and a JWT: ghs_<id>_<header>.<claims>.<signature>
    _format("github-token", "ghp_ gho_ ghu_ ghs_ ghr_", r"(?<![A-Za-z0-9])gh[pousr]_[A-Za-z0-9_.-]{18,}[A-Za-z0-9_-]"),
    _format("github-token", "github_pat_", r"github_pat_[A-Za-z0-9_]{20,}"),
    _format("github-token", "v1.", r"(?<![\w.])v1\.[0-9a-f]{40}(?![0-9a-f])"),
    _format("gitlab-token", "glpat- gldt- glrt- glcbt- glptt- glft- glsoat- glagent- gloas- glimt- glffct- "
        "glrtr- GR1348941", r"\b"
        rf"(?:gl[a-z]{{2,6}}-[{_ID}.]{{16,}}[{_ID}]|GR1348941[{_ID}]{{20,}})"),
    _format("atlassian-token", "ATATT3 ATCTT3 ATBB", rf"\bAT(?:ATT3|CTT3|BB)[{_ID}=]{{20,}}"),
    # Clouds
    _format("aws-key", "AKIA ASIA ABIA ACCA AGPA AIDA AROA", r"\bA(?:KIA|SIA|BIA|CCA|GPA|IDA|ROA)[A-Z0-9]{16}\b"),
    _format("aws-key", "ABSK bedrock-api-key-", r"\b(?:ABSK|bedrock-api-key-)[A-Za-z0-9+/]{40,}={0,2}"),
    _format("aws-key", "IQoJb3JpZ2lu FwoGZXIv FQoGZXIv", r"\b(?:IQoJb3JpZ2lu|F[wQ]oGZXIv)[A-Za-z0-9+/]{30,}={0,2}"),
    _format("google-key", "AIza", rf"\bAIza[{_ID}]{{33,37}}"),
    _format("google-key", "ya29. GOCSPX- 1//0", rf"(?<![\w/])(?:ya29\.|GOCSPX-|1//0)[{_ID}.]{{19,}}[{_ID}]"),
    _format("google-key", "GOOG1", r"\bGOOG1[A-Z0-9]{20,60}\b"),
    _format("azure-key", "Q~", rf"(?<![\w.~-])[{_ID}.~]{{3}}\dQ~[{_ID}.~]{{28,40}}"),
    _format(
        "azure-key", "AzFu AzSe ACDb +ASt +ACR +AIoT +ARm +AEh AZDO",
        r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/_-]{30,90}(?:AzFu|AzSe|ACDb|\+ASt|\+ACR|\+AIoT|\+ARm|\+AEh"
        r"|AZDO)[A-Za-z0-9+/_-]{4,12}={0,2}",
    ),
    _format("azure-key", "sig=", r"[?&]sig=(?P<v>[A-Za-z0-9%+/_-]{30,}={0,2})"),
    _format("cloud-key", "-Signature=", r"X-(?:Amz|Goog)-Signature=(?P<v>[0-9a-f]{64,1024})"),
    _format("cloud-key", "LTAI AKID", r"\b(?:LTAI[A-Za-z0-9]{12,24}|AKID[A-Za-z0-9]{32})\b"),
    _format("cloud-key", "_v1_", r"\bdo[opr]_v1_[0-9a-f]{40,}"),
    _format("cloud-key", "AQVN y0_ t1.", rf"\b(?:AQVN[{_ID}]{{30,}}|y0_[{_ID}]{{40,}}|t1\.[A-Z0-9a-z_-]{{80,}})"),
    _format("cloud-key", "HRKU- nfp_ rnd_", rf"\b(?:HRKU-|nfp_|rnd_)[{_ID}]{{24,}}"),
    _format("cloud-key", "fo1_ fm1 fm2_ vcp_ vck_", r"\b(?:fo1_|fm1[ar]_|fm2_|vc[a-z]_)[A-Za-z0-9+/=_-]{24,}"),
    _format("cloud-key", "v1.0- cfut_ cfat_", rf"\b(?:v1\.0-[0-9a-f]{{24}}-[0-9a-f]{{60,}}|cf[ua]t_[{_ID}]{{30,}})"),
    # Models
    _format("model-api-key", "sk-", rf"(?<![A-Za-z0-9_-])sk-[{_ID}]{{20,}}"),
    _format("model-api-key", "hf_ api_org_", r"(?<![A-Za-z0-9_])(?:hf_|api_org_)[A-Za-z0-9]{20,}"),
    _format(
        "model-api-key", "r8_ gsk_ xai- pplx- pcsk_ nvapi- lsv2_ tgp_v1_ fw_ csk- jina_ voyage- tvly-",
        rf"(?<![{_ID}])(?:r8_|gsk_|xai-|pplx-|pcsk_|nvapi-|lsv2_|tgp_v1_|fw_|csk-|jina_|tvly-)[{_ID}]{{20,}}",
    ),
    # Payment
    _format("stripe-key", "k_live_ k_test_ whsec_", r"(?<![A-Za-z0-9])(?:[rs]k_(?:live|test)_"
        r"|whsec_)[A-Za-z0-9+/=]{16,}"),
    _format("payment-key", "EAAA sq0", rf"\b(?:EAAA[{_ID}]{{56,}}|sq0[a-z]{{3}}-[{_ID}]{{22,}})"),
    _format("payment-key", "access_token$", r"\baccess_token\$(?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32}"),
    _format("payment-key", "access-", rf"\baccess-(?:production|development|sandbox)-{_UUID}"),
    _format("payment-key", "shippo_ EZAK EZTK", r"\b(?:shippo_(?:live|test)_[0-9a-f]{40}|EZ[AT]K[A-Za-z0-9]{50,})"),
    # Messages
    _format("slack-token", "xox xapp-", r"\bx(?:ox[a-z](?:\.xox[a-z])?|app)-[A-Za-z0-9-]{10,}"),
    _format("slack-webhook", "hooks.slack.com", r"https://hooks\.slack\.com/(?:services|workflows"
        r"|triggers)/[A-Za-z0-9/_-]+"),
    _format("webhook", "/api/webhooks/", r"https://(?:\w+\.)?discord(?:app)?\.com/api/webhooks/\d{5,}/[\w-]{20,}"),
    _format("webhook", "webhook.office.com", r"https://[\w.-]+\.webhook\.office\.com/[\w@/-]{30,}"),
    _format("webhook", "hooks.zapier.com", r"https://hooks\.zapier\.com/hooks/catch/\d+/\w{5,}"),
    _format("service-token", ":AA", rf"(?:(?<![A-Za-z0-9])|(?<=/bot))\d{{8,10}}:AA[{_ID}]{{32,36}}"),  # Telegram
    _format("service-token", ".", rf"[MNO](?<!\w.)[{_ID}]{{23,27}}\.[{_ID}]{{6}}\.[{_ID}]{{27,40}}"),  # Discord
    _format("service-token", "SG.", rf"\bSG\.[{_ID}]{{16,32}}\.[{_ID}]{{16,64}}"),  # Sendgrid
    _format("service-token", "SK", r"SK(?<!\wSK)[0-9a-f]{32}\b"),  # Twilio
    _format("service-token", "key- -us1 -us2 -us3 -us4 -us5 -us6 -us7 -us8 -us9 xkeysib-", r"\b(?:key-[0-9a-f]{32}"
        r"|[0-9a-f]{32}-us\d{1,2}|xkeysib-[0-9a-f]{64}-\w{16})\b"),
    # Packages and builds
    _format("package-token", "npm_ pypi-", rf"\b(?:npm_[A-Za-z0-9]{{30,}}|pypi-[{_ID}]{{40,}})"),
    _format("package-token", "rubygems_ cio CLOJARS_", r"\b(?:rubygems_[0-9a-f]{48}|cio[A-Za-z0-9]{32}"
        r"|CLOJARS_[0-9a-z]{60})\b"),
    _format("package-token", "oy2 AKCp cmVmd", r"\b(?:oy2[a-z0-9]{43}|AKCp[A-Za-z0-9]{60,}|cmVmd[A-Za-z0-9]{59})\b"),
    _format("package-token", "dckr_", rf"\bdckr_(?:pat|oat)_[{_ID}]{{20,}}"),
    _format("build-token", "bku CCIPAT_ CCIPRJ_", rf"\b(?:bkua_[0-9a-f]{{40}}|CCIP(?:AT|RJ)_[{_ID}]{{20,}})"),
    _format("build-token", "sqp_ squ_ sqa_ sqb_", r"\bsq[puab]_[0-9a-f]{40}\b"),
    # Secrets stores and operations
    _format("vault-token", "s.", r"(?<![\w./-])s\.(?=[a-zA-Z]{0,22}\d)[A-Za-z0-9]{24}\b"),
    _format("vault-token", "hvs. hvb. hvr.", rf"\bhv[sbr]\.[{_ID}]{{20,}}"),
    _format("vault-token", ".atlasv1.", rf"\b[A-Za-z0-9]{{14}}\.atlasv1\.[{_ID}]{{40,}}"),
    _format("vault-token", "dp.", r"\bdp\.(?:pt|st|ct|sa|scim|audit)\.(?:[\w-]{1,40}\.)?[A-Za-z0-9]{40,44}\b"),
    _format("vault-token", "ops_eyJ A3-", rf"\b(?:ops_eyJ[{_ID}+/=]{{40,}}|A3-[A-Z0-9]{{6}}-[A-Z0-9-]{{20,}})"),
    _format("vault-token", "AGE-SECRET-KEY-1 tskey-", rf"\b(?:AGE-SECRET-KEY-1[A-Z0-9]{{58}}"
        rf"|tskey-[a-z]+-[{_ID}]{{16,}})"),
    _format("service-token", "dapi", r"\bdapi[0-9a-f]{32}(?:-\d)?\b"),  # Databricks
    _format("service-token", "sntrys_ sntryu_ sntrya_", r"\bsntry[a-z]_[A-Za-z0-9+/=_-]{40,}"),
    _format("service-token", "ingest.", r"https://(?P<v>[0-9a-f]{32}(?::[0-9a-f]{32})?)(?=@[\w.-]*\bingest\.)"),
    _format("service-token", "NRAK- NRII- NRJS- NRRA-", rf"\bNR(?:AK|II|JS|RA)-[{_ID}]{{19,}}"),
    _format("service-token", "glc_ glsa_", r"\b(?:glc_[A-Za-z0-9+/=]{32,}|glsa_[A-Za-z0-9]{32}_[0-9a-f]{8})"),
    _format("service-token", "ddapp_ ddapi_", r"\bdda(?:pp|pi)_[A-Za-z0-9]{20,}"),
    _format("service-token", "shpat_ shpca_ shppa_ shpss_ shptka_ shpua_", r"\bshp(?:at|ca|pa|ss|tka"
        r"|ua)_[0-9a-fA-F]{32}\b"),
    _format("service-token", "PMAK- lin_ ntn_ secret_", r"\b(?:PMAK-[0-9a-f]{24}-[0-9a-f]{34}|lin_(?:api"
        r"|oauth)_[A-Za-z0-9]{30,}|ntn_[A-Za-z0-9]{40,}|secret_[A-Za-z0-9]{43}\b)"),
    _format("service-token", "figd_ figo_ figu_ CFPAT- tfp_ pul- pat-", rf"\b(?:fig[dou]_[{_ID}]{{30,}}"
        rf"|CFPAT-[{_ID}]{{43}}|tfp_[{_ID}]{{40,}}|pul-[0-9a-f]{{40}}|pat-(?:na|eu|ap)\d-{_UUID})"),
    _format("service-token", "sbp_ sb_secret_ pscale_", rf"\b(?:sbp_[0-9a-f]{{40}}|sb_secret_[{_ID}]{{20,}}"
        rf"|pscale_(?:tkn|pw|oauth)_[{_ID}.=]{{30,}})"),
    _format("service-token", "pat", r"pat(?<!\wpat)[A-Za-z0-9]{14}\.[0-9a-f]{64}\b"),  # Airtable
    _format("service-token", "sl. EAA AAAAAAAAAAAAAAAAAAAAA", rf"\b(?:sl\.(?:u\.)?[{_ID}]{{60,}}"
        rf"|EAA[A-Za-z0-9]{{80,}}|A{{21}}[A-Za-z0-9%]{{60,}})"),
    _format("service-token", "sdk- mob- api-", rf"(?:sdk|mob|api)-(?<!\w....){_UUID}"),
    _format("service-token", "_live_ _prod_ _pat_ _sk_ _secret_ _apikey_", r"\b[a-z]{2,10}_(?:live|prod|pat|sk|secret"
        r"|apikey)_(?=[A-Za-z]{0,40}\d)[A-Za-z0-9]{20,}\b"),
    # Any issuer
    _format("jwt", "eyJ", rf"(?:\bey[A-P][{_ID}]{{8,}}\.ey[A-P][{_ID}]{{8,}}(?:\.[{_ID}]{{0,2000}})?"
        rf"|\beyJhbGciOi[{_ID}]{{20,}}\.{{0,2}}[{_ID}.]{{20,}})"),
    _format("password-hash", "$2", r"\$2[abxy]\$\d\d\$[./A-Za-z0-9]{50,53}"),
    _format("password-hash", "$1$ $5$ $6$ $y$ $apr1$", r"\$(?:1|5|6|y|apr1)\$"
        r"(?:rounds=\d+\$)?[./A-Za-z0-9]{1,24}\$[./A-Za-z0-9$]{22,90}"),
    _format("password-hash", "$argon2 pbkdf2_ $pbkdf2", r"(?:\$argon2[a-z]{1,2}\$v=\d+\$[^\s\"']{20,200}"
        r"|\$?pbkdf2[_-]\w{3,10}\$\d+\$[^\s\"']{20,200})"),
)  # fmt: skip

_HINTS = tuple((hint, row) for row in _FORMATS for hint in row.hints)
_KEY_WORD = r"(?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?"
_KEY_BEGIN, _KEY_END = rf"-{{4,5}} ?BEGIN {_KEY_WORD} ?-{{4,5}}", rf"-{{3,5}} ?END {_KEY_WORD} ?-{{3,5}}"
# Between the lines of a key: line ends, real or escaped, diff marks, quotation marks, comment signs.
_GAP = r"(?:\\[rn]|[\s\"'`+,\\>|#*-]){0,60}"
_KEY_LINE = rf"(?:{_GAP}[A-Za-z0-9+/=]{{12,4000}}|{_GAP}(?:Proc-Type|DEK-Info|Version|Comment|Hash):[^\n\\]{{0,120}})"
_KEY = LatePattern(
    rf"{_KEY_BEGIN}(?P<body>{_KEY_LINE}{{1,400}})(?:{_GAP}[A-Za-z0-9+/]{{1,11}}(?:={{1,2}}|(?={_GAP}{_KEY_END})))?(?:{_GAP}{_KEY_END})?"
    rf"|{_KEY_BEGIN}(?:[ \t]?(?:\\n|\n)[ +\-\t\"'>#*]{{0,40}}[A-Za-z0-9+/=]{{4,80}}[\"']?){{1,4}}{_GAP}{_KEY_END}"
)
_KEY_REST = LatePattern(_KEY_END)
_KEY_ROW = LatePattern(r"[ +>\-\t\"']{0,40}[A-Za-z0-9+/=]{1,120}(?:\\n)?[\"' \t+\\,]{0,8}")
_PUTTY = LatePattern(r"Private-Lines: \d+(?:\n[ +-]?[A-Za-z0-9+/=]{10,80}){1,60}(?:\n[ +-]?Private-MAC: [0-9a-f]+)?")
_JWK = LatePattern(
    r"(?<![\w])(?P<q>\\?[\"'])(?:d|p|q|dp|dq|qi|k)(?P=q)\s{0,3}:\s{0,3}(?P=q)"
    r"(?P<v>[A-Za-z0-9_-]{16,})(?P=q)"
)
_GOOGLE_ID = LatePattern(r"private_key_id\W{1,8}(?P<v>[0-9a-f]{16,40})\b")  # of a service account
# Some secrets have no form of their own, but stand beside an id that has one.
_TWILIO_ID = LatePattern(r"AC(?<!\wAC)[0-9a-f]{32}(?!\w)")
_TWILIO_SECRET = LatePattern(r"[0-9a-f](?<!\w.)[0-9a-f]{31}(?!\w)")
_AWS_SECRET = LatePattern(r"(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])")


def find_tokens(text: str, words: str) -> Iterator[Span]:
    """Yield where secrets of a known form stand; `words` are the text's long ones (`text.long_words`).

    Places may overlap: the first is the more telling.
    """
    if "PRIVATE KEY" in text or "Private-Lines" in text:
        yield from _find_keys(text)
    if words:
        yield from _find_formats(text, words)
    if "private_key_id" in text:
        yield from ((*match.span("v"), "google-key") for match in _GOOGLE_ID.finditer(text))
    if '"kty' in text or "'kty" in text:
        yield from ((*match.span("v"), "private-key") for match in _JWK.finditer(text))
    if contains(text, ("AKIA", "ASIA", "GOOG1", "aws", "AWS")):
        for match in _AWS_SECRET.finditer(text):
            if _is_mixed(match[0]) and not is_placeholder(match[0]):
                yield *match.span(), "aws-key"
    if "AC" in words and _TWILIO_ID.search(words):
        yield from ((*match.span(), "service-token") for match in _TWILIO_SECRET.finditer(text))


def _find_formats(text: str, words: str) -> Iterator[Span]:
    before = None
    for hint, row in _HINTS:
        if hint in words and row is not before:
            before = row
            for match in re.finditer(row.pattern, text):
                group = "v" if "v" in match.groupdict() else 0
                value = match[group]
                if not is_placeholder(value.lstrip("$")) and (_has_digit(value) or not is_wordy(value)):
                    yield *match.span(group), row.kind


def _find_keys(text: str) -> Iterator[Span]:
    last = 0
    for match in _KEY.finditer(text):
        if match["body"] is None or re.search(r"\d|[A-Z]{3}", match["body"]):
            yield *match.span(), "private-key"
            last = match.end()
    for match in _KEY_REST.finditer(text, last):  # a hunk may begin inside a key
        start = first = text.rfind("\n", 0, match.start()) + 1
        while first > last:
            before = text.rfind("\n", 0, first - 1) + 1
            if not _KEY_ROW.fullmatch(text, before, first - 1):
                break
            first = before
        if start - first > 40:
            yield first, match.end(), "private-key"
        last = match.end()
    for match in _PUTTY.finditer(text):
        yield *match.span(), "private-key"


def _has_digit(value: str) -> bool:
    return any(letter.isdigit() for letter in value)


def _is_mixed(value: str) -> bool:
    """Whether capitals, small letters and digits all stand in a value: a git hash or a path lacks one of them."""
    return value != value.lower() and value != value.upper() and _has_digit(value)
