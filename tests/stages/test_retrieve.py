"""Precedents: only what was acted on, by people, about the same concern; never more than three."""

from dataclasses import replace

from reviewlore.adapters.index import SqliteIndex
from reviewlore.domain.architecture import Evidence
from reviewlore.domain.finding import Finding
from reviewlore.domain.history import Anchor, Episode
from reviewlore.stages.retrieve import concern_of, document_of, find_precedents, query_of

EPISODE = Episode(
    id="o/r#1/1", repository="o/r", pull_request=1, comment_id="1", author="person-a", author_kind="human",
    pull_request_author="person-b", anchor=Anchor("src/api/items.py", 3), hunk="@@ -1 +1 @@\n+import storage",
    body="The api must not import storage.",
    created_at="2026-01-01T00:00:00Z", outcome="addressed", concern="architecture",
)  # fmt: skip
FINDING = Finding(
    "f1", "architecture/layer_crossed", "architecture", Anchor("src/api/loans.py", 2),
    "@@ -1 +1,2 @@\n+import storage", "`api.loans` imports `storage`", "why", "advice", "error", 0.9,
)  # fmt: skip


def cited(*episodes: Episode) -> list[str]:
    table = {episode.id: episode for episode in episodes}
    index = SqliteIndex((key, document_of(episode)) for key, episode in table.items())
    return [p.episode for p in find_precedents(FINDING, index.search(query_of(FINDING), 40), table)]


def test_a_fitting_remark_is_cited_with_where_and_what_became_of_it() -> None:
    index = SqliteIndex([(EPISODE.id, document_of(EPISODE))])
    (precedent,) = find_precedents(FINDING, index.search(query_of(FINDING), 5), {EPISODE.id: EPISODE})
    assert (precedent.pull_request, precedent.path, precedent.outcome) == (1, "src/api/items.py", "addressed")
    assert precedent.excerpt == "The api must not import storage."
    assert precedent.similarity > 0


def test_what_was_not_acted_on_or_is_a_bot_s_or_about_something_else_is_not_cited() -> None:
    others = [
        replace(EPISODE, id="o/r#1/2", outcome="ignored"),
        replace(EPISODE, id="o/r#1/3", author_kind="bot"),
        replace(EPISODE, id="o/r#1/4", concern="naming"),
    ]
    assert cited(EPISODE, *others) == [EPISODE.id]


def test_at_most_three_and_long_words_are_cut() -> None:
    many = [
        replace(EPISODE, id=f"o/r#1/{n}", body=f"The api must not import storage. {'x ' * 300}{n}") for n in range(6)
    ]
    assert len(cited(*many)) == 3
    table = {episode.id: episode for episode in many}
    found = find_precedents(FINDING, [(many[0].id, 1.0)], table)
    assert len(found[0].excerpt) <= 200 and found[0].excerpt.endswith("…")


def test_the_concern_of_a_missing_partner_is_what_the_partner_is() -> None:
    missing = replace(FINDING, rule="architecture/cochange_partner_missing")
    assert concern_of(replace(missing, evidence=(Evidence("19 of 20", path="docs/events.md"),))) == "documentation"
    assert concern_of(replace(missing, evidence=(Evidence("19 of 20", path="src/b.py"),))) == "architecture"


def test_identifiers_meet_in_their_words_and_hostile_queries_are_words() -> None:
    index = SqliteIndex([("a", "loadUser from cache"), ("b", "nothing alike")])
    assert [key for key, _ in index.search("load_user", 5)] == ["a"]
    assert index.search('" OR text MATCH "*', 5) == ()
    assert index.search("", 5) == ()


def test_a_long_query_counts_by_its_first_words_not_by_the_alphabet() -> None:
    index = SqliteIndex([("a", "zebra crossing"), ("b", "nothing alike")])
    assert [key for key, _ in index.search("zebra " + " ".join(f"a{n}" for n in range(200)), 5)] == ["a"]
