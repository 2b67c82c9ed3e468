"""Curation drops nothing without a reason, and marks bots that pass as people."""

from dataclasses import replace
from typing import Any

import pytest

from reviewlore.domain.history import RawRemark, Reply
from reviewlore.stages.curate import CurationPolicy, curate, matches

RAW = RawRemark(
    repository="o/r", pull_request=1, comment_id="1", path="src/a.py", hunk="@@ -1 +1 @@\n+a",
    body="Please rename this.",
    author="mira", author_is_bot=False, pull_request_author="wen", created_at="2026-01-01T00:00:00Z",
)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"body": "   "}, "empty_body"),
        ({"hunk": ""}, "no_hunk"),
        ({"body": "LGTM!"}, "praise"),
        ({"body": "Thanks so much"}, "praise"),
        ({"intent": "praise"}, "praise"),
        ({"body": "x = y?"}, "too_short"),
        ({"path": "web/package-lock.json"}, "generated_path"),
        ({"path": "vendor/lib/x.go"}, "vendored_path"),
        ({"path": "legacy/x.py"}, "path_excluded"),
        ({"body": "ditto"}, "chatter"),
        ({"body": "cc @mira @wen"}, "chatter"),
        ({"body": "See above."}, "chatter"),
        ({"body": "/lore dismiss wrong"}, "command"),
        ({"hidden": "off-topic"}, "hidden_by_maintainers"),
        ({"hidden": "SPAM"}, "hidden_by_maintainers"),
        ({"license": "GPL-3.0"}, "license_excluded"),
        ({"license": None}, "license_excluded"),
        ({"body": "Nit: a blank line is missing."}, "nit"),
        ({"intent": "nit"}, "nit"),
        ({"author": "wen"}, "own_pull_request"),
        ({"author": "left"}, "author_opted_out"),
    ],
)
def test_every_drop_has_its_reason(change: dict[str, Any], reason: str) -> None:
    policy = CurationPolicy(
        excluded_paths=("legacy/*",), opted_out=frozenset({"left"}), licenses=("MIT", "Apache-*"), nits=False
    )
    fine = replace(RAW, license="MIT")
    result = curate([fine, replace(fine, comment_id="2", **change)], policy)
    assert result.kept == (fine,)
    assert result.dropped == {reason: 1}


@pytest.mark.parametrize("body", ["Nit: a blank line is gone.", "Please see above: the name says it.", "Done right?"])
def test_what_says_something_of_the_code_is_kept(body: str) -> None:
    assert curate([replace(RAW, body=body, hidden="outdated")], CurationPolicy()).dropped == {}


def test_logins_are_compared_as_github_does() -> None:
    policy = CurationPolicy(opted_out=frozenset({"@Left"}), bot_logins=frozenset({"Robo"}))
    assert curate([replace(RAW, author="lefT")], policy).dropped == {"author_opted_out": 1}
    assert curate([replace(RAW, author="rObo")], policy).marked == {"bot_by_login": 1}
    assert curate([replace(RAW, author=None)], policy).dropped == {}


def test_replies_of_people_who_opted_out_are_not_kept() -> None:
    replies = (Reply("LEFT", "Done."), Reply("wen", "Thanks."))
    (kept,) = curate([replace(RAW, replies=replies)], CurationPolicy(opted_out=frozenset({"left"}))).kept
    assert kept.replies == replies[1:]


def test_a_row_read_twice_counts_once() -> None:
    result = curate([RAW, RAW, replace(RAW, repository="o/other")], CurationPolicy())
    assert len(result.kept) == 2
    assert result.dropped == {"duplicate_row": 1}


def test_a_bot_is_known_by_its_login() -> None:
    result = curate([replace(RAW, author="lint[bot]"), replace(RAW, comment_id="2", author="ci-user")],
                    CurationPolicy(bot_logins=frozenset({"ci-user"})))  # fmt: skip
    assert result.marked == {"bot_by_login": 2}


def test_globs_cross_folders() -> None:
    assert matches("a/b/c.min.js", ("*.min.js",))
    assert not matches("a/b/c.js", ("*.min.js",))


def test_a_number_that_starts_anew_with_each_pull_request_names_no_duplicate() -> None:
    again, other = replace(RAW, body="Please rename that."), replace(RAW, pull_request=2)
    assert curate([RAW, again, other], CurationPolicy()).dropped == {"duplicate_row": 1}
