"""Who and what counts: outsiders, bots by behaviour, near-duplicates, contradictions, snapshots, evaluation sets."""

from dataclasses import replace

import pytest
from tests.stages.dataset.remarks import HISTORY, WORDS, episode, evidence

from reviewlore.domain.history import Anchor
from reviewlore.domain.people import DELETED
from reviewlore.domain.preference import PairSettings
from reviewlore.stages.dataset import build_dataset, build_refit_pairs, dataset_id
from reviewlore.stages.redact import pseudonym

LONG = "this function does the parsing and the printing of the whole table, please split it in two parts"


def drive_by(account: int, number: int, role: str = "read", **changes: object):
    place = HISTORY[number % len(HISTORY)]
    said = {
        "comment_id": f"x{account}-{number}",
        "id": f"{place.repository}#{place.pull_request}/x{account}-{number}",
        "author": f"outsider-{account}",
        "author_role": role,
        "body": f"{place.body} {WORDS[account % 14]} nonsense {account}",
        "outcome": "ignored",
        "evidence": evidence("file_identical", "ignored"),
    }
    return replace(place, **{**said, **changes})


def test_fifty_drive_by_accounts_do_not_move_the_dataset():
    attack = [drive_by(account, number) for account in range(50) for number in range(account, 120, 9)]
    copies = [drive_by(a, n, "none", body=HISTORY[n].body) for a in range(50) for n in range(0, 120, 40)]
    templates = [drive_by(99, n, body=f"I must insist that {WORDS[n % 14]} is wrong {n}") for n in range(60)]
    clean = build_dataset(HISTORY, seed=1)
    attacked = build_dataset([*attack, *copies, *HISTORY, *templates], seed=1)

    assert dataset_id(attacked.pairs) == dataset_id(clean.pairs)
    assert attacked.dropped["outsider_not_addressed"] == len(attack) + len(copies) + len(templates)
    assert attacked.marked == {}


def test_an_outsider_whose_remarks_were_taken_up_has_standing():
    earned = [
        drive_by(1, n, outcome="addressed", evidence=evidence("lines_changed"), body=f"{LONG} {WORDS[n]}")
        for n in range(3)
    ]
    refused = drive_by(1, 7)

    for count, expected in ((2, 1), (3, 0)):
        result = build_dataset([*HISTORY, *earned[:count], refused], seed=1)
        assert result.dropped.get("outsider_not_addressed", 0) == expected


@pytest.mark.parametrize(
    ("kind", "by"), [("imported", ""), ("resolved", "user-9"), ("reaction_up", "user-9"), ("lines_changed", "user-9")]
)
def test_words_and_votes_do_not_give_standing(kind: str, by: str):
    friends = [drive_by(1, n, outcome="addressed", evidence=evidence(kind, by=by)) for n in range(8)]

    assert build_dataset([*HISTORY, *friends, drive_by(1, 9)], seed=1).dropped["outsider_not_addressed"] == 1


def test_what_changes_by_itself_does_not_give_standing():
    weak = tuple(replace(item, weight=0.5) for item in evidence("nearby_changed"))
    lucky = [drive_by(1, n, outcome="addressed", evidence=weak) for n in range(8)]

    assert build_dataset([*HISTORY, *lucky, drive_by(1, 9)], seed=1).dropped["outsider_not_addressed"] == 1


def test_deleted_accounts_are_many_people():
    """They share one pseudonym: what some of them did neither lends the others standing nor makes them bots."""
    gone = {"author": DELETED, "role": "none"}
    earned = [drive_by(1, n, outcome="addressed", evidence=evidence("lines_changed"), **gone) for n in range(8)]
    templates = [drive_by(2, n, body=f"I must insist that {WORDS[n % 14]} is wrong {n}", **gone) for n in range(60)]
    result = build_dataset([*HISTORY, *earned, *templates], seed=1)

    assert result.dropped["outsider_not_addressed"] == len(templates)
    assert result.marked == {}
    assert pseudonym(None, b"k" * 64) == DELETED


@pytest.mark.parametrize("role", [None, "write", "maintain", "admin"])
def test_people_who_may_write_and_people_of_unknown_role_count_as_before(role):
    result = build_dataset([*HISTORY, drive_by(1, 7, role)], seed=1)

    assert "outsider_not_addressed" not in result.dropped
    assert any(pair.episodes[1].endswith("/x1-7") for pair in result.pairs)


