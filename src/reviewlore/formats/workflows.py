"""The plan of a repository's workflows in, their files out; and what a file says of who wrote it.

Every value that is inserted is checked before: none can be read as anything but a name. It reads and writes no file.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from reviewlore.domain.installing import OWN_ACTION, Split, Workflow, WorkflowPlan, WrittenBy
from reviewlore.errors import ConfigError, Fault

FOLDER = ".github/workflows"
# Release tags and their commits, as `git ls-remote --tags` of each repository names them.
_PINNED = {
    "checkout": "actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0",
    "upload": "actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f # v7.0.0",
    "download": "actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c # v8.0.1",
    "app_token": "actions/create-github-app-token@1b10c78c7865c340bc4f6099eb2f838309f1e8c3 # v3.1.1",
}
_OWN_USE = "./ # zizmor: ignore[self-repository] act 0.2.89 does not know $/"
_ACTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,99}/(?!\.{1,2}@)[A-Za-z0-9._-]{1,100}@[0-9a-f]{40}")
_UNPINNED = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]{0,99}/[A-Za-z0-9._-]{1,100})@?([^\s@]{0,200})")
_HEX = re.compile(r"[0-9a-f]{7,64}")
_BRANCH = re.compile(r"[A-Za-z0-9._/+-]{1,200}")
_MARK = re.compile(
    r"# Written by `reviewlore init (\S{1,300})(?: --split (forks|all))?( --app)?( --org)?`; "
    r"sha256 of what follows: ([0-9a-f]{64})\n"
)


def check_action(text: str) -> str:
    """Return the address of the action; ConfigError, with how to find the commit, where it is not pinned by one."""
    name, _, version = text.partition("@")
    if _HEX.fullmatch(version.lower()):  # some pages show ids in capitals
        text = f"{name}@{version.lower()}"
    if text == OWN_ACTION or _ACTION.fullmatch(text):
        return text
    found = _UNPINNED.fullmatch(text)
    if found is None:
        raise ConfigError(f"{text!r} is no address of an action; write OWNER/NAME@COMMIT, the commit in full.")
    name, version = found[1], found[2]
    if _HEX.fullmatch(version):
        raise ConfigError(
            f"{text!r} does not name a full commit id: it has 40 digits, and this one {len(version)}. "
            f"`git rev-parse {version}` in a clone of {name} prints all of them."
        )
    wanted = f"{version} '{version}^{{}}'" if version else "HEAD"  # ^{}: a tag with a message is an object of its own
    raise ConfigError(
        f"{text!r} does not name a full commit id. A tag or a branch can be moved to other code, which would then run "
        f"with your token. `git ls-remote https://github.com/{name} {wanted}` prints the commit, in its last line: "
        f"write {name}@COMMIT."
    )


def workflow_path(workflow: Workflow, action: str) -> str:
    """Return where a workflow lies; those of the action's own repository have plain names."""
    return f"{FOLDER}/{_file(workflow, action)}"


def planned_workflows(plan: WorkflowPlan) -> tuple[Workflow, ...]:
    """Return which workflows a plan takes."""
    found: list[Workflow] = [] if plan.served else ["review", "commands", "thread"]
    found.append("learn")
    if plan.split != "none" and not plan.served:
        found.append("post")
    return (*found, "organisation") if plan.organisation else tuple(found)


def render_workflow(templates: Mapping[str, str], workflow: Workflow, plan: WorkflowPlan, words: Sequence[str]) -> str:
    """Return the text of one workflow; `words` are the commands that need a job which may write.

    ConfigError where the default branch has a name that cannot stand in a workflow, and where the action is `./` though
    other repositories are checked out; Fault without a template.
    """
    if not _BRANCH.fullmatch(plan.branch):
        raise ConfigError(f"The default branch {plan.branch!r} cannot be named in a workflow; write them by hand.")
    if workflow == "organisation" and plan.action == OWN_ACTION:
        raise ConfigError("`./` would be the action of each repository that is learned from. Write OWNER/NAME@COMMIT.")
    values: dict[str, Any] = {
        **_PINNED,
        "action": _OWN_USE if plan.action == OWN_ACTION else plan.action,
        "branch": plan.branch.replace("+", r"\+"),  # a pattern: + repeats what stands before it
        "tier": plan.tier,
        "recipe": plan.recipe,
        "runner": json.dumps(list(plan.runner)),
        "split": plan.split,
        "words": list(words),
        **{name: _file(name, plan.action) for name in ("review", "commands", "thread", "post", "learn")},
    }
    return _sign(_render(templates, f"{workflow}.yml.j2", values), plan)


def render_settings(templates: Mapping[str, str], runner: Sequence[str], plan: WorkflowPlan) -> str:
    """Return a `.reviewlore.toml` in which every default stands as a comment; `runner` (empty: the default) is set."""
    values = {"runner": json.dumps(list(runner)) if runner else ""}
    return _sign(_render(templates, "reviewlore.toml.j2", values), plan)


def read_mark(text: str) -> WrittenBy | None:
    """Return what a file says of who wrote it; None where it is not ours."""
    text = text.replace("\r\n", "\n")  # a checkout may end lines as its system does
    found = _MARK.match(text)
    if found is None:
        return None
    action, split, served, organisation, digest = found.groups()
    options: Split = "forks" if split == "forks" else "all" if split else "none"
    return WrittenBy(action, options, bool(served), bool(organisation), _digest(text[found.end() :]) == digest)


def _sign(text: str, plan: WorkflowPlan) -> str:
    """Return a text below a line that says what wrote it, so that it can be told later whether anybody changed it."""
    options = f" --split {plan.split}" if plan.split != "none" else ""
    options += " --app" * plan.served + " --org" * plan.organisation
    return f"# Written by `reviewlore init {plan.action}{options}`; sha256 of what follows: {_digest(text)}\n{text}"


def _file(workflow: Workflow, action: str) -> str:
    return f"{workflow}.yml" if action == OWN_ACTION else f"reviewlore-{workflow}.yml"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _render(templates: Mapping[str, str], name: str, values: Mapping[str, Any]) -> str:
    from jinja2 import DictLoader, Environment, StrictUndefined, TemplateError

    # Other delimiters than jinja's own, which are those of GitHub's expressions.
    environment = Environment(  # noqa: S701 - YAML is written here, not HTML
        loader=DictLoader(dict(templates)),
        undefined=StrictUndefined,
        block_start_string="<%", block_end_string="%>",
        variable_start_string="<<", variable_end_string=">>",
        comment_start_string="<#", comment_end_string="#>",
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    try:
        return environment.get_template(name).render(values)
    except TemplateError as error:
        raise Fault(f"The workflow template {name} cannot be used: {error}. Reinstall reviewlore.") from error
