"""What may be cited: people's addressed remarks, taught rules, and the sections of documents that tell decisions."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.domain.history import Anchor, Episode
from reviewlore.domain.retrieval import Passage, Rule
from reviewlore.stages.passages import (
    is_decision_document,
    passages_of_document,
    passages_of_episodes,
    passages_of_rules,
)

EPISODE = Episode(
    id="o/r#1/1", repository="o/r", pull_request=1, comment_id="1", author="person-a", author_kind="human",
    pull_request_author="person-b", anchor=Anchor("src/api/items.py", 3),
    hunk="@@ -1 +1 @@\n+a\n+b\n+c\n+import storage",
    body="The api must not\n\nimport storage.", url="https://github.example/o/r/pull/1#discussion_r1",
    created_at="2026-01-01T00:00:00Z", outcome="addressed", concern="architecture",
)  # fmt: skip


def test_a_remark_is_found_by_its_words_path_and_last_lines() -> None:
    (found,) = passages_of_episodes([EPISODE]).found
    assert found == Passage(
        "episode", "o/r#1/1", "src/api/items.py",
        "The api must not\n\nimport storage. src/api/items.py +a +b +c +import storage",
        "The api must not import storage.", 1, "addressed", "architecture", "o/r",
        "https://github.example/o/r/pull/1#discussion_r1",
    )  # fmt: skip


def test_what_was_not_acted_on_or_is_a_bot_s_is_not_searched() -> None:
    others = [
        replace(EPISODE, outcome="ignored"),
        replace(EPISODE, outcome="unknown"),
        replace(EPISODE, author_kind="bot"),
    ]
    assert passages_of_episodes(others).found == ()


def test_long_words_are_cut() -> None:
    (found,) = passages_of_episodes([replace(EPISODE, body="word " * 5000)]).found
    assert len(found.excerpt) == 200 and found.excerpt.endswith("…")
    assert len(found.text) == 4000


def test_a_rule_is_found_by_its_words_and_paths() -> None:
    rule = Rule("r7", "Loans never read storage.", ("src/api/*",))
    made = passages_of_rules([rule], "1 of 2 rules is not used.")
    assert made.found == (
        Passage(
            "rule", "r7", "", "Loans never read storage. src/api/*", "Loans never read storage.", paths=("src/api/*",)
        ),
    )
    assert made.note == "1 of 2 rules is not used."


@pytest.mark.parametrize(
    "path",
    [
        "docs/adr/0001-layers.md", "doc/adr/0002-x.adoc", "docs/adrs/3.rst", "a/b/decisions/0004-x.md",
        ".github/decisions/0001-x.md", "doc/arch/adr-001.md", "docs/architecture/decisions/1.md", "CONTRIBUTING.md",
        ".github/CONTRIBUTING.md", "ARCHITECTURE.md", "docs/architecture.md", "docs/architecture/overview.rst",
        "CONTRIBUTING.rst",
    ],
)  # fmt: skip
def test_documents_that_tell_decisions(path: str) -> None:
    assert is_decision_document(path)


@pytest.mark.parametrize(
    "path",
    [
        "docs/guide.md", "docs/adr/template.md", "docs/adr/README.md", "src/architecture/graph.py",
        "arch/x86/notes.txt",
        "docs/adr/0001.png", "README.md", "a/b/c/CONTRIBUTING.md", "decisions", "", "docs/adr/",
    ],
)  # fmt: skip
def test_documents_that_do_not(path: str) -> None:
    assert not is_decision_document(path)


MARKDOWN = b"""# 3. Layers of the shop

Status: accepted

## Context

