"""What `trace` is asked for is read, matched without guessing, and counted."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.domain.history import Anchor, Episode
from reviewlore.domain.lineage import CitedPrecedent, PairCount
from reviewlore.domain.preference import PreferencePair, Remark
from reviewlore.errors import InputError, RefusedError
from reviewlore.stages.tracing import (
    TraceTarget,
    count_pairs,
    find_finding,
    find_precedent,
    find_remark,
    fingerprint_of,
    parse_target,
    tell_remark,
)

EPISODE = Episode(
    id="acme/shop#41/901",
    repository="acme/shop",
    pull_request=41,
    comment_id="901",
    author="person-1",
    author_kind="human",
    pull_request_author=None,
    anchor=Anchor("src/a.py", 3),
    hunk="@@ -1 +1 @@\n+x",
    body="Name it  after\nwhat it holds.",
    created_at="2026-01-01T00:00:00Z",
    url="https://github.example/acme/shop/pull/41#discussion_r901",
)


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("acme/shop#41/901", TraceTarget("remark", "901", "acme/shop", 41)),
        (" acme/shop#41/r-901.x ", TraceTarget("remark", "r-901.x", "acme/shop", 41)),
        ("https://github.com/acme/shop/pull/41#discussion_r901", TraceTarget("remark", "901", "acme/shop", 41)),
        ("https://git.corp/acme/shop/pull/41/files#r901", TraceTarget("remark", "901", "acme/shop", 41)),
        ("https://github.com/acme/shop/pull/41#issuecomment-7", TraceTarget("talk", "7", "acme/shop", 41)),
        ("https://github.com/acme/shop/pull/41/files?w=1#r901", TraceTarget("remark", "901", "acme/shop", 41)),
        ("shop#41/901", TraceTarget("remark", "901", "shop", 41)),
        ("901", TraceTarget("number", "901")),
        ("7F3A9C", TraceTarget("finding", "7f3a9c")),
    ],
)
def test_all_forms_of_a_name_are_read(text, target):
    assert parse_target(text) == target


@pytest.mark.parametrize(
    "text", ["", "7f3a", "acme/shop#41", "https://github.com/acme/shop/pull/41", "x" * 65, "https://x/#discussion_r1"]
)
def test_other_words_are_refused_with_the_forms(text):
    with pytest.raises(InputError, match=r"names no comment\. Write OWNER/NAME#PULL/COMMENT"):
        parse_target(text)


@given(st.text(max_size=80))
def test_any_text_is_a_target_or_an_error(text):
    try:
        target = parse_target(text)
    except InputError:
        return
    assert target.name


def test_a_remark_of_git_notes_is_found_by_the_hash_that_is_its_name():
    noted = replace(EPISODE, id=f"shop#41/{'c' * 40}", repository="shop", comment_id="c" * 40)
    assert find_remark(parse_target("C" * 40), [EPISODE, noted]) == noted
    assert find_remark(parse_target(noted.id), [EPISODE, noted]) == noted


def test_a_remark_is_found_by_place_or_number_in_any_case_of_its_repository():
    other = replace(EPISODE, id="acme/quay#2/902", repository="acme/quay", pull_request=2, comment_id="902")
    assert find_remark(parse_target("ACME/Shop#41/901"), [EPISODE, other]) == EPISODE
    assert find_remark(parse_target("902"), [EPISODE, other]) == other
    assert find_remark(parse_target("acme/shop#42/901"), [EPISODE]) is None
    assert find_remark(parse_target("https://github.com/acme/shop/pull/41#issuecomment-901"), [EPISODE]) is None
    with pytest.raises(RefusedError, match="Several remarks have the number 901"):
        find_remark(parse_target("901"), [EPISODE, replace(other, comment_id="901")])


def test_a_finding_is_found_by_its_beginning_and_not_guessed():
    known = ["7f3a9c21", "7f3a9cff", "123456aa"]
    assert find_finding(parse_target("7f3a9c21"), known) == "7f3a9c21"
    assert find_finding(parse_target("123456"), known) == "123456aa"
    assert find_finding(parse_target("abcdef"), known) is None
    assert find_finding(parse_target("12345"), known) is None, "too short for an id"
    with pytest.raises(RefusedError, match="Several findings begin with 7f3a9c: 7f3a9c21, 7f3a9cff"):
        find_finding(parse_target("7f3a9c"), known)


def test_a_precedent_is_found_by_address_or_where_there_is_only_one():
    twin = replace(EPISODE, id="acme/shop#41/902", comment_id="902", url=None)
    assert find_precedent(CitedPrecedent(1, "gone.py", EPISODE.url or ""), "acme/shop", [twin, EPISODE]) == EPISODE
    assert find_precedent(CitedPrecedent(41, "src/a.py"), "Acme/Shop", [EPISODE]) == EPISODE
    assert find_precedent(CitedPrecedent(41, "src/a.py"), "acme/shop", [twin, EPISODE]) is None
    assert find_precedent(CitedPrecedent(41, "src/b.py"), "acme/shop", [EPISODE]) is None


def test_pairs_are_counted_by_kind_side_and_split():
    words, nothing = Remark("a.py", "h", "words"), Remark("a.py", "h", "")

    def pair(kind, chosen, rejected, episodes, split="train"):
        return PreferencePair("", kind, chosen, rejected, 1.0, "acme/shop", "acme/shop#1", "", episodes, split)

    pairs = [
        pair("outcome", words, words, ("me", "you")),
        pair("outcome", words, words, ("you", "me")),
        pair("outcome", words, words, ("you", "me"), "test"),
        pair("outcome", words, words, ("you", "they")),
        pair("silence", nothing, words, ("me", "me")),
        pair("revision", words, words, ("me", "me"), "test"),
    ]
    assert count_pairs("me", pairs) == (
        PairCount("outcome", "chosen", 1, 0),
        PairCount("outcome", "rejected", 1, 1),
        PairCount("revision", "both", 0, 1),
        PairCount("silence", "rejected", 1, 0),
    )


def test_words_are_cut_to_an_excerpt_and_ids_hashed():
    told = tell_remark(EPISODE, ())
    assert (told.excerpt, told.replies) == ("Name it after what it holds.", 0)
    long = tell_remark(replace(EPISODE, body="word " * 200), ())
    assert len(long.excerpt) == 400
    assert long.excerpt.endswith("…")
    assert fingerprint_of("acme/shop#41/901") != fingerprint_of("acme/shop#41/902")
    assert len(fingerprint_of("x")) == 64
