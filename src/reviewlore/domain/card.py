"""A model card: what one version is, was made of and is good for (Mitchell et al. 2019). Gathered by `flows/card.py`.

Numbers, names and hashes only: no remark of anybody is in it.
"""

from dataclasses import dataclass

from reviewlore.domain.calibration import Calibrations
from reviewlore.domain.evaluation import Evaluation, GateDecision
from reviewlore.domain.model import DatasetManifest, RegistryEntry, VersionManifest

# Beside a version's files; none of them is ever loaded to judge by.
JUDGED_FILE, MARKDOWN_FILE, PAGE_FILE = "card.json", "card.md", "card.html"


@dataclass(frozen=True, slots=True)
class Judged:
    """How a version was judged, as it is kept beside its files: the table, the decision, and whose data it rests on.

    `people` is how many people's words, code or votes the pairs rest on.
    """

    evaluation: Evaluation
    decision: GateDecision
    people: int
    schema: int = 1


@dataclass(frozen=True, slots=True)
class ModelCard:
    """All that a card tells; what the state branch no longer has, or never had, is None.

    `standing` is the version's state in the registry at the time the card is made. `judged` is None for versions that
    were trained before cards were kept.
    """

    manifest: VersionManifest
    standing: RegistryEntry | None
    dataset: DatasetManifest | None
    calibrations: Calibrations | None
    judged: Judged | None


@dataclass(frozen=True, slots=True)
class CardTable:
    """One table of a card: a caption, the heads of its columns, and rows of as many cells."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class CardSection:
    """One section as every form of a card prints it: sentences, names with values, lists, tables, in that order.

    Text is plain, with code between backticks. `plots` names what a page draws at the end of the section.
    """

    anchor: str
    title: str
    sentences: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    items: tuple[str, ...] = ()
    tables: tuple[CardTable, ...] = ()
    plots: str = ""
