"""Names of what can be forgotten, and what is left of a record."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.histories import HARBOR, MARIA, TOMAS, make_episode

from reviewlore.domain.forgetting import NamedComment, NamedPull, OlderThan, Person
from reviewlore.domain.history import Episode, OutcomeEvidence, Reply
from reviewlore.domain.mining import Suppressions
from reviewlore.errors import ConfigError, InputError
from reviewlore.stages.forget import allow, check_key, parse_comment, parse_pull, suppress, without
from reviewlore.stages.outcome import decide_outcome

PULL = NamedPull("acme/harbor", 12)
PERSON = Person("maria", MARIA, "optout-1", "check")


@pytest.mark.parametrize(
    "text",
    ["acme/harbor#12", " acme/harbor#12\n", "https://github.com/acme/harbor/pull/12",
     "https://ghe.example/acme/harbor/pull/12/files#diff-1", "https://github.com/acme/harbor/pull/12?w=1"],
)  # fmt: skip
def test_a_pull_request_is_named(text: str) -> None:
    assert parse_pull(text) == PULL


@pytest.mark.parametrize(
    "text",
    ["", "12", "#12", "acme#12", "acme/harbor", "acme/harbor#0", "acme/harbor#x", "a/b/c#1", "acme/harbor#12/3",
     "https://github.com/acme/harbor/issues/12", "https://github.com/acme/harbor/pull/12x",
     f"acme/harbor#{'9' * 5000}", f"https://github.com/acme/harbor/pull/{'9' * 5000}"],
)  # fmt: skip
def test_what_names_no_pull_request_says_what_to_write(text: str) -> None:
    with pytest.raises(InputError, match=r"names no pull request\. Write OWNER/NAME#NUMBER"):
        parse_pull(text)


@pytest.mark.parametrize(
    ("text", "comment", "name"),
    [
        ("34", NamedComment("34"), "34"),
        ("acme/harbor#12/34", NamedComment("34", PULL), "acme/harbor#12/34"),
        *(
            (url, NamedComment("34", PULL, url), "acme/harbor#12/34")
            for url in (
                "https://github.com/acme/harbor/pull/12#discussion_r34",
                "https://ghe.example/acme/harbor/pull/12#issuecomment-34",
                "https://github.com/acme/harbor/pull/12/files#r34",
                "https://github.com/acme/harbor/pull/12/changes?x=1#r34",
            )
        ),
        ("https://review.example/c/12/34", NamedComment("", None, "https://review.example/c/12/34"), None),
    ],
)
def test_a_comment_is_named(text: str, comment: NamedComment, name: str | None) -> None:
    assert parse_comment(text) == comment
    assert parse_comment(text).name == (name or text)


@pytest.mark.parametrize(
    "text", ["", "a comment", "#34", "acme/harbor", "34\n35", "https://github.com/acme/harbor/pull/12"]
)
def test_what_names_no_comment_says_what_to_write(text: str) -> None:
    with pytest.raises(InputError, match=r"names no comment\. Write its id, its address"):
        parse_comment(text)


@given(st.text())
def test_any_text_is_a_name_or_one_sentence(text: str) -> None:
    for parse in (parse_pull, parse_comment):
        try:
            assert parse(text).name
        except InputError as error:
            assert "Write" in str(error)


@pytest.mark.parametrize("target", [PERSON, PULL, NamedComment("99"), OlderThan("2020-01-01T00:00:00Z")])
def test_what_is_not_concerned_stays_the_same_object(target: object) -> None:
    episode = make_episode(1, 11, TOMAS, "Stays.", replies=(Reply(TOMAS, "So it does.", "", "12"),))
    assert without(episode, target, decide_outcome) is episode  # type: ignore[arg-type]


def test_a_reply_without_an_id_is_no_comment_without_one() -> None:
    """A source that tells no ids leaves them empty: that names nobody's reply."""
    episode = make_episode(1, 11, TOMAS, "Stays.", replies=(Reply(TOMAS, "So it does."),))
    assert without(episode, parse_comment("https://review.example/x"), decide_outcome) is episode


def test_other_evidence_of_who_replied_stays_when_a_reply_goes() -> None:
    vote = OutcomeEvidence("reaction_up", "addressed", 0.35, "", MARIA)
    said = OutcomeEvidence("reply_done", "addressed", 0.45, "Done", MARIA)
    episode = make_episode(
        1, 11, TOMAS, "Stays.", replies=(Reply(MARIA, "Done", "", "12"),), evidence=(vote, said), confidence="medium"
    )
    left = without(episode, NamedComment("12", NamedPull(HARBOR, 1)), decide_outcome)
    assert left == replace(episode, replies=(), evidence=(vote,), outcome="addressed", confidence="low")


def test_the_age_of_what_has_no_date_cannot_be_told() -> None:
    undated = replace(make_episode(1, 11, TOMAS, "Stays."), created_at="")
    assert without(undated, OlderThan("2099-01-01T00:00:00Z"), decide_outcome) is undated


def test_the_list_is_sorted_and_holds_each_once() -> None:
    known = suppress(Suppressions(), PULL)
    known = suppress(suppress(known, NamedPull("acme/harbor", 2)), PULL)
    assert known.pull_requests == ("acme/harbor#12", "acme/harbor#2")
    assert suppress(known, OlderThan("2026")) == known
    assert allow(known, NamedPull("Acme/Harbor", 12)).pull_requests == ("acme/harbor#2",)
    assert allow(known, OlderThan("2026")) == known


def test_a_list_without_people_takes_any_key() -> None:
    check_key(Suppressions(key_check="other"), "check")
    listed = suppress(Suppressions(), PERSON)
    check_key(listed, "check")
    with pytest.raises(ConfigError, match="Set REVIEWLORE_PSEUDONYM_KEY to that key"):
        check_key(listed, "other")


@given(st.lists(st.sampled_from([MARIA, TOMAS, "person-0"]), max_size=5), st.sampled_from([MARIA, TOMAS]))
def test_nothing_of_a_person_is_left_whatever_they_did(people: list[str], owner: str) -> None:
    episode: Episode = make_episode(
        1, 11, "person-0", "A remark.", pull_request_author=owner,
        replies=tuple(Reply(name, f"by {name}", "", str(n)) for n, name in enumerate(people)),
        evidence=tuple(OutcomeEvidence(f"kind{n}", "addressed", 0.5, name, name) for n, name in enumerate(people)),
    )  # fmt: skip
    left = without(episode, PERSON, decide_outcome)
    assert left is not None and MARIA not in str(left)
    assert str(left).count(TOMAS) == str(episode).count(TOMAS)
