"""XML as manifests use it: text in, elements with their lines out. Owns defusedxml: entities and DTDs are refused.

Never raises, and stays linear on any text. Namespaces are dropped: `{http://…}project` and `project` are one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.sax import SAXException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl, Locator

from defusedxml import DefusedXmlException
from defusedxml.sax import parseString

# The largest hand-written manifests stay far below these.
MAX_CHARACTERS = 2_000_000
_MAX_DEPTH = 100
_NOTHING: "tuple[Element, ...]" = ()


@dataclass(slots=True)
class Element:
    """One element: its name, the 1-based line it starts in, its own text (stripped), and what it holds, in order."""

    name: str
    line: int
    text: str = ""
    children: "list[Element]" = field(default_factory=list)

    def all(self, *names: str) -> "Iterator[Element]":
        """Yield the elements that a way of names leads to from here."""
        first, *rest = names
        for child in self.children:
            if child.name == first:
                yield from child.all(*rest) if rest else (child,)

    def value(self, *names: str) -> str:
        """Return the text of the first element that a way of names leads to, empty where there is none."""
        return next((found.text for found in self.all(*names)), "")


class _Reader(ContentHandler):
    def __init__(self) -> None:
        super().__init__()
        self.top = Element("", 0)
        self._open = [self.top]
        self._texts: list[list[str]] = [[]]
        self._where: Locator | None = None

    def setDocumentLocator(self, locator: Locator) -> None:  # noqa: N802 - SAX names it
        self._where = locator

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802 - SAX names it
        if len(self._open) > _MAX_DEPTH:
            raise SAXException(f"it is nested deeper than {_MAX_DEPTH} elements")
        found = Element(name.rpartition(":")[2], (self._where.getLineNumber() or 0) if self._where else 0)
        self._open[-1].children.append(found)
        self._open.append(found)
        self._texts.append([])

    def characters(self, content: str) -> None:
        self._texts[-1].append(content)

    def endElement(self, name: str) -> None:  # noqa: N802 - SAX names it
        self._open.pop().text = "".join(self._texts.pop()).strip()


def read_xml(text: str) -> tuple[Element, str]:
    """Return an element around the one a text holds and no problem, or what was read and half a sentence saying why."""
    reader = _Reader()
    if len(text) > MAX_CHARACTERS:
        return reader.top, f"it is longer than {MAX_CHARACTERS} characters"
    try:
        parseString(text.removeprefix("\ufeff").lstrip().encode(), reader, forbid_dtd=True)
    except DefusedXmlException:
        return Element("", 0), "it declares entities or a document type"
    except (SAXException, ValueError, LookupError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        return reader.top, f"it is no XML ({reason[:120]})"
    return reader.top, ""
