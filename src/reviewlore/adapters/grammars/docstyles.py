"""Docstrings to the name of the markup that tells of parameters, results and errors in them. Bytes in, a word out."""

import re

_GOOGLE = re.compile(
    rb"^[ \t]*(Args|Arguments|Keyword Arg(?:ument)?s|Parameters|Returns|Yields|Raises|Attributes):[ \t]*\r?\n[ \t]+\S",
    re.MULTILINE,
)
_NUMPY = re.compile(
    rb"^[ \t]*(Parameters|Other Parameters|Returns|Yields|Raises|Attributes)[ \t]*\r?\n[ \t]*---+[ \t]*$", re.MULTILINE
)
_SPHINX = re.compile(
    rb"^[ \t]*:(param|parameter|arg|argument|key|type|returns?|rtype|yields?|raises?|ivar)\b[^:\n]{0,200}:",
    re.MULTILINE,
)
_EPYTEXT = re.compile(rb"^[ \t]*@(param|type|returns?|rtype|raises?)\b[^:\n]{0,200}:", re.MULTILINE)
_STYLES = (("numpy", _NUMPY), ("google", _GOOGLE), ("sphinx", _SPHINX), ("epytext", _EPYTEXT))


def docstring_style(text: bytes) -> str:
    """Return `google`, `numpy`, `sphinx` or `epytext`; empty where a docstring has no sections or fields.

    The styles are those of https://www.sphinx-doc.org/en/master/usage/extensions/napoleon.html, Sphinx's own field
    lists, and Epydoc's.
    """
    return next((name for name, pattern in _STYLES if pattern.search(text)), "")
