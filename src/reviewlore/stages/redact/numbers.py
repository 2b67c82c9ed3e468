"""Text in, the places of telephone, account, card and insurance numbers and of network addresses out.

Kept: private and documentation networks, public resolvers, versions. Account and card numbers count only with a right
checksum (ISO 7064, ISO/IEC 7812). It never changes text.
"""

import ipaddress
import re
from collections.abc import Iterator

from reviewlore.domain.late import LatePattern
from reviewlore.stages.redact.text import Span, lowered

_FOREIGN_PHONE = LatePattern(r"\+[1-9][0-9]{0,3}(?:[ .\-/\u00a0\u2011]{0,2}\(?[0-9]{1,6}\)?){1,7}(?![\w+]|\.\d)")
# Seven digits or more with the signs between them that telephone, account and insurance numbers are written with.
_NUMBER = re.compile(r"[0-9](?<![\w.+/].)(?:[ ().\-/\u00a0\u2011]{0,2}[0-9]){5,18}(?![\w]|[.,]\d)")
_US_PHONE = LatePattern(r"(?:1[-. ])?[2-9][0-9]{2}(?:\) ?|[-.\u2011 ])[0-9]{3}[-.\u2011 ][0-9]{4}")
_NATIONAL_PHONE = LatePattern(
    r"0(?:7[0-9]{3} ?[0-9]{3} ?[0-9]{3}|20 [0-9]{4} [0-9]{4}"
    r"|[1-9][0-9]{1,4}[/ -][0-9]{3,8}(?:[- ][0-9]{2,5}){0,2}|[1-9](?: [0-9]{2}){4}"
    r"|0[1-9][0-9]{0,2}(?:[ -][0-9]{2,10}){2,4})"
)
_TOLD = LatePattern(
    r"(?:(?<![a-z])|_)(?:(?:tele)?phone|tel|telephone|telefon|mobile|mobil|cell|handy|fax|whatsapp|sms|signal"
    r"|pager|on-?call|dial|"
    r"(?:call|text|ring|reach|phone) (?:me|him|her|us|them)|phone ?number|contact number"
    r"|my number)(?:[-_ ]?(?:number|no\.?|nr\.?|num|line))?"
    r"(?:[\"'`]?\s{0,2}[:=]\s{0,2}[\"'`]?|\.:? ?|\s(?:me |is |at |on |under |number |via |to |my |mobile |cell "
    r"|phone ){0,4})[(+]{0,2}\Z"
)
_SSN = LatePattern(r"(?!000|666|9)[0-9]{3}-[0-9]{2}-[0-9]{4}")
_IPV4 = re.compile(r"[0-9](?<![\w.].)[0-9]{0,2}(?:\.[0-9]{1,3}){3}(?![\w]|\.\w|-\w)")
_IPV6 = re.compile(r"[23](?<![\w:.].)[0-9a-fA-F]{3}:(?:[0-9a-fA-F]{0,4}:){1,6}[0-9a-fA-F]{0,4}(?![\w:])")
_VERSION_BEFORE = LatePattern(
    r"(?:\b(?:v|ver|versions?|release|build|revision|assembly\w*|bump\w*|upgrade\w*|tag|since|chrome|safari"
    r"|firefox|driver|firmware"
    r"|section|sdk)[\s:=\"'(v]{0,6}|[<>=~!^]=\s?[\"']?|[<>~^]\s?|(?<=\w)/)\Z",
    re.IGNORECASE,
)
_RESOLVERS = frozenset(
    "8.8.8.8 8.8.4.4 1.1.1.1 1.0.0.1 9.9.9.9 208.67.222.222 208.67.220.220 1.2.3.4 4.3.2.1 5.6.7.8 2.3.4.5".split()
)
_IBAN = re.compile(r"[A-Z](?<!\w.)[A-Z][0-9]{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,4})?(?!\w)", re.IGNORECASE)
_IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28,
    "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18,
    "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22,
    "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LI": 21, "LT": 20, "LU": 20,
    "LV": 21, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18, "NO": 15, "PK": 24,
    "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SE": 24, "SI": 19, "SK": 24, "SM": 27,
    "TN": 24, "TR": 26, "UA": 29, "VG": 24, "XK": 20,
}  # fmt: skip
# Length and first digits of card numbers: Visa, Mastercard, American Express, Discover, JCB, Diners, UnionPay.
_CARD_GROUPS = LatePattern(r"\d{14,16}|\d{4}([ -])\d{4,6}(?:\1\d{4,5}){1,2}")
_CARD_TOLD = LatePattern(r"card|visa|amex|credit|debit|payment|\bpan\b|\bcc\b|[\"'`]\Z", re.IGNORECASE)
_CARD = LatePattern(
    r"4\d{15}|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|6(?:011|5\d\d|4[4-9]\d|2\d\d)\d{12}|35\d{14}"
    r"|3(?:0[0-5]|[68]\d)\d{11}"
)


