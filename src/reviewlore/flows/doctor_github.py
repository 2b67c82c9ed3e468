"""Is a repository on GitHub set up for reviewlore? Looks, changes nothing, and says what a token may not see."""

from collections.abc import Callable, Mapping
from typing import Protocol, get_args

from reviewlore.config import FILE, Settings, parse_settings
from reviewlore.domain.installing import OWN_ACTION, Split, Workflow, WorkflowPlan, WrittenBy
from reviewlore.errors import ConfigError, InputError, RefusedError
from reviewlore.flows.doctor import Check, run_checks
from reviewlore.flows.init import command_words
from reviewlore.formats.workflows import planned_workflows, read_mark, render_workflow, workflow_path

_ENVIRONMENT = "reviewlore"
_SECRET = "REVIEWLORE_PSEUDONYM_KEY"  # noqa: S105 - the name of a secret


class ForgeSetup(Protocol):
    """A repository on the forge; RefusedError where the token may not look, InputError where there is nothing."""

    def default_branch(self) -> str:
        """Return the name of the default branch."""
        ...

    def read(self, path: str, branch: str) -> str | None:
        """Return a file's text on a branch, or None."""
        ...

    def actions_enabled(self) -> bool:
        """Whether workflows run at all."""
        ...

    def secrets(self, environment: str) -> frozenset[str]:
        """Return the names of an environment's secrets."""
        ...

    def rules(self, branch: str) -> frozenset[str]:
        """Return the kinds of rules that hold for a branch."""
        ...

    def runners(self) -> tuple[tuple[frozenset[str], bool], ...]:
        """Return the labels of each runner, and whether it is online."""
        ...


def examine_forge(setup: ForgeSetup, templates: Mapping[str, str]) -> tuple[Check, ...]:
    """Look at everything on the forge; InputError where there is no such repository, RefusedError for a bad token."""
    branch = setup.default_branch()
    settings, problems = Settings(), list[Check]()
    try:
        settings = parse_settings(setup.read(FILE, branch) or "", f"{FILE} of {branch} on GitHub")
    except ConfigError as error:
        problems.append(Check("GitHub settings", False, str(error)))
    looks: list[tuple[str, Callable[[], str]]] = [
        ("Actions", lambda: _actions(setup)),
        ("workflows", lambda: _workflows(setup, templates, settings, branch)),
        ("environment", lambda: _environment(setup)),
        ("ruleset", lambda: _ruleset(setup, settings.state.branch)),
        ("runner", lambda: _runner(setup, settings)),
    ]
    return (*problems, *run_checks([(f"GitHub {name}", _if_seen(look)) for name, look in looks]))


def _if_seen(look: Callable[[], str]) -> Callable[[], str]:
    """What a token may not see is no problem of the repository: it is said, and goes by."""

    def asked() -> str:
        try:
            return look()
        except RefusedError as error:
            return f"not known, since this token may not look: {error}"

    return asked


def _actions(setup: ForgeSetup) -> str:
    if not setup.actions_enabled():
        raise InputError("they are disabled, so no workflow runs. Enable them under Settings > Actions > General.")
    return "enabled"


def _workflows(setup: ForgeSetup, templates: Mapping[str, str], settings: Settings, branch: str) -> str:
    found = _read_marked(setup, branch)
    if not found:
        raise InputError(f"none of reviewlore's lies on {branch}. `reviewlore init OWNER/NAME@COMMIT` writes them.")
    _, mark = next(iter(found.values()))
    plan = _plan_of(mark, settings, branch)
    wanted = {workflow_path(kind, plan.action): kind for kind in planned_workflows(plan)}
    missing = [path for path in wanted if path not in found]
    changed = [path for path, (_, each) in found.items() if not each.intact]
    stale = [
        path
        for path, kind in wanted.items()
        if path in found
        and path not in changed
        and found[path][0] != render_workflow(templates, kind, plan, command_words())
    ]
    again = f"`reviewlore init {plan.action}` brings them up to date"
    if missing or stale:
        told = [f"{', '.join(missing)} missing"] * bool(missing)
        told += [f"{', '.join(stale)} of another version or other settings"] * bool(stale)
        raise InputError(f"{'; '.join(told)}. {again}.")
    return f"{len(found)} in place" + (
        f"; changed by hand: {', '.join(changed)}" if changed else ", as init writes them"
    )


def _read_marked(setup: ForgeSetup, branch: str) -> dict[str, tuple[str, WrittenBy]]:
    """Return what `init` wrote on the forge, by path; the action's own repository names its files otherwise."""
    found = {}
    for action in ("OWNER/NAME", OWN_ACTION):
        for kind in get_args(Workflow):
            path = workflow_path(kind, action)
            text = (setup.read(path, branch) or "").replace("\r\n", "\n")
            mark = read_mark(text)
            if mark is not None:
                found[path] = (text, mark)
        if found:
            break
    return found


def _plan_of(mark: WrittenBy, settings: Settings, branch: str) -> WorkflowPlan:
    split: Split = mark.split
    train = settings.train
    return WorkflowPlan(
        mark.action, branch, train.tier, train.recipe, train.runner, split, mark.served, mark.organisation
    )


def _environment(setup: ForgeSetup) -> str:
    try:
        names = setup.secrets(_ENVIRONMENT)
    except InputError as error:
        raise InputError(f"there is none called {_ENVIRONMENT}. Make it under Settings > Environments.") from error
    if _SECRET not in names:
        raise InputError(f"{_ENVIRONMENT} has no secret {_SECRET}: people would get other names in every run. Add it.")
    return f"{_ENVIRONMENT} has the secret {_SECRET}"


def _ruleset(setup: ForgeSetup, branch: str) -> str:
    rules = setup.rules(branch)
    lacking = ["deletion"] * ("deletion" not in rules)
    lacking += ["being rewritten by anybody"] * rules.isdisjoint({"update", "non_fast_forward"})
    if lacking:
        raise InputError(
            f"no rule protects {branch} from {' and '.join(lacking)}. Add one under Settings > Rules, and let the "
            "workflows bypass it: they force-push when somebody is forgotten."
        )
    return f"{branch} is protected ({', '.join(sorted(rules))})"


def _runner(setup: ForgeSetup, settings: Settings) -> str:
    wanted, named = frozenset(settings.train.runner), ", ".join(settings.train.runner)
    fitting = [online for labels, online in setup.runners() if wanted <= labels]
    if any(fitting):
        return f"{fitting.count(True)} online with the labels {named}"
    there = "the one with the labels" if fitting else "there is none with the labels"
    state = " is offline" if fitting else ""
    told = f"{there} {named}{state}"
    if settings.train.tier == "adapter":
        raise InputError(f"{told}, so no adapter is trained. Start or register one, or change `runner` under [train].")
    return f"{told}; only adapters need it (runners of an organisation are not seen here)"
