"""What must hold of action.yml and the workflows as text: permissions, pins, triggers, and the tools' own verdict."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from reviewlore.adapters.resources import load_workflows
from reviewlore.domain.installing import WorkflowPlan
from reviewlore.flows.init import command_words
from reviewlore.formats.workflows import planned_workflows, render_workflow, workflow_path
from reviewlore.stages.commands import ROWS

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
LOADED = {path.name: yaml.safe_load(path.read_text()) for path in WORKFLOWS}
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
JOBS = [(name, job, body) for name, workflow in LOADED.items() for job, body in workflow["jobs"].items()]
TOOLS = Path(sys.executable).parent


def events_of(workflow):
    # YAML 1.1 reads the key `on` as true.
    found = workflow.get("on", workflow.get(True))
    return found if isinstance(found, dict) else dict.fromkeys([found] if isinstance(found, str) else found)


def steps_of(job):
    return job.get("steps", [])


def test_there_is_something_to_check():
    assert {"review.yml", "commands.yml", "learn.yml", "post.yml", "ci.yml"} <= LOADED.keys()
    assert len(JOBS) >= 6


@pytest.mark.parametrize("name", LOADED)
def test_workflows_start_without_permissions(name):
    workflow = LOADED[name]
    assert workflow["permissions"] == {}
    assert workflow["concurrency"]["group"]
    assert "pull_request_target" not in events_of(workflow)
    assert ("workflow_run" in events_of(workflow)) == (name in ("post.yml", "commands.yml"))
    assert re.search(r"\bcache\b", (ROOT / ".github/workflows" / name).read_text()) is None, (
        "a pull request could fill it"
    )


@pytest.mark.parametrize(("name", "job", "body"), JOBS)
def test_every_job_is_bounded_and_names_its_permissions(name, job, body):
    assert body["timeout-minutes"] <= 360
    assert body["permissions"] or not any("uses" in step for step in steps_of(body))
    assert "secrets" not in body, "no workflow inherits secrets"
    for step in steps_of(body):
        used = step.get("uses", "./")
        assert used == "./" or re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", used), used
        if used.startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


def test_only_those_who_write_the_state_branch_may_write_contents():
    writers = {(name, job) for name, job, body in JOBS if body["permissions"].get("contents") == "write"}
    assert writers == {("commands.yml", "change"), ("learn.yml", "learn"), ("learn.yml", "train")}


def test_pull_requests_get_no_secret_and_no_writable_code():
    for name in ("review.yml", "post.yml"):
        assert "secrets." not in (ROOT / ".github/workflows" / name).read_text()
    jobs = LOADED["review.yml"]["jobs"]
    assert jobs["review"]["permissions"] == {"contents": "read", "pull-requests": "write"}
    assert jobs["analyse"]["permissions"] == {"contents": "read", "pull-requests": "read"}


def test_a_fork_s_pull_request_is_analysed_without_a_token_that_writes_and_posted_from_the_default_branch():
    jobs, head = LOADED["review.yml"]["jobs"], "github.event.pull_request.head.repo.full_name"
    assert jobs["review"]["if"] == f"{head} == github.repository"
    assert jobs["analyse"]["if"] == f"{head} != github.repository"
    post = LOADED["post.yml"]
    assert events_of(post) == {"workflow_run": {"workflows": [LOADED["review.yml"]["name"]], "types": ["completed"]}}
    (body,) = post["jobs"].values()
    assert body["permissions"] == {"contents": "read", "pull-requests": "write"}
    checkout, used = steps_of(body)
    assert checkout["with"]["ref"] == "${{ github.event.repository.default_branch }}"
    assert used["with"] == {"mode": "post"}


def test_the_settings_alone_say_which_pull_requests_are_left_out():
    workflow = LOADED["review.yml"]
    assert events_of(workflow)["pull_request"]["types"] == ["opened", "reopened", "synchronize", "ready_for_review"]
    assert all("draft" not in job["if"] and "label" not in job["if"] for job in workflow["jobs"].values())


def test_the_guide_tells_every_input_and_output():
    guide = (ROOT / "docs/guide.md").read_text()
    told = guide.partition("## `reviewlore action` and `action.yml`")[2].partition("\n## ")[0]
    assert [name for name in [*ACTION["inputs"], *ACTION["outputs"]] if f"`{name}`" not in told] == []
    inputs = re.findall(r"^\| `([a-z-]+)` \|", told, re.MULTILINE)
    assert inputs == list(ACTION["inputs"]), "in the order of action.yml, and no other"


def test_commands_run_on_new_comments_with_the_code_of_the_default_branch():
    """An event of a review thread runs what the pull request has, which the environment's secret is not for."""
    workflow, thread = LOADED["commands.yml"], LOADED["thread.yml"]
    assert events_of(workflow) == {
        "issue_comment": {"types": ["created"]},
        "workflow_run": {"workflows": [thread["name"]], "types": ["completed"]},
    }
    assert events_of(thread) == {"pull_request_review_comment": {"types": ["created"]}}
    (body,) = thread["jobs"].values()
    assert (body["permissions"], [step for step in steps_of(body) if "uses" in step]) == ({}, [])
    for job in workflow["jobs"].values():
        if job["permissions"].get("actions") == "write":  # the job that starts one
            assert steps_of(job)[-1]["with"]["train-workflow"] in LOADED
        checkout = next(step for step in steps_of(job) if step.get("uses", "").startswith("actions/checkout@"))
        assert checkout["with"]["ref"] == "${{ github.event.repository.default_branch }}"


