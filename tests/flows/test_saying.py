"""What we said is found again with its rule and words, whoever copied our marker aside."""

from dataclasses import replace

from tests.fakes.runner import FakeStore

from reviewlore.config import ReviewSettings
from reviewlore.domain.events import FeedbackSignal
from reviewlore.domain.finding import Finding, Review
from reviewlore.domain.forge import Posted, ThreadComment
from reviewlore.domain.history import Anchor, Episode, Origin
from reviewlore.domain.saying import Said
from reviewlore.flows import state
from reviewlore.flows.choosing import telling_words
from reviewlore.flows.saying import dismissed_in, said_on
from reviewlore.formats.records import encode_lines
from reviewlore.stages.mine import join_dump
from reviewlore.stages.publish.render import render_comment
from reviewlore.stages.review.select import Past, select

OURS = Finding(
    "abcdef1234567890", "generated/testing", "generated", Anchor("a.py", 1), "@@", "The empty basket is not tested",
    "total returns zero for it.", "Add a case.", "warning", 0.9, specialist="testing",
)  # fmt: skip
BODY = render_comment(OURS, Review("octo/demo", "a" * 40, "b" * 40, "prompt", "v1", ()), "https://github.com/octo/demo")
AGAIN = replace(OURS, id="1234567890abcdef", title="An empty basket is untested", why="For it total returns zero.")


def comment(body: str, reply: int | None = None) -> ThreadComment:
    values: dict[str, object] = dict.fromkeys(ThreadComment.__dataclass_fields__)
    values |= {"id": 1, "in_reply_to": reply, "path": "a.py", "body": body}
    return ThreadComment(**values)  # type: ignore[arg-type]


def reasons(subject: Finding, past: Past) -> list[str]:
    return [item.reason for item in select([subject], ReviewSettings(), past=past)[1]]


def test_our_remarks_on_a_pull_request_are_found_with_rule_and_words() -> None:
    found = said_on(Posted(comments=(comment(BODY), comment(BODY, reply=1), comment("Nice."))))
    assert [(item.id, item.path, item.rule) for item in found] == [(OURS.id, "a.py", "generated/testing")]
    assert "total returns zero" in found[0].text and "dismiss" not in found[0].text
    assert reasons(AGAIN, Past(said=found, words=telling_words)) == ["already_said"]
    assert reasons(OURS, Past(said=found, words=telling_words)) == []


def mined(body: str) -> tuple[str, Origin | None]:
    """What mining keeps of one of our comments: its words, and apart from them what the small print says."""
    ours = replace(comment(body), author="bot", author_is_bot=True, pull_request=1, updated_at="2026-01-01T00:00:00Z")
    (raw,), _ = join_dump("octo/demo", [ours], {})
    return raw.body, raw.said


def store(reason: str, body: str = BODY) -> FakeStore:
    signal = FeedbackSignal(
        "octo/demo#1/2",
        "dismissed",
        "octo/demo",
        1,
        OURS.id,
        reason,
        "",
        "person-a",
        "write",
        "2026-01-01T00:00:00Z",  # type: ignore[arg-type]
    )
    words, said = mined(body)
    episode = Episode(
        "octo/demo#1/2", "octo/demo", 1, "2", "bot-a", "bot", None, Anchor("a.py", 1), "@@", words,
        "2026-01-01T00:00:00Z", finding=OURS.id, said=said,
    )  # fmt: skip
    return FakeStore(
        {"feedback/2026-01.jsonl": encode_lines([signal]), "episodes/2026-01.jsonl": encode_lines([episode])}
    )


def dismissed(store: FakeStore, repository: str) -> tuple[Said, ...]:
    return dismissed_in(store, repository, state.read_dismissals(store, repository))


def test_what_was_dismissed_for_good_is_known_by_rule_and_words() -> None:
    found = dismissed(store("wrong"), "octo/demo")
    assert [(item.id, item.path, item.rule) for item in found] == [(OURS.id, "a.py", "generated/testing")]
    assert reasons(AGAIN, Past(dismissed=found, words=telling_words)) == ["dismissed_before"]


def test_a_passing_reason_another_repository_and_an_unknown_rule_say_nothing() -> None:
    assert dismissed(store("already-known"), "octo/demo") == ()
    assert dismissed(store("wrong"), "octo/other") == ()
    assert dismissed(store("wrong", "No small print."), "octo/demo") == ()
    assert dismissed(FakeStore(), "octo/demo") == ()