def find_numbers(text: str) -> Iterator[Span]:
    """Yield telephone, account, card and insurance numbers and public network addresses."""
    yield from _find_accounts(text)
    if "." in text:
        for match in _IPV4.finditer(text):
            if _is_public(match[0]) and not _VERSION_BEFORE.search(text, max(0, match.start() - 24), match.start()):
                yield *match.span(), "ip-address"
    if ":" in text:
        for match in _IPV6.finditer(text):
            if _is_public(match[0]):
                yield *match.span(), "ip-address"
    yield from _find_phones(text)


def _find_phones(text: str) -> Iterator[Span]:
    if "+" in text:
        for match in _FOREIGN_PHONE.finditer(text):
            start = match.start()
            before = text[start - 1] if start else "\n"
            digits = sum(letter.isdigit() for letter in match[0])
            # A diff's mark before a number, sums and offsets of time look alike.
            marked = before == "\n" and "\n" in text
            if (
                8 <= digits <= 15
                and not marked
                and not (before.isalnum() or before in "+_)].")
                and _is_dialled(match[0])
            ):
                yield *match.span(), "phone"
    for match in _NUMBER.finditer(text):
        if kind := _kind_of_number(match):
            opened = ")" in match[0] and text[match.start() - 1 : match.start()] == "("
            yield match.start() - opened, match.end(), kind


def _kind_of_number(match: re.Match[str]) -> str | None:
    """What a number of seven digits or more is: a card's, an insurance's, a telephone's, or None."""
    number, start, text = match[0], match.start(), match.string
    digits = re.sub(r"\D", "", number)
    if len(digits) >= 13:
        if _CARD.fullmatch(digits) and _is_luhn(digits) and _CARD_GROUPS.fullmatch(number):
            grouped = not number.isdigit()
            return "card-number" if grouped or _CARD_TOLD.search(text[max(0, start - 60) : start]) else None
    elif _SSN.fullmatch(number):
        return "insurance-number"
    if ")" in number and text[start - 1 : start] != "(":
        return None
    if _US_PHONE.fullmatch(number) or (10 <= len(digits) <= 14 and _NATIONAL_PHONE.fullmatch(number)):
        return "phone"
    told = len(digits) <= 15 and _TOLD.search(lowered(text[max(0, start - 48) : start]))
    return "phone" if told else None


def _is_dialled(number: str) -> bool:
    """Whether a number with a plus is grouped as telephone numbers are, or is one run of ten digits or more."""
    groups = re.findall(r"\d+", number)
    return (
        (len(groups) == 1 and len(groups[0]) >= 10)
        or (len(groups) > 1 and any(len(group) >= 3 for group in groups[1:]))
        or (len(groups) >= 5 and all(len(group) == 2 for group in groups[2:]))
    )


def _find_accounts(text: str) -> Iterator[Span]:
    for match in _IBAN.finditer(text):
        number = re.sub("[ -]", "", match[0]).upper()
        length = _IBAN_LENGTHS.get(number[:2], 0)
        if 0 < length <= len(number) and _is_iban(number[:length]):
            yield match.start(), match.start() + _length_with_gaps(match[0], length), "iban"


def _length_with_gaps(written: str, count: int) -> int:
    """How much of a grouped number its first `count` letters and digits take."""
    seen = 0
    for place, letter in enumerate(written):
        seen += letter.isalnum()
        if seen == count:
            return place + 1
    return len(written)


def _is_iban(number: str) -> bool:
    return int("".join(str(int(letter, 36)) for letter in number[4:] + number[:4])) % 97 == 1


def _is_luhn(digits: str) -> bool:
    doubled = [
        int(digit) if place % 2 == 0 else sum(divmod(2 * int(digit), 10))
        for place, digit in enumerate(reversed(digits))
    ]
    return sum(doubled) % 10 == 0 and len(set(digits)) > 1


def _is_public(address: str) -> bool:
    """Whether an address is routed on the internet and somebody's: not a resolver, not a version of small numbers."""
    try:
        parsed = ipaddress.ip_address(address.rstrip(":") if not address.endswith("::") else address)
    except ValueError:
        return False
    if address in _RESOLVERS or not parsed.is_global or parsed.is_multicast:
        return False
    return parsed.version == 6 or (max(parsed.packed) >= 32 and not address.endswith(".0.0"))
