"""The real workflow that learns and trains, run by act: by the clock, by a merge, by hand and by `/lore train`."""

import json

from tests.action.stage import EVENTS


def test_the_nightly_run_learns_from_what_was_merged(stage):
    """Also: a job that may not write GitHub's conversation writes the state branch."""
    fake = stage.fake
    fake.commit(
        "octo/demo", "old", {"shop/pay.py": "def pay(x):\n    return x\n"}, "Pay", parent=stage.repo.git.rev("main")
    )
    fake.open_pull("octo/demo", "main", "old", "Pay")
    remark = fake.add_review_comment("octo/demo", 2, "shop/pay.py", "Please name the parameter amount.", "wim", line=1)
    fake.commit("octo/demo", "old", {"shop/pay.py": "def pay(amount):\n    return amount\n"}, "Rename")
    fake.add_review_comment("octo/demo", 2, "shop/pay.py", "Done.", "alice", in_reply_to=remark.id)
    fake.merge_pull("octo/demo", 2)
    token = fake.workflow_token("octo/demo", pull_requests="read", issues="none", actions="none", checks="none")
    status, log = stage.act("schedule", {"schedule": "23 4 * * *"}, token, "learn.yml")
    assert status == 0, log
    (path,) = [name for name in stage.state if name.startswith("episodes/")]
    (episode,) = map(json.loads, stage.state[path].splitlines())
    assert (episode["outcome"], episode["body"]) == ("addressed", "Please name the parameter amount.")
    assert "wim" not in stage.state[path]
    assert "Summary - ````text\n1 remarks read, 1 kept, 0 dropped" in log
    assert stage.writes() == []


def test_a_dispatch_on_another_branch_trains_nothing(stage):
    payload = json.loads((EVENTS / "workflow_dispatch.json").read_text()) | {"ref": "refs/heads/feat"}
    status, log = stage.act("workflow_dispatch", payload, stage.fake.workflow_token("octo/demo"), "learn.yml")
    assert status == 0, log
    assert "skip-reason=not_the_default_branch" in log


def test_a_merge_starts_learning(stage):
    """A push to the default branch, in the published form."""
    payload = stage.example("push", ref="refs/heads/master") | {"ref": "refs/heads/main"}
    status, log = stage.act("push", payload, stage.fake.workflow_token("octo/demo", pull_requests="read"), "learn.yml")
    assert status == 0, log
    assert "0 remarks read, 0 kept, 0 dropped" in log
    assert stage.writes() == []


def test_a_training_that_was_asked_for_says_how_it_ended(stage):
    """`/lore train` hands its pull request over; the last job tells it, whatever became of the training."""
    payload = stage.example("workflow_dispatch", ref="refs/heads/main")
    payload["inputs"] = {"mode": "train", "tier": "embedded", "recipe": "", "reply-to": "1"}
    status, log = stage.act("workflow_dispatch", payload, stage.fake.workflow_token("octo/demo"), "learn.yml")
    assert status != 0, log
    assert "conclusion=failure" in log
    assert "Nothing was mined yet" in log
    (told,) = stage.answers()
    assert "reviewlore:reply=run" in told
    assert "failed" in told
