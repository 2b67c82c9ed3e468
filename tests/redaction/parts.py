"""Parts from which the redaction cases are assembled at run time, so that no credential stands in the source."""

import base64
import ipaddress
import json
import string
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

HOLE = "§"  # where a case's lines take the secret

LOWER, UPPER, DIGITS = string.ascii_lowercase, string.ascii_uppercase, string.digits
ALNUM = DIGITS + UPPER + LOWER
URL64 = ALNUM + "-_"
HEX = "0123456789abcdef"
BASE32 = UPPER + "234567"
BECH32 = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"
SYMBOLS = "!#%*+-?_=.~"

# Invented people; the sealed cases bring their own.
FIRST = "Karla Tomas Ingrid Priyanka Dmitri Aisha Joana Meilin Ruben Saskia Olumide Femke Anselm Leticia Yusra".split()
LAST = (
    "Vossberg Tillmarken Ferradonic Quistgard Okonhale Brzezdow Nakaruma Lindquarry Achterdam Moreyvan Zelnikov".split()
)
SYLLABLES = "vel kor tren adi mul bex sor dap lin qua fro zet hum gar pil wex nod tas rin olo jab ketu mor ship".split()
AREAS = "212 303 415 503 617 702 804 919".split()
PUBLIC_BLOCKS = (5, 31, 37, 45, 51, 62, 77, 81, 87, 91, 109, 134, 146, 159, 176, 185, 194, 212)


@dataclass(frozen=True)
class Case:
    """A text, and the part of it that must not survive scrubbing (None: the text must come through unchanged)."""

    id: str
    text: str
    secret: str | None
    kind: str