The api grew and began to import whatever it **needed_now**, see [the issue](https://example.org/1).

## Decision

Only the `store` package talks to the database, everything else asks it.

```python
# no heading, this stands in a fence
## neither is this
```

Two Words
---------

What stands under an underlined heading belongs to it, as Markdown has it.
"""


def test_a_document_is_split_by_its_headings() -> None:
    found = passages_of_document("docs/adr/0003-layers.md", MARKDOWN).found
    assert [(each.heading, each.line) for each in found] == [("Context", 5), ("Decision", 9), ("Two Words", 18)]
    context, decision, _ = found
    assert context.excerpt == "The api grew and began to import whatever it needed_now, see the issue."
    assert decision.excerpt.startswith("Only the store package talks to the database, everything else asks it.")
    assert decision.id == "docs/adr/0003-layers.md#Decision"
    assert decision.text.startswith("3. Layers of the shop Decision Only the store package")
    assert (decision.kind, decision.path, decision.pull_request) == ("decision", "docs/adr/0003-layers.md", 0)


RST = b"""=====
Title
=====

Words of the introduction that are long enough to decide something here.

Naming
======

Modules are named for what they hold and never for who wrote them first.

.. code-block:: python

    # Heading?
    x = 1

Next
~~~~

Back to words that say enough to be a decision of this team, in the end.
"""


RULES = b"""# House rules

Short, because everybody here keeps to all of them, always.

1. **Imports point down.** A service asks a port,
   and only wiring knows which store is behind it.
2. Money is whole cents, in a name that ends in _cents, never a float.
   - not even in tests
3. Time is passed in: below wiring nothing calls the clock by itself.

What we do not argue about: quotes, blank lines, how long a line may be.
"""


def test_the_points_of_a_list_are_cited_one_by_one() -> None:
    found = passages_of_document("CONTRIBUTING.md", RULES).found
    assert [(each.line, each.heading) for each in found] == [(line, "House rules") for line in (1, 5, 7, 9, 11)]
    assert [each.excerpt[:20] for each in found] == [
        "Short, because every",
        "1. Imports point dow",
        "2. Money is whole ce",
        "3. Time is passed in",
        "What we do not argue",
    ]
    assert found[1].excerpt.endswith("which store is behind it.")
    assert len({each.id for each in found}) == 5


def test_restructured_text_is_split_too() -> None:
    found = passages_of_document("CONTRIBUTING.rst", RST).found
    assert [each.heading for each in found] == ["Title", "Naming", "Next"]


@pytest.mark.parametrize(
    "status",
    [
        b"# Old\n\nStatus: superseded by 0007\n", b"---\nstatus: \"rejected\"\n---\n# Old\n",
        b"# Old\n\n## Status\n\nSuperseded by [7](7.md)\n", b"# Old\n\n* Status: **Deprecated**\n",
        b"Old\n===\n\nStatus\n------\n\nDeprecated\n",
    ],
)  # fmt: skip
def test_a_record_that_is_no_longer_in_force_says_nothing(status: bytes) -> None:
    words = b"\n## Decision\n\nEverything is written in capital letters, as it always was in this team.\n"
    assert passages_of_document("docs/adr/1.md", status + words).found == ()
    assert passages_of_document("docs/adr/1.md", b"# New\n\nStatus: accepted\n" + words).found != ()


def test_a_document_without_headings_is_one_section_named_by_its_file() -> None:
    (found,) = passages_of_document(
        "docs/adr/0009-tabs.md", b"We indent by tabs, because the editor of all of us does."
    ).found
    assert (found.heading, found.line) == ("0009-tabs", 1)


def test_what_is_too_long_is_told() -> None:
    huge = passages_of_document("CONTRIBUTING.md", b"x" * 200_001)
    assert (huge.found, huge.note) == (
        (), "CONTRIBUTING.md is longer than 200000 bytes and is not searched for decisions.",
    )  # fmt: skip
    many = passages_of_document(
        "CONTRIBUTING.md", b"".join(b"# Heading %d\n\n%s\n" % (n, b"word " * 20) for n in range(130))
    )
    assert len(many.found) == 100
    assert many.note == "CONTRIBUTING.md has more than 100 sections; 30 are not searched for decisions."


@given(st.binary(max_size=400) | st.text(alphabet="#=-~`.:[]()!<>*_ \n\tab\u0000code", max_size=400).map(str.encode))
def test_no_bytes_are_a_reason_to_fail(data: bytes) -> None:
    for passage in passages_of_document("CONTRIBUTING.md", data).found:
        assert len(passage.excerpt) <= 200 and len(passage.text) <= 4000 and passage.line is not None


def test_hostile_documents_take_no_time() -> None:
    rows = (
        b"[" * 90_000,
        b"<" + b"a" * 150_000,
        b"`" * 150_000,
        b"# " * 90_000,
        b"-" * 150_000,
        b"<!--" * 40_000,
        b"\n" * 190_000,
        b"status\n" * 25_000,
        b"a\n=\n" * 40_000,
        b"*" * 150_000,
    )
    for data in rows:
        assert len(passages_of_document("CONTRIBUTING.md", data).found) <= 100
