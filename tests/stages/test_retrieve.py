"""Precedents: few, of the finding's concern, no rule of other paths; never more than three."""

from dataclasses import replace

from reviewlore.domain.architecture import Evidence
from reviewlore.domain.finding import Finding
from reviewlore.domain.history import Anchor
from reviewlore.domain.retrieval import Hit, Passage
from reviewlore.stages.retrieve import (
    choose_precedents,
    concern_of,
    query_of,
    query_of_hunk,
    written_query_of,
    written_query_of_hunk,
)

FINDING = Finding(
    "f1", "architecture/layer_crossed", "architecture", Anchor("src/api/loans.py", 2),
    "@@ -1 +1,2 @@\n+import storage", "`api.loans` imports `storage`", "why", "advice", "error", 0.9,
)  # fmt: skip
PASSAGE = Passage(
    "episode", "o/r#1/1", "src/api/items.py", "", "The api must not import storage.", 1, "addressed", "architecture",
    "o/r", "https://github.example/o/r/pull/1#discussion_r1",
)  # fmt: skip


def test_a_hit_is_cited_with_where_and_what_became_of_it() -> None:
    (cited,) = choose_precedents("src/api/loans.py", [], [Hit(PASSAGE, 0.4)])
    assert (cited.episode, cited.pull_request, cited.path, cited.outcome) == (
        "o/r#1/1", 1, "src/api/items.py", "addressed",
    )  # fmt: skip
    assert (cited.kind, cited.excerpt, cited.similarity, cited.url) == (
        "episode", "The api must not import storage.", 0.4, PASSAGE.url,
    )  # fmt: skip


def test_at_most_three_and_the_same_words_once() -> None:
    hits = [Hit(replace(PASSAGE, id=f"o/r#{n}/1", excerpt=f"words {n // 2}"), 1 / (n + 1)) for n in range(10)]
    assert [each.episode for each in choose_precedents("a.py", [], hits)] == ["o/r#0/1", "o/r#2/1", "o/r#4/1"]
    assert len(choose_precedents("a.py", [], hits, 5)) == 5
    assert choose_precedents("a.py", [], hits, 1)[0].similarity == 1


RULE = Passage("rule", "r7", "", "", "Loans never read storage.", paths=("src/api/*", "*.sql"))
PATH = "docs/adr/0001-layers.md"
DECISION = Passage("decision", f"{PATH}#Layers", PATH, "", "The api is above.", heading="Layers", line=9)


def test_of_what_is_cited_the_closest_stands_first() -> None:
    hits = [Hit(replace(PASSAGE, id=name, excerpt=name), at) for name, at in (("b", 0.2), ("a", 0.9), ("c", 0.5))]
    assert [each.episode for each in choose_precedents("a.py", [], [*hits, Hit(PASSAGE, 1.0)])] == ["a", "c", "b"]


def test_a_rule_is_cited_where_it_holds() -> None:
    assert [each.kind for each in choose_precedents("src/api/loans.py", [Hit(RULE, 0.2)], [])] == ["rule"]
    assert choose_precedents("src/api/loans.py", [Hit(RULE, 0.1)], []) == ()
    assert choose_precedents("src/web/page.py", [Hit(RULE, 0.9)], []) == ()
    below = replace(RULE, paths=("./src/web/",))  # as people write a folder
    assert [each.kind for each in choose_precedents("src/web/page.py", [Hit(below, 0.2)], [])] == ["rule"]
    everywhere = replace(RULE, paths=())
    assert choose_precedents("src/web/page.py", [Hit(everywhere, 0.4)], [])[0].episode == "r7"
    assert choose_precedents("src/web/page.py", [Hit(everywhere, 0.3)], []) == ()


def test_a_decision_is_cited_with_its_heading_and_not_for_its_own_change() -> None:
    (cited,) = choose_precedents("src/api/loans.py", [Hit(DECISION, 0.5)], [])
    assert (cited.kind, cited.path, cited.heading, cited.line, cited.pull_request) == (
        "decision", PATH, "Layers", 9, 0,
    )  # fmt: skip
    assert choose_precedents(PATH, [Hit(DECISION, 0.5)], []) == ()
    assert choose_precedents("src/api/loans.py", [Hit(DECISION, 0.3)], []) == ()


def test_one_rule_and_one_decision_stand_before_remarks() -> None:
    written = [Hit(replace(made, excerpt=f"{made.excerpt} {n}"), 0.9) for n in range(2) for made in (DECISION, RULE)]
    said = [Hit(replace(PASSAGE, excerpt=f"said {n}"), 0.9) for n in range(3)]
    cited = choose_precedents("src/api/loans.py", written, said)
    assert [(each.kind, each.excerpt) for each in cited] == [
        ("rule", "Loans never read storage. 0"), ("decision", "The api is above. 0"), ("episode", "said 0"),
    ]  # fmt: skip
    assert [each.kind for each in choose_precedents("src/api/loans.py", written, said, 1)] == ["rule"]


def test_the_concern_of_a_missing_partner_is_what_the_partner_is() -> None:
    missing = replace(FINDING, rule="architecture/cochange_partner_missing")
    assert concern_of(replace(missing, evidence=(Evidence("19 of 20", path="docs/events.md"),))) == "documentation"
    assert concern_of(replace(missing, evidence=(Evidence("19 of 20", path="src/b.py"),))) == "architecture"
    assert concern_of(replace(FINDING, rule="generated/testing")) == "other"


def test_a_finding_is_searched_by_its_title_path_and_last_lines() -> None:
    assert query_of(FINDING) == "`api.loans` imports `storage` src/api/loans.py @@ -1 +1,2 @@ +import storage"
    assert written_query_of(FINDING) == "`api.loans` imports `storage`"
    assert len(query_of(replace(FINDING, hunk="x" * 100_000))) == 4_000


def test_a_hunk_is_searched_by_its_path_and_changed_lines() -> None:
    assert query_of_hunk("a/b.py", "@@ -1,2 +1,2 @@\n same\n-old()\n+new()") == "a/b.py old() new()"
    assert query_of_hunk("a/b.py", " only context") == "a/b.py  only context"
    assert written_query_of_hunk("@@ -1,2 +1,2 @@\n same\n-old()\n+new()") == "old() new()"
    assert len(query_of_hunk("a", "+x" * 100_000)) == 4_000