def test_exactly_one_job_answers_a_command():
    """Of a comment the two conditions differ in one part only, the other's negation; a run of a thread has one job."""
    answer, change = (LOADED["commands.yml"]["jobs"][name]["if"] for name in ("answer", "change"))
    run, _, change = change.partition(" || ")
    assert run == "github.event.workflow_run.conclusion == 'success'"
    assert answer.startswith("contains(github.event.comment.body, '/lore') &&"), "never without a comment"
    shared = answer.partition("!contains(")[0].strip()
    assert change.startswith(f"{shared} (")
    words = re.findall(r"!contains\(github.event.comment.body, '([\w-]+)'\)", answer)
    assert answer.removeprefix(shared).count("&&") == len(words) - 1
    asked = re.findall(r"(!?)contains\(github.event.comment.body, '([\w-]+)'\)", change.removeprefix(shared))
    assert asked == [("", word) for word in words]
    assert change.removeprefix(shared).count("||") == len(words) - 1


def test_every_command_that_writes_or_starts_a_workflow_runs_in_the_job_that_may():
    """GitHub's `contains` ignores case, as the parser does, so a word of the table is found however it is written."""
    change = LOADED["commands.yml"]["jobs"]["change"]
    words = re.findall(r"contains\(github.event.comment.body, '([\w-]+)'\)", change["if"])
    assert {row.name for row in ROWS if row.writes or row.dispatches} <= set(words)
    assert {"dismiss", "train", "forget", "opt-out"} <= set(words)
    assert change["permissions"] == {"actions": "write", "contents": "write", "pull-requests": "write"}
    assert LOADED["commands.yml"]["jobs"]["answer"]["permissions"] == {"contents": "read", "pull-requests": "write"}


def test_learning_runs_by_the_clock_by_hand_and_after_a_merge_and_training_by_the_first_two():
    workflow = LOADED["learn.yml"]
    events, jobs = events_of(workflow), workflow["jobs"]
    assert set(events) == {"push", "schedule", "workflow_dispatch"}
    assert events["push"] == {"branches": ["main"]}
    for entry in events["schedule"]:
        assert entry["cron"].split()[0] != "0", "full hours are when schedules are late or dropped"
        assert len([job for job in jobs.values() if entry["cron"] in job["if"]]) == 1
    assert "push" in jobs["learn"]["if"]
    assert "push" not in jobs["train"]["if"]
    graphics = (
        """fromJSON((inputs.tier || 'embedded') == 'adapter' && '["self-hosted", "gpu"]' || '["ubuntu-24.04"]')"""
    )
    assert jobs["train"]["runs-on"] == f"${{{{ {graphics} }}}}"
    assert set(events["workflow_dispatch"]["inputs"]) == {"mode", "tier", "recipe", "reply-to"}


