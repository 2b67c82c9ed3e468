"""Which settings hold in a repository, where they come from, and what is wrong with them."""

from dataclasses import dataclass

from reviewlore.config import FILE, Settings, parse_settings
from reviewlore.errors import ConfigError
from reviewlore.ports import Repo


@dataclass(frozen=True, slots=True)
class InForceSettings:
    """The settings of one commit; `problem` says why they cannot be used (then they are the defaults).

    `commit` is empty where there is none to read them from; `present` whether it has a file of settings; `differs`
    whether the one in the work tree is another.
    """

    settings: Settings
    revision: str
    commit: str
    present: bool
    differs: bool
    problem: str = ""


def read_in_force(repo: Repo, revision: str, commit: str, work_tree: str | None) -> InForceSettings:
    """Return what a commit says; `work_tree` is the text of the file that is checked out, None where there is none."""
    data = repo.read(commit, FILE) if commit else None
    text = None if data is None else data.decode("utf-8", "replace")
    differs = (text or "").replace("\r\n", "\n") != (work_tree or "").replace("\r\n", "\n")
    try:
        settings, problem = parse_settings(text or "", f"{FILE} at {commit[:12]}"), ""
    except ConfigError as error:
        settings, problem = Settings(), str(error)
    return InForceSettings(settings, revision, commit, text is not None, differs, problem)
