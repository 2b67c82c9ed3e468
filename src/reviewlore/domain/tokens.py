"""How many tokens a text has at most, without a tokenizer: characters in, a bound out.

Loading a tokenizer takes 0.7 s and 108 MB, and the tokenizer of a server is not known. What the bound rests on was
measured on a diff of 80 files (pytest #7142) with line numbers: with OpenAI's o200k no file has fewer than 2.99
characters a token; with Llama 2's 32,000 tokens, the smallest vocabulary still in use, letters and signs have 2.9 in
the median file, and every digit is a token of its own.
"""

import math
import re

_DIGITS = "0123456789"
# Hashes, keys and packed data: hardly any two of their characters make a known token.
_LONG = 40
_PACKED = re.compile(rf"[A-Za-z0-9+/=_-]{{{_LONG},}}")


def bound_tokens(text: str, characters_per_token: float) -> int:
    """Return at most how many tokens a text has.

    A digit counts one, as many tokenizers split numbers; outside ASCII every byte of UTF-8 counts one, the worst a
    byte-level vocabulary can do; long runs with digits in them count one a character.
    """
    octets = 0
    if not text.isascii():
        plain_text = text.encode("ascii", "ignore").decode("ascii")
        octets = len(text.encode("utf-8", "surrogatepass")) - len(plain_text)
        text = plain_text
    packed = 0
    for run in _PACKED.findall(" ".join(word for word in text.split() if len(word) >= _LONG)):
        digits = sum(map(run.count, _DIGITS))
        packed += len(run) - digits if digits else 0
    digits = sum(map(text.count, _DIGITS))
    plain = len(text) - digits - packed
    return math.ceil(plain / characters_per_token) + digits + packed + octets
