"""What a card says of the data: what a version learned from, what was left out and why. Numbers and names, no words."""

from collections import defaultdict
from collections.abc import Mapping

from reviewlore.domain.card import CardSection, CardTable, ModelCard
from reviewlore.domain.model import DatasetManifest
from reviewlore.formats.standing import order_kinds

_MOST_ROWS = 40


def data_section(card: ModelCard) -> CardSection:
    """Return the section about the data; the branch may no longer have the dataset's manifest."""
    dataset = card.dataset
    if dataset is None:
        told = f"Dataset {card.manifest.dataset}: its manifest is no longer on the state branch."
        return CardSection("data", "Data", (told,))
    told = (
        f"Remarks of merged pull requests from {', '.join(dataset.sources) or 'no source'}, scrubbed of secrets and "
        "personal data, people under pseudonyms. Later pull requests judge; nothing of them is trained on before."
    )
    tables = (_pairs(dataset), _counts("Left out, by reason", "Reason", dataset.dropped), _repositories(dataset))
    return CardSection(
        "data", "Data", (told,), tuple(_facts(card, dataset)), tables=tuple(table for table in tables if table.rows)
    )


def _facts(card: ModelCard, dataset: DatasetManifest) -> list[tuple[str, str]]:
    people = f"{card.judged.people} people's words, code or votes" if card.judged else "not recorded"
    forgotten = [("dataset", dataset.forgotten_at), ("version", card.standing.forgotten_at if card.standing else "")]
    told = ", ".join(f"{what} on {at}" for what, at in forgotten if at)
    return [
        ("Dataset", f"{dataset.id}, made {dataset.created_at}"),
        ("Remarks", f"{dataset.episodes} read, {dataset.kept} of them in pairs"),
        ("People", people),
        (
            "Largest reviewer",
            f"{dataset.largest_share:.0%} of the chosen remarks; {dataset.capped} voices weighed down",
        ),
        ("Longer one chosen", f"{dataset.longer_chosen:.0%} of pairs"),
        ("Taken for a machine's", _told(dataset.marked) or "none"),
        ("Duplicates", str(dataset.duplicates)),
        ("Contradictions", f"{dataset.contradictions}, weighed down"),
        ("Licences allowed", dataset.policy.get("licenses", "not recorded")),
        ("Retention, in days", dataset.policy.get("retention_days", "not recorded")),
        ("Opted out by settings", dataset.policy.get("opted_out_by_settings", "not recorded")),
        ("Paths left out", dataset.policy.get("exclude_paths", "") or "none"),
        ("Forgotten since", told or "nothing"),
    ]


def _pairs(dataset: DatasetManifest) -> CardTable:
    rows: dict[str, dict[str, int]] = defaultdict(dict)
    for name, count in dataset.pairs.items():
        kind, _, split = name.partition("/")
        rows[kind][split] = count
    for name, count in dataset.unused_pairs.items():
        kind = name.partition("/")[0]
        rows[kind]["unused"] = rows[kind].get("unused", 0) + count
    table = tuple(
        (kind.replace("_", " "), *(str(rows[kind].get(split, 0)) for split in ("train", "test", "unused")))
        for kind in order_kinds(rows)
    )
    return CardTable("Preference pairs", ("Kind", "Trained on", "Held out", "Not used, by policy"), table)


def _repositories(dataset: DatasetManifest) -> CardTable:
    rows = [(name, moment) for name, moment in sorted(dataset.split_at.items())]
    rows += [(name, "all of it: never trained on") for name in dataset.evaluation_repositories]
    return _bounded(CardTable("Repositories", ("Repository", "Held out from"), tuple(rows)))


def _counts(caption: str, head: str, counts: Mapping[str, int]) -> CardTable:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    rows = tuple((name.replace("_", " "), str(count)) for name, count in ordered)
    return _bounded(CardTable(caption, (head, "Count"), rows))


def _bounded(table: CardTable) -> CardTable:
    """Return a table whose rows after the first ones are told by their number."""
    rest = len(table.rows) - _MOST_ROWS
    if rest <= 0:
        return table
    return CardTable(table.caption, table.head, (*table.rows[:_MOST_ROWS], (f"and {rest} more", "")))


def _told(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in sorted(counts.items()))
