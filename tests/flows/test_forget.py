"""Forgetting on real branches: nothing of the target can be reached afterwards, and nothing else is missing."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from tests.fakes import histories
from tests.fakes.histories import (
    HARBOR,
    KEY,
    LOGINS,
    MARIA,
    PIER,
    TOMAS,
    WANDA,
    XAVER,
    make_episode,
    make_past,
    make_signal,
    make_store,
    save,
    train,
)
from tests.repositories import git

from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.store import REF, GitStore
from reviewlore.domain.forgetting import NamedPull, OlderThan, Target
from reviewlore.domain.history import OutcomeEvidence, Reply
from reviewlore.domain.spending import Spent
from reviewlore.errors import ConfigError, RefusedError, StateError
from reviewlore.flows import state
from reviewlore.flows.forget import Act, allow_again, forget, name_person
from reviewlore.flows.judge import load_dataset
from reviewlore.flows.spending import read_spent, spent_files
from reviewlore.formats import records
from reviewlore.formats.forgetting import render_forgetting
from reviewlore.ports import Store
from reviewlore.stages.forget import FORGOTTEN, parse_comment, parse_pull
from reviewlore.stages.redact import suppression_token
from reviewlore.stages.registry import find_tainted
from reviewlore.stages.tracing import fingerprint_of

ACT = Act("command line", "2026-03-01T00:00:00Z")
WORDS = {"ONEAPPLE", "ONEBANANA", "ONECHERRY", "ONEDATE", "ONEELDER", "ONEFIG", "ONEGRAPE"}


PAST: list[histories.Past] = []


@pytest.fixture(scope="module", autouse=True)
def past(tmp_path_factory: pytest.TempPathFactory) -> None:
    PAST[:] = [histories.make_filled(tmp_path_factory.mktemp("past"))]


@pytest.fixture
def store(tmp_path: Path) -> GitStore:
    return make_store(tmp_path / "repo")


def fill(store: GitStore) -> list[str]:
    return PAST[0].copy_to(store)


def walk(store: GitStore) -> str:
    """Every object that can be reached from the branch, as git has it: commits, trees, contents."""
    names = git(store._git_dir, "rev-list", "--objects", "--no-object-names", REF)
    batch = ["git", "-C", str(store._git_dir), "cat-file", "--batch"]
    return subprocess.run(
        batch, input=names, text=True, errors="surrogateescape", capture_output=True, check=True
    ).stdout


def audit_is_sound_in_every_commit(store: GitStore) -> None:
    for commit in git(store._git_dir, "rev-list", REF).split():
        branch = f"refs/heads/check-{commit[:12]}"
        git(store._git_dir, "update-ref", branch, commit)
        state.read_audit(GitStore(GitRepo(store._git_dir), branch))
        git(store._git_dir, "update-ref", "-d", branch)


def test_a_person_is_gone_from_every_object_of_the_branch(store: GitStore) -> None:
    """The walk: pseudonym, login, address and every word of hers; before, all of it is there."""
    fill(store)
    git(store._git_dir, "config", "user.name", "maria")
    by_hand = git(
        store._git_dir, "-c", "user.email=7+maria@users.noreply.example", "commit-tree", "-p", REF,
        f"{REF}^{{tree}}", "-m", "Mend by hand\n\nSigned-off-by: Maria <maria@harbor.example>",
    )  # fmt: skip
    raw = git(store._git_dir, "cat-file", "commit", by_hand).replace(
        "someone <someone@example.org>", "maria <7+maria@users.noreply.example>"
    )
    made = git(store._git_dir, "hash-object", "-t", "commit", "-w", "--stdin", stdin=raw.encode())
    git(store._git_dir, "update-ref", REF, made)
    before = walk(store)
    assert all(word in before for word in (*WORDS, MARIA, "maria@harbor", "7+maria@"))
    commits = git(store._git_dir, "rev-list", "--count", REF)

    report = forget(store, name_person("@Maria", KEY), ACT)

    after = walk(store)
    assert not [word for word in (*WORDS, MARIA, "maria", "Maria") if word in after]
    assert git(store._git_dir, "rev-list", "--count", REF) == str(int(commits) + 1)
    assert git(store._git_dir, "log", "-1", "--format=%an|%s|%b", f"{REF}^").startswith("reviewlore|Mend by hand")
    assert report.found == {
        "authorships": 1, "evidence": 3, "names": 2, "remarks": 2, "replies": 2, "signals": 1,
    }  # fmt: skip
    git(store._git_dir, "fsck", "--strict", "--no-dangling")
    audit_is_sound_in_every_commit(store)


def test_others_keep_every_word_and_their_outcomes_are_decided_again(store: GitStore) -> None:
    fill(store)
    forget(store, name_person("maria", KEY), ACT)
    before = {episode.id: episode for episode in make_past()[2]}
    after = {episode.id: episode for episode in state.read_episodes(store)}
    assert before.keys() - after.keys() == {f"{HARBOR}#1/11", f"{HARBOR}#4/41"}
    assert {name for name in after if after[name] == before[name]} == {f"{HARBOR}#3/32", f"{PIER}#1/11"}
    answered = after[f"{HARBOR}#1/12"]
    assert [reply.author for reply in answered.replies] == [XAVER]
    assert (answered.outcome, len(answered.evidence)) == ("addressed", 2)
    declined = after[f"{HARBOR}#2/21"]
    assert (declined.pull_request_author, declined.replies, declined.evidence) == (None, (), ())
    assert (declined.outcome, declined.confidence) == ("unknown", "low")
    voted = after[f"{HARBOR}#3/31"]
    assert [item.kind for item in voted.evidence] == ["nearby_changed"]
    assert (before[voted.id].confidence, voted.confidence) == ("high", "medium")
    assert after[f"{HARBOR}#5/51"].evidence == ()
    assert [signal.author for signal in state.read_feedback(store)] == [TOMAS]
    assert state.read_approvals(store).requests[0].decided_by == FORGOTTEN


def test_it_is_listed_marked_and_logged_without_a_name(store: GitStore) -> None:
    datasets = fill(store)
    report = forget(store, name_person("maria", KEY), ACT)
    listed = state.read_suppressions(store)
    assert listed.people == (suppression_token("maria", KEY),)
    marked = {manifest.id: manifest.forgotten_at for manifest in state.read_datasets(store)}
    assert marked == dict.fromkeys(datasets, ACT.now)
    assert report.datasets == tuple(datasets)
    assert report.versions == ("embedded-old", "embedded-new")
    assert report.active == "embedded-new"
    tainted = find_tainted(state.read_registry(store))
    assert tainted is not None and tainted.forgotten_at == ACT.now
    entry = state.read_audit(store)[-1]
    assert (entry.action, entry.subject, entry.actor) == ("forget", "author", "command line")
    assert entry.detail.startswith('{"authorships": 1, "datasets": ["')
    assert MARIA not in entry.detail and "maria" not in entry.detail
    assert [e.actor for e in state.read_audit(store) if e.action == "train"] == [FORGOTTEN, FORGOTTEN]


def test_a_second_time_nothing_is_found_and_nothing_is_written(store: GitStore) -> None:
    fill(store)
    forget(store, name_person("maria", KEY), ACT)
    head = store.head()
    again = forget(store, name_person("MARIA", KEY), ACT)
    assert (again.found, again.listed_before, again.rewritten.head, store.head()) == ({}, True, None, head)


def test_somebody_unknown_is_listed_all_the_same(store: GitStore) -> None:
    fill(store)
    head = store.head()
    report = forget(store, name_person("zoe", KEY), ACT)
    assert (report.found, report.rewritten.commits, report.listed_before) == ({}, 0, False)
    assert git(store._git_dir, "rev-parse", f"{REF}^") == head
    assert state.read_suppressions(store).people == (suppression_token("zoe", KEY),)
    assert render_forgetting(report) == (
        "Nothing of this person is stored. (Or it was mined with another pseudonym key: then use that one.)\n"
        "It is listed, so that mining does not bring it back; the same command with --undo takes it off.\n"
    )


def test_on_an_empty_branch_an_opt_out_is_the_first_commit(store: GitStore) -> None:
    forget(store, name_person("maria", KEY), ACT)
    assert store.paths() == ("audit.jsonl", "suppressions.json")


def test_what_was_forgotten_can_be_allowed_again(store: GitStore) -> None:
    fill(store)
    for target in (name_person("maria", KEY), parse_pull(f"{HARBOR}#3"), parse_comment("12")):
        forget(store, target, ACT)
    assert state.read_suppressions(store).comments == (f"{HARBOR}#1/12",)
    assert allow_again(store, name_person("Maria", KEY), replace(ACT, dry_run=True))
    assert state.read_suppressions(store).people
    for target in (name_person("Maria", KEY), parse_pull("ACME/harbor#3"), parse_comment("12")):
        assert allow_again(store, target, ACT)
        assert not allow_again(store, target, ACT)
    left = state.read_suppressions(store)
    assert (left.people, left.pull_requests, left.comments) == ((), (), ())
    assert [entry.action for entry in state.read_audit(store)][-3:] == ["allow"] * 3


def test_another_key_is_refused_before_anything_changes(store: GitStore) -> None:
    fill(store)
    forget(store, name_person("maria", KEY), ACT)
    head = store.head()
    for act in (forget, allow_again):
        with pytest.raises(ConfigError, match="is not the one with which people were forgotten"):
            act(store, name_person("tomas", b"another key"), ACT)
    assert store.head() == head


def test_a_pull_request_goes_and_its_namesake_stays(store: GitStore) -> None:
    fill(store)
    report = forget(store, parse_pull("Acme/Harbor#1"), ACT)
    assert report.found == {"remarks": 2}
    assert {episode.id for episode in state.read_episodes(store)} >= {f"{PIER}#1/11", f"{HARBOR}#2/21"}
    assert not [word for word in ("ONEAPPLE", "ONEBANANA", f"{HARBOR}#1/") if word in walk(store)]
    assert state.read_suppressions(store).pull_requests == (f"{HARBOR}#1",)


def test_what_a_model_took_stays_in_the_account_on_no_pull_request(store: GitStore) -> None:
    own, other = (Spent("2026-02-20T00:00:00Z", HARBOR, n, "small", 2, 90, 10, 0.25, 3.0, 1.5) for n in (1, 11))
    old = replace(other, at="2026-01-20T00:00:00Z")
    for rows in ([old], [own, other]):  # two commits: both are made again
        store.update(lambda tip, rows=rows: spent_files(tip, rows), lambda: "Record", "2026-02-20T00:00:00Z")
    report = forget(store, parse_pull(f"{HARBOR.upper()}#1"), ACT)
    assert report.found == {"spending": 1}
    assert read_spent(store, "2026-02") == (replace(own, pull_request=0), other)
    assert '"pull_request":1,' not in walk(store)
    assert render_forgetting(report).startswith("Forgotten: 1 line of the model's account. ")
    forget(store, OlderThan("2026-02-01T00:00:00Z"), ACT)
    assert store.paths("usage/") == ("usage/2026-02.jsonl",)
    before = store.read("usage/2026-02.jsonl")
    forget(store, name_person("tomas", KEY), ACT)
    assert store.read("usage/2026-02.jsonl") == before


def test_a_pull_request_takes_its_dismissals_and_what_they_showed(store: GitStore) -> None:
    """The dismissal was given on pull request 5; our remark was made on pull request 6 too."""
    elsewhere = make_episode(
        6, 61, "person-bot", "Our own remark again.", author_kind="bot", finding="3fa9c1d2e4", outcome="declined",
        evidence=(
            OutcomeEvidence("dismissed", "declined", 0.9, "ONEELDER on purpose", MARIA),
            OutcomeEvidence("dismissed", "declined", 0.9, "another", TOMAS),
        ),
    )  # fmt: skip
    other = make_signal(TOMAS, 601, "another", 6)
    data = records.encode_lines([make_signal(MARIA, 501, "ONEELDER on purpose"), other])
    store.update(lambda _: {"feedback/2026-02.jsonl": data}, lambda: "Keep", ACT.now)
    save(store, [elsewhere], "2026-02-10T00:00:00Z")
    report = forget(store, NamedPull(HARBOR, 5), ACT)
    assert report.found == {"evidence": 1, "signals": 1}
    assert "ONEELDER" not in walk(store)
    assert [item.by for item in state.read_episodes(store)[0].evidence] == [TOMAS]
    assert state.read_feedback(store) == (other,)


@pytest.mark.parametrize(
    "given",
    ["11", f"{HARBOR}#1/11", f"https://github.example/{HARBOR}/pull/1#discussion_r11",
     f"https://github.example/{HARBOR}/pull/1/files#r11"],
)  # fmt: skip
def test_a_comment_goes_by_its_id_or_address(store: GitStore, given: str) -> None:
    past = [episode for episode in make_past()[0] if given != "11" or episode.repository == HARBOR]
    save(store, past, "2026-02-01T00:00:00Z")
    report = forget(store, parse_comment(given), ACT)
    assert report.found == {"remarks": 1}
    assert "ONEAPPLE" not in walk(store)
    assert len(state.read_episodes(store)) == len(past) - 1
    assert state.read_suppressions(store).comments == (f"{HARBOR}#1/11",)


def test_an_id_that_stands_for_two_comments_changes_nothing(store: GitStore) -> None:
    fill(store)
    head = store.head()
    with pytest.raises(RefusedError, match=r"11 stands for 2 comments: acme/harbor#1/11, acme/pier#1/11"):
        forget(store, parse_comment("11"), ACT)
    assert store.head() == head


def test_a_reply_goes_alone_with_what_it_showed(store: GitStore) -> None:
    fill(store)
    report = forget(store, parse_comment(f"https://github.example/{HARBOR}/pull/1#discussion_r122"), ACT)
    assert report.found == {"evidence": 1, "replies": 1}
    left = {episode.id: episode for episode in state.read_episodes(store)}[f"{HARBOR}#1/12"]
    assert [reply.comment_id for reply in left.replies] == ["121"]
    assert [item.kind for item in left.evidence] == ["lines_changed"]
    assert "Done in the next commit." not in walk(store)
    assert state.read_suppressions(store).comments == (f"{HARBOR}#1/122",)


def test_a_dismissal_goes_as_a_comment(store: GitStore) -> None:
    fill(store)
    report = forget(store, parse_comment(f"https://github.example/{HARBOR}/pull/5#issuecomment-501"), ACT)
    assert report.found == {"evidence": 1, "signals": 1}
    assert "ONEELDER" not in walk(store)


def test_an_imported_remark_goes_by_its_own_address(store: GitStore) -> None:
    odd = make_episode(1, 11, MARIA, "ONEAPPLE", url="https://review.example/c/harbor/+/12/comment/ab_cd/")
    save(store, [odd, *make_past()[0][1:]], "2026-02-01T00:00:00Z")
    forget(store, parse_comment(odd.url or ""), ACT)
    assert "ONEAPPLE" not in walk(store)
    assert len(state.read_episodes(store)) == 5


def test_a_comment_that_is_not_stored_is_listed_as_it_was_named(store: GitStore) -> None:
    fill(store)
    for given in ("999", f"{HARBOR}#9/999"):
        assert forget(store, parse_comment(given), ACT).found == {}
    assert state.read_suppressions(store).comments == ("999", f"{HARBOR}#9/999")


@pytest.mark.parametrize("target", [name_person("maria", KEY), NamedPull(HARBOR, 1), parse_comment(f"{HARBOR}#1/11")])
def test_the_log_of_who_looked_no_longer_leads_to_the_remark(store: GitStore, target: Target) -> None:
    """An entry of `trace` holds hashes of ids; anybody who knows the id could make them again."""
    fill(store)
    hashes = [fingerprint_of(name) for name in (f"{HARBOR}#1/11", f"{HARBOR}#3/32")]

    def look(snapshot: Store) -> dict[str, bytes | None]:
        seen = {"remarks": hashes}
        log = state.audited(snapshot, at=ACT.now, actor="cli", action="trace", subject=hashes[0], detail=seen)
        return {state.AUDIT: log}

    store.update(look, lambda: "Trace", ACT.now)
    forget(store, target, ACT)
    found = walk(store)
    assert hashes[0] not in found and hashes[1] in found
    audit_is_sound_in_every_commit(store)


def test_a_pseudonym_that_begins_alike_is_another_person(store: GitStore) -> None:
    longer, shorter = f"{MARIA}0", MARIA[:-1]
    alike = [
        make_episode(7, 71, longer, "Of somebody whose name is longer."),
        make_episode(7, 72, shorter, "Of somebody whose name is shorter.", replies=(Reply(longer, "So do I."),)),
    ]
    train(store, "embedded-x", save(store, [*make_past()[1], *alike], "2026-02-01T00:00:00Z"), "2026-02-02T00:00:00Z")
    asked = f'{{"a": "{longer}", "b": "{MARIA}", "c": "{shorter}"}}\n'.encode()
    store.update(lambda _: {"other.json": asked}, lambda: "Write", ACT.now)
    forget(store, name_person("maria", KEY), ACT)
    left = {episode.id: episode for episode in state.read_episodes(store)}
    assert [left[episode.id] for episode in alike] == alike
    assert store.read("other.json") == f'{{"a": "{longer}", "b": "{FORGOTTEN}", "c": "{shorter}"}}\n'.encode()


def test_everyone_else_is_as_before_when_one_is_forgotten(store: GitStore) -> None:
    for login, name in zip(LOGINS, (MARIA, TOMAS, WANDA, XAVER), strict=True):
        forget(store, name_person(login, KEY), ACT)
        assert name not in walk(store)
    fill(store)
    for login, name in zip(LOGINS, (MARIA, TOMAS, WANDA, XAVER), strict=True):
        forget(store, name_person(login, KEY), ACT)
        assert name not in walk(store)
    assert [episode.author for episode in state.read_episodes(store)] == ["person-bot"]


def test_what_is_too_old_goes_from_history(store: GitStore) -> None:
    fill(store)
    report = forget(store, OlderThan("2026-02-05T00:00:00Z"), ACT)
    gone = {episode.id for episode in make_past()[2] if episode.created_at < "2026-02-05T00:00:00Z"}
    assert report.found == {"evidence": 1, "remarks": len(gone), "signals": 2}
    assert {episode.id for episode in state.read_episodes(store)} == {e.id for e in make_past()[2]} - gone
    assert state.read_feedback(store) == ()
    assert not [name for name in gone if name in walk(store)]
    assert (report.suppressed, store.read(state.SUPPRESSIONS)) == (False, None)
    assert forget(store, OlderThan("2026-02-05T00:00:00Z"), ACT).rewritten.head is None


def test_a_dataset_made_before_is_not_marked(store: GitStore) -> None:
    past = make_past()
    older = save(store, past[0], "2026-02-01T00:00:00Z")
    train(store, "embedded-old", older, "2026-02-02T00:00:00Z")
    newer = save(store, [*past[0], *(make_episode(8, n, TOMAS, f"Later remark {n} on the winch.") for n in (81, 82))],
                 "2026-02-03T00:00:00Z")  # fmt: skip
    assert older != newer
    report = forget(store, NamedPull(HARBOR, 8), ACT)
    assert (report.datasets, report.versions) == ((newer,), ())
    assert [manifest.forgotten_at for manifest in state.read_datasets(store)] == ["", ACT.now]
    assert find_tainted(state.read_registry(store)) is None


def test_a_dataset_whose_pairs_do_not_change_is_not_marked(store: GitStore) -> None:
    quiet = make_episode(9, 91, MARIA, "hm", outcome="unknown", confidence="low", evidence=())
    name = save(store, [*make_past()[0][1:], quiet], "2026-02-01T00:00:00Z")
    train(store, "embedded-x", name, "2026-02-02T00:00:00Z")
    report = forget(store, NamedPull(HARBOR, 9), ACT)
    assert (report.found, report.datasets, report.versions) == ({"remarks": 1}, (), ())
    assert load_dataset(store).manifest.id == name


def test_nothing_is_trained_on_a_marked_dataset(store: GitStore) -> None:
    fill(store)
    forget(store, name_person("maria", KEY), ACT)
    with pytest.raises(RefusedError, match=r"held was forgotten.*Run `reviewlore mine`"):
        load_dataset(store)
    name = save(store, list(state.read_episodes(store)), "2026-03-02T00:00:00Z")
    assert load_dataset(store).manifest.id == name


def test_a_dry_run_tells_what_would_go_and_writes_nothing(store: GitStore) -> None:
    datasets = fill(store)
    head = store.head()
    told = forget(store, name_person("maria", KEY), replace(ACT, dry_run=True))
    assert store.head() == head
    done = forget(store, name_person("maria", KEY), ACT)
    assert (told.found, told.datasets, told.versions, told.active) == (
        done.found, tuple(datasets), done.versions, done.active,
    )  # fmt: skip
    assert told.rewritten.commits == done.rewritten.commits
    assert told.items == (
        f"authorships {HARBOR}#2/21",
        f"evidence {HARBOR}#2/21",
        f"evidence {HARBOR}#3/31",
        f"evidence {HARBOR}#5/51",
        "names approvals.json",
        "names audit.jsonl",
        f"remarks {HARBOR}#1/11",
        f"remarks {HARBOR}#4/41",
        f"replies {HARBOR}#1/12",
        f"replies {HARBOR}#2/21",
        f"signals {HARBOR}#5/501",
    )
    assert done.items == ()
    assert f"(the old head is {(head or '')[:12]})" in " ".join(render_forgetting(told).split())


def test_a_damaged_line_of_an_older_commit_goes_if_it_names_the_person(store: GitStore) -> None:
    store.update(
        lambda _: {"episodes/2026-01.jsonl": f'{{"author": "{MARIA}"\n{{"broken": 1\n'.encode()}, lambda: "Bad", ACT.now
    )
    save(store, make_past()[0], "2026-02-01T00:00:00Z")
    report = forget(store, name_person("maria", KEY), ACT)
    assert report.found["unreadable"] == 1
    found = walk(store)
    assert MARIA not in found and '{"broken": 1' in found


def test_a_version_whose_manifest_has_another_id_is_marked_by_its_place(store: GitStore) -> None:
    fill(store)
    path = "adapters/embedded-new/manifest.json"
    bad = (store.read(path) or b"").replace(b'"embedded-new"', b'"embedded-odd"')
    store.update(lambda _: {path: bad}, lambda: "Damage", ACT.now)
    assert forget(store, name_person("maria", KEY), ACT).versions == ("embedded-old", "embedded-new")


def test_a_broken_chain_is_refused_before_it_is_made_again(store: GitStore) -> None:
    fill(store)
    bad = (store.read(state.AUDIT) or b"").replace(b'"train"', b'"trick"', 1)
    store.update(lambda _: {state.AUDIT: bad}, lambda: "Tamper", ACT.now)
    head = store.head()
    with pytest.raises(StateError, match=r"audit\.jsonl on the state branch is broken"):
        forget(store, name_person("maria", KEY), ACT)
    assert store.head() == head


def test_the_text_says_what_went_what_follows_and_what_is_out_of_reach(store: GitStore) -> None:
    datasets = fill(store)
    git(store._git_dir, "update-ref", "refs/remotes/origin/reviewlore/state", REF)
    before = (store.head() or "")[:12]
    report = forget(store, name_person("maria", KEY), ACT)
    assert render_forgetting(report) == (
        "Forgotten: 1 mention as the pull request's author, 3 pieces of evidence, 2 files with the\n"
        "  pseudonym, 2 remarks, 2 replies, 1 signal. 8 commits were made again.\n"
        f"Datasets that held it (marked): {', '.join(name[:12] for name in datasets)}.\n"
        "Versions that learned from it (marked): embedded-old, embedded-new.\n"
        "Retraining is due: embedded-new is in force, and its weights stay as they are until `reviewlore\n"
        "  mine` and `reviewlore train` have replaced it, or `reviewlore rollback` has.\n"
        "It is listed, so that mining does not bring it back; the same command with --undo takes it off.\n"
        "\n"
        "Out of reach of this command:\n"
        "- these refs of this repository still lead to it: refs/remotes/origin/reviewlore/state. Delete or\n"
        "  push over them.\n"
        "- this repository keeps the old objects, unreachable, until `git gc --prune=now`.\n"
        "- where the branch was pushed to, push it again with `git push --force-with-lease`; clones and\n"
        "  forks keep what they have until they are made anew.\n"
        f"- a host may keep unreachable commits for a while, by their ids (the old head was {before}):\n"
        '  ask its support to remove them. On GitHub: https://support.github.com, "remove cached views and\n'
        '  unreachable objects".\n'
    )