class Cases:
    """Collects cases and numbers them within their kind."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.found: list[Case] = []
        self._seen: Counter[str] = Counter()

    def yes(self, kind: str, secret: str, *lines: str) -> None:
        """Add lines that hold a secret wherever they have a hole."""
        template = "\n".join(lines)
        if HOLE not in template:
            raise ValueError(f"no hole in {template!r}")
        self._add(kind, template.replace(HOLE, secret), secret)

    def no(self, kind: str, *lines: str) -> None:
        """Add lines that must come through unchanged."""
        self._add(kind, "\n".join(lines), None)

    def _add(self, kind: str, text: str, secret: str | None) -> None:
        self._seen[kind] += 1
        self.found.append(Case(f"{self.name}-{kind}-{self._seen[kind]}", text, secret, kind))


class Parts:
    """Random strings, names, addresses, and numbers from one seed."""

    def __init__(self, seed: str, first: Sequence[str] = FIRST, last: Sequence[str] = LAST) -> None:
        self.random = Random(seed)
        self._first, self._last = first, last

    def chars(self, alphabet: str, count: int) -> str:
        return "".join(self.random.choice(alphabet) for _ in range(count))

    def digits(self, count: int) -> str:
        return self.random.choice("123456789") + self.chars(DIGITS, count - 1)

    def hex(self, count: int) -> str:
        return self.chars(HEX, count)

    def alnum(self, count: int) -> str:
        return self.chars(ALNUM, count)

    def url64(self, count: int) -> str:
        """Letters, digits, - and _; the ends are letters or digits."""
        return self.alnum(1) + self.chars(URL64, count - 2) + self.alnum(1)

    def b64(self, size: int) -> str:
        """Base64 of so many random bytes."""
        return encode(self.random.randbytes(size))

    def uuid(self) -> str:
        return f"{self.hex(8)}-{self.hex(4)}-4{self.hex(3)}-{self.random.choice('89ab')}{self.hex(3)}-{self.hex(12)}"

    def word(self, syllables: int = 3) -> str:
        return "".join(self.random.choice(SYLLABLES) for _ in range(syllables))

    def phrase(self, words: int = 2, joint: str = "") -> str:
        """Invented words in a row, each with a capital: a password without digits."""
        return joint.join(self.word(2).capitalize() for _ in range(words))

    def mixed(self, count: int) -> str:
        """A password with each class of characters, beginning and ending in a letter or a digit."""
        inner = [self.chars(alphabet, 1) for alphabet in (LOWER, UPPER, DIGITS, SYMBOLS)]
        inner += [self.chars(ALNUM + SYMBOLS, 1) for _ in range(count - 6)]
        self.random.shuffle(inner)
        return self.chars(LOWER + UPPER, 1) + "".join(inner) + self.alnum(1)

    def checked(self, count: int = 30) -> str:
        """Base62 characters with their CRC-32 in six more, as GitHub and npm write their tokens."""
        body = self.alnum(count)
        rest, tail = zlib.crc32(body.encode()), ""
        for _ in range(6):
            rest, digit = divmod(rest, 62)
            tail = ALNUM[digit] + tail
        return body + tail

    def jwt(self, algorithm: str = "HS256", **claims: object) -> str:
        head = json.dumps({"alg": algorithm, "typ": "JWT"}, separators=(",", ":"))
        body = json.dumps(claims, separators=(",", ":"))
        signature = self.random.randbytes({"HS256": 32, "ES256": 64, "RS256": 256}[algorithm])
        return ".".join(encode(part, url=True) for part in (head.encode(), body.encode(), signature))

    def pem(self, label: str, start: bytes, size: int) -> list[str]:
        """The lines of an armoured key with this label."""
        body = encode(start + self.random.randbytes(size))
        rule = "-" * 5
        lines = [body[at : at + 64] for at in range(0, len(body), 64)]
        return [f"{rule}BEGIN {label}{rule}", *lines, f"{rule}END {label}{rule}"]

    def first(self) -> str:
        return self.random.choice(self._first)

    def last(self) -> str:
        return self.random.choice(self._last)

    def name(self) -> str:
        return f"{self.first()} {self.last()}"

    def login(self) -> str:
        """A user name of one of the usual shapes."""
        first, last = self.first().lower(), self.last().lower()
        return self.random.choice([f"{first[0]}{last}", f"{first}-{last}", f"{last}{self.digits(2)}", f"{first}{last}"])

    def company(self) -> str:
        return f"{self.word(2)}{self.random.choice(['labs', 'soft', 'works', '-systems', 'pay', 'ware'])}"

    def email(self, domain: str | None = None) -> str:
        domain = domain or f"{self.company()}.{self.random.choice('com io de net dev co.uk fr'.split())}"
        return f"{self.first().lower()}.{self.last().lower()}@{domain}"

    def area(self) -> str:
        """An area code of the United States."""
        return self.random.choice(AREAS)

    def ip(self) -> str:
        """A public IPv4 address."""
        while True:
            address = ".".join(str(part) for part in (self.random.choice(PUBLIC_BLOCKS), *self._octets()))
            if ipaddress.ip_address(address).is_global:
                return address

    def _octets(self) -> list[int]:
        return [self.random.randint(11, 254) for _ in range(3)]

    def ip6(self, block: str) -> str:
        """An IPv6 address with these first two groups."""
        return f"{block}:" + ":".join(f"{self.random.randint(0x1000, 0xFFFE):x}" for _ in range(6))

    def card(self, start: str, count: int = 16) -> str:
        """A card number with a valid check digit."""
        body = start + self.chars(DIGITS, count - 1 - len(start))
        return next(body + digit for digit in DIGITS if luhn(body + digit))

    def iban(self, country: str, bank: str, count: int) -> str:
        """An IBAN of so many characters with valid check digits."""
        account = bank + self.chars(DIGITS, count - 4 - len(bank))
        return f"{country}{98 - mod97(account + country + '00'):02d}{account}"


def encode(raw: bytes, *, url: bool = False) -> str:
    """Base64, or base64url without padding."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=") if url else base64.b64encode(raw).decode()


def groups(text: str, size: int = 4, joint: str = " ") -> str:
    return joint.join(text[at : at + size] for at in range(0, len(text), size))


def mod97(text: str) -> int:
    """The remainder by which an IBAN is checked, letters counting from 10."""
    return int("".join(str(int(letter, 36)) for letter in text)) % 97


def luhn(number: str) -> bool:
    """Whether a number's last digit checks it."""
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
