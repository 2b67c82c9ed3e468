"""Whose word counts on the way from raw remarks to episodes: dismissals, strangers, people who opted out."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.repositories import make_repository

from reviewlore.adapters.console import QuietConsole
from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.machine import SystemClock
from reviewlore.adapters.store import GitStore
from reviewlore.config import LearnSettings
from reviewlore.domain.commands import DismissReason
from reviewlore.domain.events import FeedbackSignal
from reviewlore.domain.history import Episode, RawRemark, Reply
from reviewlore.domain.mining import Suppressions
from reviewlore.domain.people import Role
from reviewlore.errors import ConfigError, StorageError
from reviewlore.flows import state
from reviewlore.flows.labelling import LearnContext, Memory, Tally, label_remarks, recall
from reviewlore.stages.redact import pseudonym, suppression_token

KEY = b"k" * 32
OURS = RawRemark(
    repository="o/r", pull_request=1, comment_id="1", path="a.py", hunk="@@ -1 +1 @@\n+a = 1",
    body="A new cycle: a imports b.", author="lore[bot]", author_is_bot=True, pull_request_author="wen",
    created_at="2026-01-01T00:00:00Z", finding="abc123", source="github",
)  # fmt: skip
THEIRS = replace(OURS, author="mira", author_is_bot=False, finding=None, body="Please rename this value.")


@pytest.fixture
def context(tmp_path: Path) -> LearnContext:
    repo = GitRepo(make_repository(tmp_path / "state"))
    return LearnContext(GitStore(repo), repo, KEY, LearnSettings(), SystemClock(), QuietConsole())


def dismissal(
    text: str = "", reason: DismissReason = "wrong", role: Role = "write", by: str = "mira"
) -> FeedbackSignal:
    return FeedbackSignal(
        "o/r#1/9", "dismissed", "o/r", 1, "abc123", reason, text, pseudonym("mira", KEY), role, "2026-01-02T00:00:00Z"
    )


def label(
    context: LearnContext, raw: RawRemark, *signals: FeedbackSignal, writers: frozenset[str] | None = None
) -> tuple[Episode, Tally]:
    tally = Tally()
    memory = Memory(Suppressions(), {"abc123": signals})
    (episode,) = label_remarks(context, [raw], memory, tally, writers)
    return episode, tally


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("", "wrong"),
        ("It is a test double, nothing imports it.", "wrong"),
        ("instead: Say which import closes the cycle.", "Say which import closes the cycle."),
    ],
)
def test_a_dismissal_is_evidence_and_only_a_rewording_is_kept_to_learn_from(
    context: LearnContext, text: str, kept: str
) -> None:
    episode, _ = label(context, OURS, dismissal(text))
    assert (episode.outcome, episode.evidence[0].kind, episode.evidence[0].detail) == ("declined", "dismissed", kept)
    assert episode.evidence[0].by == pseudonym("mira", KEY)


@pytest.mark.parametrize(
    ("signal", "writers", "counts"),
    [
        (dismissal(role="write"), None, True),
        (dismissal(role="triage"), None, False),
        (dismissal(role="triage"), frozenset({pseudonym("mira", KEY)}), True),
        (dismissal(role="admin"), frozenset({pseudonym("noor", KEY)}), False),
        (replace(dismissal(), repository="o/other"), None, False),
    ],
)
def test_a_dismissal_counts_from_who_may_write_at_mining_time(
    context: LearnContext, signal: FeedbackSignal, writers: frozenset[str] | None, counts: bool
) -> None:
    episode, _ = label(context, OURS, signal, writers=writers)
    assert (episode.outcome == "declined") is counts


@pytest.mark.parametrize(("writers", "outcome"), [(None, "addressed"), (frozenset[str](), "unknown")])
def test_an_acceptance_by_who_may_write_is_evidence_for_the_remark(
    context: LearnContext, writers: frozenset[str] | None, outcome: str
) -> None:
    accepted = replace(dismissal("Good catch."), kind="accepted", reason="")
    episode, _ = label(context, OURS, accepted, writers=writers)
    kinds = [(item.kind, item.outcome, item.weight, item.detail) for item in episode.evidence if item.by]
    assert kinds == ([("accepted", "addressed", 0.8, "Good catch.")] if writers is None else [])
    assert episode.outcome == outcome


def test_a_third_party_s_claim_is_kept_and_not_believed(context: LearnContext) -> None:
    claims = replace(THEIRS, replies=(Reply("passer-by", "Done, fixed."), Reply("wen", "I'd rather keep it.")))
    episode, _ = label(context, claims)
    assert [reply.body for reply in episode.replies] == ["Done, fixed.", "I'd rather keep it."]
    assert {item.by for item in episode.evidence} <= {pseudonym("wen", KEY)}
    assert episode.outcome != "addressed"


def test_an_account_named_like_a_word_changes_nobody_s_words(context: LearnContext) -> None:
    episode, _ = label(context, replace(THEIRS, replies=(Reply("value", "Hm, why?"),)))
    assert episode.body == "Please rename this value."


def test_what_was_forgotten_or_opted_out_of_is_left_out_and_counted(context: LearnContext) -> None:
    listed = Suppressions((suppression_token("mira", KEY),), ("O/R#7",), ("o/r#1/3",))
    others = [
        THEIRS,
        replace(THEIRS, author="noor", pull_request=7, comment_id="2"),
        replace(THEIRS, author="noor", comment_id="3"),
        replace(THEIRS, author="noor", comment_id="4", replies=(Reply("mira", "Done."), Reply("wen", "Ok, thanks."))),
        replace(THEIRS, author="noor", comment_id="5", pull_request_author="mira"),
    ]
    tally = Tally()
    kept = label_remarks(context, others, Memory(listed, {}), tally)
    assert tally.dropped == {"author_opted_out": 1, "pull_request_forgotten": 1, "comment_forgotten": 1}
    assert [len(episode.replies) for episode in kept] == [1, 0]
    assert kept[1].pull_request_author is None


def test_the_list_is_read_with_its_key_and_watched(context: LearnContext) -> None:
    listed = Suppressions((suppression_token("mira", KEY),), key_check=suppression_token("", KEY))
    before = recall(context.store, KEY)
    context.store.update(lambda _: state.suppression_file(listed), lambda: "Forget", "2026-01-01T00:00:00Z")
    assert recall(context.store, KEY).suppressions == listed
    with pytest.raises(ConfigError, match="is not the one with which people were forgotten"):
        recall(context.store, b"x" * 32)
    with pytest.raises(StorageError, match="was forgotten or allowed again while this ran"):
        before.check(context.store)
