"""A model card as Markdown, with the metadata block that Hugging Face reads. Strangers' words are inert.

https://huggingface.co/docs/hub/model-cards#model-card-metadata
"""

import json
import re

from reviewlore.domain.card import CardSection, CardTable, ModelCard
from reviewlore.domain.inert import inert_line
from reviewlore.domain.visible import visible_line
from reviewlore.formats.card import card_sections

_MARKUP = re.compile(r"[<>&@#|`()\[\]]")


def render_card(card: ModelCard) -> str:
    """Return the whole card."""
    parts = [_front_matter(card), f"# {_text(card.manifest.id)}", ""]
    for section in card_sections(card):
        parts += _section(section)
    return "\n".join(parts).rstrip() + "\n"


def _front_matter(card: ModelCard) -> str:
    """Return YAML in which every value is JSON, which YAML reads as it is; no string of it is read as Markdown."""
    manifest = card.manifest
    values: dict[str, object] = {"license": "other", "license_name": "not-granted"}
    tags = ["reviewlore", "code-review", "preference-learning"]
    if manifest.tier == "adapter":
        values |= {"library_name": "peft", "pipeline_tag": "text-generation"}
        tags += ["lora", manifest.recipe_settings.get("loss.method", "dpo")]
        if manifest.base_model and not manifest.base_model.startswith("made:"):
            values |= {"base_model": visible_line(manifest.base_model), "base_model_relation": "adapter"}
    else:
        values["library_name"] = "reviewlore"
    values["tags"] = [visible_line(tag) for tag in tags]
    values["model-index"] = [{"name": visible_line(manifest.id), "results": _results(card)}]
    return "\n".join(["---", *(f"{name}: {_json(value)}" for name, value in values.items()), "---", ""])


def _json(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_json(key)}: {_json(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_json, value)) + "]"
    return _MARKUP.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value))


def _results(card: ModelCard) -> list[dict[str, object]]:
    metrics = [
        {"type": "accuracy", "name": visible_line(f"Preference accuracy, {kind}"), "value": round(value, 4)}
        for kind, value in card.manifest.metrics.items()
    ]
    dataset = {"name": f"Later pull requests of dataset {card.manifest.dataset[:12]}", "type": "private"}
    task = {"type": "preference-ranking", "name": "Which of two review remarks a team stands by"}
    return [{"task": task, "dataset": dataset, "metrics": metrics}] if metrics else []


def _section(section: CardSection) -> list[str]:
    lines = [f"## {section.title}", ""]
    for sentence in section.sentences:
        lines += [_text(sentence), ""]
    lines += [f"- **{name}**: {_text(value)}" for name, value in section.facts]
    lines += [""] if section.facts else []
    lines += [f"- {_text(item)}" for item in section.items]
    lines += [""] if section.items else []
    for table in section.tables:
        lines += _table(table)
    return lines


def _table(table: CardTable) -> list[str]:
    if not table.rows:
        return []
    lines = [f"**{_text(table.caption)}**", "", _row(table.head), "|" + " --- |" * len(table.head)]
    return [*lines, *(_row(row) for row in table.rows), ""]


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(_text(cell).replace("|", "\\|") for cell in cells) + " |"


def _text(text: str) -> str:
    return inert_line(visible_line(text))
