"""A value that stands beside a telling name in, whether it is a secret out: never a placeholder, reference or word.

What a person would not call a secret: `<token>`, `xxxx`, `${TOKEN}`, `changeme`, the name of a setting, a type, a path.
"""

import re
from itertools import pairwise

from reviewlore.domain.late import LatePattern

# Words that say "put yours here", wherever they stand in a value that is otherwise words.
_STAND_IN = LatePattern(
    r"example|placeholder|change[-_ ]?(?:me|it|this)|your(?![a-z]{6})|dummy|fake|redacted|sample|insert|replace|masked"
    r"|hidden|removed|fix[-_]?me|to[-_]?do\b|not[-_ ]?(?:a|real|set|used)|mock|xxx|\*\*\*|\.\.\.|…|foo[-_]?bar"
    r"|goes[-_ ]?here|lorem|ipsum|undefined|invalid|expired|incorrect|wrong"
    r"|test[-_]?(?:token|secret|key|pass|pwd|value|api|user|auth|id)"
)
_TEMPLATE = LatePattern(
    r"^![A-Za-z][\w:]*$|\$\{|\$\(|\{\{|\}\}|<[^>]{1,60}>|%\(|%[sdvqr@]\b|^[{<$%@&*\[(]|\{\w*(?:[.!:][^{}]*)?\}|#\{|^\.\."
)
# Values of documentation and of test servers, and what user interfaces and schemas write beside such a name.
_WORDS = frozenset(
    """
    password passwd passphrase passcode pass pwd pw secret token key apikey credential credentials auth private
    public access refresh bearer basic oauth oauth2 oidc jwt saml api client server service admin administrator root
    user users username usr login logout guest postgres postgresql mysql redis rabbitmq mongo mongodb minio sa test
    tests testing tester test1 test123 foo bar baz qux foobar example value name string str text input field label
    type typ hidden none null nil undefined true false yes no on off empty blank default required optional missing
    invalid valid unknown confirm confirmation forgot reset change changed update show hide enter new old current
    previous expired session cookie header query body path file env environment settings config inherit write read
    number int integer bool boolean float double bytes byte char varchar any object array list dict map secretstr
    option sensitive enabled disabled ignore ignored always never auto manual static dynamic strong weak plain
    plaintext encrypted hashed hash md5 sha1 sha256 sha512 bcrypt hmac base64 hex ascii utf8 uuid email phone short
    long min max length char8 csrf xsrf id passwort kennwort senha wachtwoord contrasena parola heslo salasana
    passord adgangskode motdepasse haslo losenord jelszo sandi geslo lozinka something whatever anything abc abcd
    abc123 xyz dev prod production staging local localhost identity personal fine grained classic webhook github
    gitlab aws azure gcp google vault manager requirements policy rotation protected authentication authorization
    hashing handling based prompt and or of for the this that with is are was to in not it a an as
    """.split()
)
_TYPES = frozenset(
    """
    value type field props config params ref input output validator column model schema provider handler factory
    store manager request response data info state view form widget node expr expression literal union optional list
    map set struct record entry item element event error exception result promise future stream reader writer code
    spec
    """.split()
)
_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_RANDOM = LatePattern(r"[A-Za-z0-9+/_=.~-]+")
_PATH = LatePattern(r"(?:[A-Za-z]:)?[~.]{0,2}(?:[/\\][\w.@-]+){1,12}[/\\]?")
_UUID = LatePattern(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_DOTTED = LatePattern(r"[vV]?\d+(?:\.\d+)+|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*){2,}")  # a version, the name of a module
_CONSTANT = LatePattern(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")  # the name of a setting
_SEQUENCE = "01234567890123456789 98765432109876543210 abcdefghijklmnopqrstuvwxyz"


def is_placeholder(value: str) -> bool:
    """Whether a value only stands where a secret would: a template, a row of one letter, "your-token-here"."""
    low = value.lower()
    if "[redacted" in low or _TEMPLATE.search(value) or len(set(low)) <= 2:
        return True
    if value.endswith(("EXAMPLE", "EXAMPLEKEY")) or "xxxx" in low or "****" in low:
        return True
    if _SEQUENCE.find(low) >= 0:
        return True
    return _STAND_IN.search(low) is not None and (is_wordy(value) or any(mark in low for mark in ("...", "…", " ")))


def is_wordy(value: str) -> bool:
    """Whether a value reads as words: `access-token-2`, `userPassword`, `projects/x`; random ones fall to pieces."""
    if re.search(r"[^\w\s./:-]|[A-Za-z][0-9]+[A-Za-z]\w*[0-9]", value):
        return False
    parts = _PARTS.findall(value)
    letters = [part for part in parts if not part.isdigit()]
    if not letters:
        return False
    digits = sum(len(part) for part in parts if part.isdigit())
    odd = sum(len(part) < 3 and part.lower() not in _WORDS for part in letters)
    count = sum(map(len, letters))
    return (
        odd <= len(letters) / 3
        and count / len(letters) >= 3.2
        and digits <= 4 + count // 8
        and all(len(part) < 26 and _has_vowel(part) for part in letters)
    )


def is_code(value: str) -> bool:
    """Whether a value without quotation marks is an expression: a call, an attribute, an index, a path of names."""
    if re.search(r"[()\[\]{}|;]|::|->|=>|\?\.|==(?=.)", value.rstrip("=")):
        return True
    return re.fullmatch(r"[&*!@]?[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)+,?", value) is not None


def is_token(value: str) -> bool:
    """Whether the value of something called token, secret or key is one: it looks drawn at random.

    Eight or more characters with digits among letters, or sixteen whose capitals and small letters change often.
    """
    if len(value) < 8 or not value.isascii() or any(map(str.isspace, value)) or is_placeholder(value):
        return False
    if _CONSTANT.fullmatch(value) or "://" in value or (len(value) < 30 and _DOTTED.fullmatch(value)):
        return False
    if _PATH.fullmatch(value) and not _is_drawn(value):
        return False
    return _UUID.fullmatch(value) is not None or _is_random(value.rstrip("="))


def _is_random(body: str) -> bool:
    if any(map(str.isdigit, body)):
        return any(map(str.isalpha, body)) and not is_wordy(body)
    if not _RANDOM.fullmatch(body):  # with signs among the letters, as generators of passwords write
        return len(body) >= 10 and not is_wordy(body) and sum(not letter.isalnum() for letter in body) >= 3
    return len(body) >= 16 and _is_drawn(body)


def is_password(value: str, *, quoted: bool) -> bool:
    """Whether the value of something called password is one: people's own words are, names and types are not."""
    if len(value) < (4 if quoted else 6) or is_placeholder(value) or "://" in value:
        return False
    if any(map(str.isspace, value)) or not any(map(str.isalnum, value)):
        return False
    if value.isdigit():
        return len(value) >= 6
    return is_token(value) or _is_own_word(value, quoted=quoted)


def _is_own_word(value: str, *, quoted: bool) -> bool:
    """Whether a person may have made up a value: its words are not those of settings, types, paths and messages."""
    if not value.isascii() or any(form.fullmatch(value) for form in (_PATH, _CONSTANT, _DOTTED)):
        return False
    parts = [part.lower() for part in _PARTS.findall(value) if not part.isdigit()]
    if not parts or (all(part in _WORDS for part in parts) and not re.search(r"[^\w.\s-]", value)):
        return False
    if re.search(r"\d|[^\w.:/-]", value):
        named = re.search(r"passw|secret|token", value.lower())
        return named is None or re.search(r"\d\d|[!@#$%^&*]", value) is not None
    names = r"[_.:/]" if quoted else r"[a-z][A-Z]|[_.:/]"  # how code writes names
    return not any(len(part) > 2 and part in _WORDS for part in parts) and not re.search(names, value)


def is_type(value: str) -> bool:
    """Whether a capitalised name reads as a type: one of its words is what types are called."""
    return any(part.lower() in _TYPES for part in _PARTS.findall(value))


def is_passphrase(value: str) -> bool:
    """Whether the value of something called passphrase is one: three words or more that do not speak of it."""
    words = value.split()
    return 3 <= len(words) <= 12 and not is_placeholder(value) and not any(word.lower() in _WORDS for word in words)


def has_sign(value: str) -> bool:
    """Whether a digit or a sign stands in a value, as passwords have and words have not."""
    return re.search(r"\d|[!@#$%^&*]", value) is not None


def _has_vowel(part: str) -> bool:
    return len(part) < 4 or re.search("[aeiouyAEIOUY]", part) is not None


def _is_drawn(value: str) -> bool:
    """Whether the case of letters changes as in text drawn at random, not at the borders of words."""
    turns = sum((one.islower() and two.isupper()) or (one.isupper() and two.islower()) for one, two in pairwise(value))
    return turns >= len(value) / 4 and len(set(value)) >= 10
