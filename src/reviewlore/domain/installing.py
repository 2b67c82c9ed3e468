"""What `reviewlore init` writes into a repository: how the workflows are to be, and what becomes of each file."""

from dataclasses import dataclass
from typing import Literal

Split = Literal["none", "forks", "all"]
Workflow = Literal["review", "commands", "thread", "learn", "post", "organisation"]
FileState = Literal["new", "same", "renewed", "kept", "stale", "refused"]
OWN_ACTION = "./"


@dataclass(frozen=True, slots=True)
class WorkflowPlan:
    """How the workflows of a repository are to be.

    `action` is `OWNER/NAME@<commit>`, or `./` for the repository of the action itself. `branch` is the default branch;
    `tier`, `recipe` and `runner` are those of `[train]`. `split`: reviews of no pull request, of those from forks or of
    all of them are analysed in one run and posted in another. `served`: the App reviews and answers, so that only
    training is left to a workflow. `organisation`: also the workflow that learns in many repositories.
    """

    action: str
    branch: str = "main"
    tier: str = "embedded"
    recipe: str = ""
    runner: tuple[str, ...] = ("self-hosted", "gpu")
    split: Split = "none"
    served: bool = False
    organisation: bool = False


@dataclass(frozen=True, slots=True)
class WrittenBy:
    """What a file says of itself: what it was written with, and whether nobody has changed it since."""

    action: str
    split: Split
    served: bool
    organisation: bool
    intact: bool


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """One file that `init` writes, by its path from the top of the repository, beside what is there.

    `new` there is none, `same` it is as it should be, `renewed` ours and unchanged but of other options or an older
    version, `kept` somebody's own settings, `stale` ours and unchanged but of no use any more, `refused` changed by
    somebody; `difference` is what writing would change.
    """

    path: str
    text: str
    state: FileState
    difference: str = ""


@dataclass(frozen=True, slots=True)
class Uninstalled:
    """What was removed, or would be: files, and state branches (whether each lay on the forge).

    `archives` are the files that branches were written to first; `changed` files were left alone.
    """

    removed: tuple[str, ...]
    changed: tuple[str, ...]
    archives: tuple[str, ...]
    branches: tuple[bool, ...]
