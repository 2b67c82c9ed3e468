import re
from pathlib import Path

import pytest

from reviewlore.cli import commands
from reviewlore.config import parse_settings
from reviewlore.stages.commands import ROWS

ROOT = Path(__file__).resolve().parents[1]
DOCS = sorted((ROOT / "docs").rglob("*.md"))
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
MODULE = re.compile(r"`((?:[a-z_]+/)*[a-z_]+\.py)`")


def test_there_are_guides():
    assert {path.name for path in DOCS} >= {
        "formats.md",
        "governance.md",
        "gpu-runner.md",
        "guide.md",
        "one-pull-request.md",
        "security.md",
    }


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_every_link_between_pages_leads_somewhere(path):
    for target in LINK.findall(path.read_text(encoding="utf-8")):
        if not target.startswith(("http:", "https:")):
            assert (path.parent / target).exists(), target


def test_every_module_on_the_way_of_a_pull_request_exists():
    text = (ROOT / "docs" / "one-pull-request.md").read_text(encoding="utf-8")
    sources = {path.relative_to(ROOT / "src" / "reviewlore").as_posix() for path in (ROOT / "src").rglob("*.py")}
    named = MODULE.findall(text)
    assert len(named) > 40
    for name in named:
        assert any(source == name or source.endswith(f"/{name}") for source in sources), name


def test_the_guide_names_every_command_and_no_other():
    text = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
    exists = text.split("## What does not exist yet")[0]
    for name in commands.commands:
        assert re.search(rf"`(?:reviewlore )?{name}\b", exists), name
    for name in re.findall(r"reviewlore ([a-z]+)\b", exists):
        assert name in {*commands.commands, "learns"}, name


def test_the_guide_tells_every_slash_command_with_its_role_and_what_it_writes():
    text = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
    told = text.partition("| `/lore …` |")[2].partition("\n\n")[0].splitlines()
    for row in ROWS:
        form = f"`{row.usage}`".replace("|", "\\|")
        (line,) = [line for line in told if form in line.partition(" | ")[0]]
        writes, needs = line.split(" | ")[-2:]
        assert writes.startswith("state branch") == row.writes, line
        assert (writes == "starts a workflow") == row.dispatches, line
        assert row.role in needs or ("policy" in row.summary and "promotion-approval" in needs), line


def test_the_guides_options_exist():
    text = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
    known = {
        option
        for command in commands.commands.values()
        for p in command.params
        for option in (*p.opts, *p.secondary_opts)
    }
    for option in re.findall(r"(?<![\w-])(--[a-z][a-z-]+)", text.split("## What does not exist yet")[0]):
        assert option in known, option


def test_the_guides_settings_can_be_used():
    text = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
    example, *parts = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    settings = parse_settings(example)
    assert all(parse_settings(part) != parse_settings("") for part in parts)
    assert settings.review.max_comments == 5
    assert settings == parse_settings('[recipes.dpo_lora_small]\nrevision = ""\n')


def test_the_page_of_the_map_names_every_kind_of_fact_and_no_other():
    sources = (ROOT / "src" / "reviewlore" / "architecture" / "facts").glob("*.py")
    text = "".join(path.read_text(encoding="utf-8") for path in sources)
    kinds = set(re.findall(r'\bkind ?= ?"([a-z_]+)"', text))
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = page.partition("## Facts")[2].partition("## Weaknesses")[0]
    named = {
        name for row in re.findall(r"^\| (`.+?) \|", table, re.MULTILINE) for name in re.findall("`([a-z_]+)`", row)
    }
    assert len(kinds) > 20
    assert kinds - named == set()
    assert {name for name in named if f'"{name}"' not in text} == set()