def test_whoever_asked_for_a_training_is_told_how_it_ended_whatever_happened():
    report = LOADED["learn.yml"]["jobs"]["report"]
    assert report["needs"] == ["train"]
    assert report["if"] == "always() && needs.train.result != 'skipped'"
    assert report["permissions"] == {"contents": "read", "pull-requests": "write"}
    told = {"mode": "report", "reply-to": "${{ inputs.reply-to }}", "outcome": "${{ needs.train.result }}"}
    assert steps_of(report)[-1]["with"] == told


def test_own_workflows_are_what_init_writes():
    """What this repository runs on itself, and what act runs in the tests, is what users get."""
    plan = WorkflowPlan("./", split="forks")
    for name in planned_workflows(plan):
        written = (ROOT / workflow_path(name, "./")).read_text()
        assert written == render_workflow(load_workflows(), name, plan, command_words()), (
            f"{name}: write it anew by `reviewlore init ./ --repo .` and leave .reviewlore.toml out"
        )


def test_no_run_block_holds_an_expression():
    """Attack 19: untrusted text reaches a shell through env only."""
    for steps in [ACTION["runs"]["steps"], *(steps_of(body) for _, _, body in JOBS)]:
        assert not any("${{" in step.get("run", "") for step in steps)


def test_python_never_sees_the_checkout():
    """Attack 3: -I keeps the working directory and PYTHON* variables away from every interpreter that is started."""
    lines = [line for step in ACTION["runs"]["steps"] for line in step["run"].split("\n")]
    started = [line for line in lines if re.search(r"python3?\b.* -[mc] |PYTHON.* -m ", line)]
    assert len(started) == 2
    assert all(re.search(r"(python3|PYTHON\") -I -[mc] ", line) for line in started)
    (script,) = [line.strip() for line in lines if ".py" in line]
    assert script == 'python3 -I "$GITHUB_ACTION_PATH/.github/install_action.py"'
    (run,) = re.findall(r"subprocess\.run\(.*", (ROOT / ".github/install_action.py").read_text())
    assert run == 'subprocess.run([python, "-I", "-m", module, *arguments], check=True)'


def test_inputs_and_outputs_are_kebab_case_and_every_input_is_used():
    names = [*ACTION["inputs"], *ACTION["outputs"]]
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", name) for name in names)
    assert list(ACTION["outputs"]) == ["conclusion", "findings-count", "results-file", "skip-reason", "run-id"]
    text = (ROOT / "action.yml").read_text()
    assert [name for name in ACTION["inputs"] if f"inputs.{name} " not in text] == []


def test_workflows_give_only_inputs_that_exist():
    given = {key for _, _, body in JOBS for step in steps_of(body) if step.get("uses") == "./" for key in step["with"]}
    assert given <= ACTION["inputs"].keys()
    modes = {step["with"]["mode"] for _, _, body in JOBS for step in steps_of(body) if step.get("uses") == "./"}
    assert modes == {"review", "command", "learn", "train", "report", "analyse", "post"}


@pytest.mark.skipif(not (TOOLS / "zizmor").exists(), reason="zizmor is not installed; pip install '.[test]' brings it")
def test_the_linters_are_content():
    environ = os.environ | {"PATH": f"{TOOLS}:{os.environ['PATH']}"}
    done = subprocess.run(
        [ROOT / ".github/check_workflows.sh"], env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(shutil.which("shellcheck", path=str(TOOLS)) is None, reason="shellcheck is not installed")
def test_run_blocks_are_linted(tmp_path):
    bad = tmp_path / "action.yml"
    bad.write_text("runs:\n  steps:\n  - {name: one, shell: bash, run: 'echo ${{ github.actor }}; cd $x'}\n")
    environ = os.environ | {"PATH": f"{TOOLS}:{os.environ['PATH']}"}
    command = [sys.executable, str(ROOT / ".github/lint_action.py"), str(bad)]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "one: an expression in a run block; pass it through env" in done.stdout
    assert "SC2086" in done.stdout