def test_bots_that_pass_as_people_are_found_over_all_episodes():
    rude = [
        episode(200 + n, author="user-7", body=f"Potential issue found in {WORDS[n % 14]} {WORDS[n % 11]} of {n}")
        for n in range(25)
    ]
    result = build_dataset([*HISTORY, *rude], seed=1)
    few = build_dataset([*HISTORY, *rude[:19]], seed=1)

    assert (result.marked, result.dropped["bot"]) == ({"bot_by_behaviour": 25}, 25)
    assert (few.marked, "bot" in few.dropped) == ({}, False)


def test_near_equal_remarks_on_near_equal_hunks_of_one_file_are_one():
    lines = "\n".join(f"+row = table[{n}] + offset * {n}" for n in range(12))
    here = Anchor("src/table.py", 3)
    first = episode(200, body=LONG, hunk=f"@@ -1 +1 @@\n{lines}", anchor=here)
    again = episode(201, body=LONG.replace("please", "can you"), hunk=f"@@ -9 +9 @@\n{lines}\n+end", anchor=here)
    elsewhere = episode(202, body=LONG + " 2", hunk="@@ -1 +1 @@\n+def other_code_entirely():", anchor=here)
    other_file = episode(203, body=LONG, hunk=f"@@ -1 +1 @@\n{lines}", anchor=Anchor("src/other.py", 3))
    said = [elsewhere, other_file, again, first]
    result = build_dataset([*said, *HISTORY], seed=1, settings=PairSettings(test_share=0.0))
    used = {name for pair in result.pairs for name in pair.episodes}

    assert result.dropped["duplicate"] == 1
    assert {first.id, elsewhere.id, other_file.id} <= used
    assert again.id not in used


def test_what_was_said_in_training_is_not_asked_in_the_test():
    late = episode(350, body=LONG.replace("please", "can you"))
    said = build_dataset([*HISTORY, episode(1, body=LONG, comment_id="1000", id="a/b#0/1000"), late], seed=1)
    new = build_dataset([*HISTORY, late], seed=1)

    assert said.dropped["duplicate_across_splits"] == 1
    assert not any(late.id in pair.episodes for pair in said.pairs)
    assert any(late.id in pair.episodes for pair in new.pairs)


def test_contradictions_are_listed_and_weigh_less():
    pair = (
        episode(200, body=LONG, outcome="addressed"),
        episode(201, body=LONG.replace("please", "can you"), outcome="declined"),
    )
    result = build_dataset([*HISTORY, *pair], seed=1, settings=PairSettings(test_share=0.0, outcome=200))
    weights = {p.weight for p in result.pairs if p.kind == "outcome" and pair[1].id in p.episodes}

    assert result.contradicted == ((pair[0].id, pair[1].id),)
    assert result.contradictions == 2
    assert weights == {0.5}


def test_a_duplicate_that_fared_otherwise_still_contradicts_the_one_that_is_kept():
    one = episode(200, body=LONG, outcome="addressed")
    twin = replace(one, id="a/b#66/999", comment_id="999", outcome="ignored", created_at="2024-01-09T00:00:00Z")
    result = build_dataset([*HISTORY, one, twin], seed=1, settings=PairSettings(test_share=0.0))

    assert (result.dropped["duplicate"], result.contradicted) == (1, ((one.id, twin.id),))


def test_nothing_is_read_that_is_dated_after_the_snapshot():
    at = HISTORY[80].created_at
    late = [e for e in HISTORY if e.created_at > at]
    result = build_dataset(HISTORY, seed=1, snapshot=at)

    assert result.dropped["dated_after_snapshot"] == len(late) > 0
    assert result.snapshot == at
    assert result.pairs == build_dataset([e for e in HISTORY if e not in late], seed=1).pairs


def test_evaluation_repositories_are_asked_about_and_never_trained_on():
    others = [
        replace(e, repository="Eval/Set", id=f"Eval/Set#{e.pull_request}/{e.comment_id}", body=f"{e.body} {LONG[:40]}")
        for e in HISTORY
    ]
    reserved = PairSettings(evaluation_repositories=frozenset({"eval/set"}))
    result = build_dataset([*HISTORY, *others], seed=1, settings=reserved)
    refit = build_refit_pairs([*HISTORY, *others], seed=1, settings=reserved)

    assert {p.split for p in result.pairs if p.repository == "Eval/Set"} == {"test"}
    assert {p.repository for p in refit} == {"a/b"}
    assert refit == build_refit_pairs(HISTORY, seed=1)
