"""How a repository on GitHub is set up, as far as a token may see it (`flows.doctor_github.ForgeSetup`). Only reads."""

import base64
from typing import Any
from urllib.parse import quote

from reviewlore.adapters.github import Connection
from reviewlore.adapters.github_history import split_name
from reviewlore.errors import InputError


class GithubSetup:
    """Implements `flows.doctor_github.ForgeSetup`; each method raises RefusedError where the token may not look."""

    def __init__(self, connection: Connection, repository: str) -> None:
        split_name(repository)
        self._connection, self._base = connection, f"/repos/{repository}"

    def default_branch(self) -> str:
        """Return the name of the default branch."""
        return str(self._connection.get(self._base)["default_branch"])

    def read(self, path: str, branch: str) -> str | None:
        """Return a file's text on a branch, or None where there is none (or it is too large to be ours)."""
        try:
            found = self._connection.get(f"{self._base}/contents/{quote(path)}", ref=branch)
        except InputError:
            return None
        data = found.get("content") if isinstance(found, dict) else None
        return base64.b64decode(data).decode("utf-8", "replace") if data else None

    def actions_enabled(self) -> bool:
        """Whether workflows run at all: https://docs.github.com/rest/actions/permissions"""
        return bool(self._connection.get(f"{self._base}/actions/permissions")["enabled"])

    def secrets(self, environment: str) -> frozenset[str]:
        """Return the names of an environment's secrets; InputError where there is no such environment."""
        self._connection.get(f"{self._base}/environments/{quote(environment, safe='')}")
        found = self._connection.get(f"{self._base}/environments/{quote(environment, safe='')}/secrets", per_page="100")
        return frozenset(str(each["name"]) for each in found["secrets"])

    def rules(self, branch: str) -> frozenset[str]:
        """Return the kinds of rules that hold for a branch: https://docs.github.com/rest/repos/rules"""
        found: Any = self._connection.pages(f"{self._base}/rules/branches/{quote(branch, safe='')}")
        return frozenset(str(each["type"]) for each in found)

    def runners(self) -> tuple[tuple[frozenset[str], bool], ...]:
        """Return the labels of each of the repository's own runners, and whether it is online."""
        found = self._connection.get(f"{self._base}/actions/runners", per_page="100")["runners"]
        return tuple(
            (frozenset(str(one["name"]) for one in each["labels"]), each["status"] == "online") for each in found
        )
