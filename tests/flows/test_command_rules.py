"""`/lore accept`, `/lore remember` and `/lore forget rule` onto the state branch."""

import json
from pathlib import Path

import pytest
from tests.fakes.histories import make_store
from tests.flows.test_command import FOOT, Scene

from reviewlore.domain.events import JobResult
from reviewlore.domain.retrieval import Rule
from reviewlore.flows import state
from reviewlore.flows.forget import Act, forget, name_person
from reviewlore.formats.rules import parse_rules

ID = "rule-"


@pytest.fixture
def scene() -> Scene:
    return Scene()


def rules(scene: Scene) -> tuple[Rule, ...]:
    return parse_rules(scene.store.files.get("rules.toml", b""))[0]


def said(scene: Scene) -> str:
    return scene.forge.talk[-1].body


def test_a_rule_is_kept_without_names_and_secrets_and_it_is_on_record(scene: Scene) -> None:
    text = "/lore remember in src/api/**: ask @alice at anna@harbour.dev before <b>adding</b> a route"
    assert scene.say(text) == JobResult("success")
    (rule,) = rules(scene)
    assert rule.text == "ask @someone at [redacted:email] before <b>adding</b> a route"
    assert (rule.paths, rule.id[:5]) == (("src/api/**",), ID)
    data = scene.store.files["rules.toml"].decode()
    assert 'added_by = "person-' in data and 'added_at = "2026-11-20T10:00:00Z"' in data and "maria" not in data
    assert said(scene).startswith(
        f"Remembered as `{rule.id}`: “ask @\u200bsomeone at \\[redacted:email\\] before &lt;b&gt;adding&lt;/b&gt; a "
        "route”. Names, addresses and secrets in it were taken out. From the next review on it holds for changes to "
        f"`src/api/**`. `/lore forget rule {rule.id}` takes it back."
    )
    entry = state.read_audit(scene.store)[-1]
    assert (entry.action, json.loads(entry.detail)) == ("remember", {"pull_request": "octo/demo#1"})
    assert scene.store.messages == [f"Remember a rule ({rule.id})"]


def test_the_same_rule_is_kept_once(scene: Scene) -> None:
    scene.say("/lore remember Whole cents, never floats.")
    scene.say("/lore remember whole  cents, never floats", comment=502)
    assert len(rules(scene)) == 1
    assert said(scene).startswith(f"That is taught already, as `{rules(scene)[0].id}`. Nothing was changed.")
    scene.say("/lore remember in src/*: whole cents, never floats", comment=503)
    assert len(rules(scene)) == 2


def test_a_rule_is_forgotten_by_the_beginning_of_its_id_and_comments_stay(scene: Scene) -> None:
    scene.store.files["rules.toml"] = b'# ours\n[[rule]]\nid = "cents"\ntext = "Whole cents."\n'
    scene.say("/lore remember be kind")
    name = rules(scene)[-1].id
    assert scene.say(f"/lore forget rule {name.removeprefix(ID)[:4]}", comment=502) == JobResult("success")
    assert said(scene).startswith(f"Forgotten: `{name}`, “be kind”.")
    assert scene.store.files["rules.toml"] == b'# ours\n[[rule]]\nid = "cents"\ntext = "Whole cents."\n\n'
    assert [entry.action for entry in state.read_audit(scene.store)] == ["remember", "forget rule"]


@pytest.mark.parametrize(
    ("file", "answer"),
    [
        (b"", "no rule was taught here. `/lore remember <rule>` teaches one."),
        (
            b'[[rule]]\nid = "cents-a"\ntext = "x"\n[[rule]]\nid = "cents-b"\ntext = "y"\n',
            "`cents` is the beginning of no rule's id, or of several. There are: `cents-a`, `cents-b`.",
        ),
    ],
)
def test_a_rule_that_is_not_meant_for_sure_stays(scene: Scene, file: bytes, answer: str) -> None:
    scene.store.files["rules.toml"] = file
    assert scene.say("/lore forget rule cents") == JobResult("neutral", "command_refused")
    assert said(scene) == f"`/lore forget` could not be carried out: {answer}{FOOT}"
    assert scene.store.files["rules.toml"] == file


@pytest.mark.parametrize("text", ["/lore remember be kind", "/lore forget rule cents"])
def test_only_maintainers_teach(scene: Scene, text: str) -> None:
    assert scene.say(text, "wim") == JobResult("neutral", "role_too_low")
    assert scene.store.files == {}


def test_who_opted_out_teaches_and_judges_nothing(scene: Scene, tmp_path: Path) -> None:
    scene.store = make_store(tmp_path)
    scene.say("/lore review")
    scene.say("/lore opt-out", comment=502)
    for comment, text in ((503, "/lore remember be kind"), (504, "/lore accept")):
        assert scene.say(text, comment=comment).skip_reason == "command_refused"
    assert scene.store.paths("rules") == scene.store.paths("feedback/") == ()


def test_too_many_rules_are_refused(scene: Scene) -> None:
    scene.store.files["rules.toml"] = b"".join(b'[[rule]]\nid = "r%d"\ntext = "x"\n' % one for one in range(1000))
    assert scene.say("/lore remember be kind").skip_reason == "command_refused"
    assert "there are 1000 rules, and there may be 1000" in said(scene)


def test_forgetting_a_person_takes_their_name_off_a_rule_and_leaves_the_rule(scene: Scene, tmp_path: Path) -> None:
    scene.store = make_store(tmp_path)
    scene.say("/lore remember be kind")
    person = name_person("maria", b"key")
    assert person.pseudonym.encode() in scene.store.read("rules.toml")
    forget(scene.store, person, Act("test", "2026-11-21T10:00:00Z"))
    left = scene.store.read("rules.toml")
    assert person.pseudonym.encode() not in left
    assert [rule.text for rule in parse_rules(left)[0]] == ["be kind"]


def test_an_acceptance_is_kept_and_takes_back_a_dismissal(scene: Scene) -> None:
    scene.say("/lore review")
    scene.say("/lore dismiss wrong", "wim", comment=502)
    assert [each.finding for each in state.read_dismissals(scene.store, "octo/demo")] == ["3fa9c1d2e4"]
    assert scene.say("/lore accept it is right after all, @bob", comment=503) == JobResult("success")
    signal = json.loads(scene.store.files["feedback/2026-11.jsonl"].splitlines()[-1])
    assert (signal["kind"], signal["reason"], signal["text"]) == ("accepted", "", "it is right after all, @someone")
    assert state.read_dismissals(scene.store, "octo/demo") == ()
    assert said(scene).startswith(
        "Noted: `3fa9c1d2e4` is right. It is kept on the state branch, and learned from. Its dismissal is taken back: "
        "the remark may be made again."
    )
    assert [entry.action for entry in state.read_audit(scene.store)] == ["dismiss", "accept"]
    scene.say("/lore dismiss wrong", comment=504)
    assert len(state.read_dismissals(scene.store, "octo/demo")) == 2


def test_an_acceptance_of_nothing_in_particular_is_asked_back(scene: Scene) -> None:
    assert scene.say("/lore accept") == JobResult("neutral", "command_refused")
    assert said(scene).startswith("`/lore accept` could not be carried out: There is no remark of mine on this pull")
