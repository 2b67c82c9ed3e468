"""What is searched for precedents: past remarks, taught rules and written decisions, each as a passage of text."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from reviewlore.domain.finding import PrecedentKind
from reviewlore.domain.history import Outcome


@dataclass(frozen=True, slots=True)
class Rule:
    """What a maintainer taught: words, and the globs of the paths it holds for (none: all)."""

    id: str
    text: str
    paths: tuple[str, ...] = ()


def covers(patterns: Iterable[str], path: str) -> bool:
    """Whether what holds for these globs holds for a path: `*` crosses folders, and `**/` also means no folder.

    A folder is all below it: `docs`, `docs/` and `./docs` alike.
    """
    names = (pattern.removeprefix("./").strip("/") for pattern in patterns)
    forms = (form for name in names for form in (name, name.removeprefix("**/"), name.replace("/**/", "/")))
    return any(fnmatchcase(path, glob) for form in forms for glob in (form, f"{form}/*"))


@dataclass(frozen=True, slots=True)
class Passage:
    """One text that may be cited: `text` is what it is found by, `excerpt` what is shown of it, `id` its name.

    A remark has its pull request, outcome, concern, repository and `url`; a rule the `paths` it holds for (globs); a
    section of a document its `heading` and 1-based `line`.
    """

    kind: PrecedentKind
    id: str
    path: str
    text: str
    excerpt: str
    pull_request: int = 0
    outcome: Outcome = "unknown"
    concern: str = "other"
    repository: str = ""
    url: str | None = None
    heading: str = ""
    line: int | None = None
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Passages:
    """What one source says, and in a sentence what of it could not be used (empty: all was)."""

    found: tuple[Passage, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """What is searched: passages of some kinds (none: all), and of remarks those of one repository and one concern.

    An empty repository or concern is any. A repository without an owner is a local folder's name, which tells nobody
    apart: it matches all, and all match it.
    """

    kinds: tuple[PrecedentKind, ...] = ()
    repository: str = ""
    concern: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found, without its text; `similarity` (0..1) is how much of the query's words it has.

    Each word counts by how rare it is. Hits stand in the order of BM25, which knows length and repetition too.
    """

    passage: Passage
    similarity: float


SourceIds = Mapping[str, str]  # the name of each source, with the id of its content
