"""What only the App's payloads say: whose installation sent them, when it happened, and what the App may no longer do.

Reads few fields of untrusted payloads, tolerates everything else, never raises.
"""

import re
from collections.abc import Mapping
from datetime import datetime

from reviewlore.domain.delivery import Withdrawal

_MOST = 2**53  # what a number of JSON holds exactly
_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)


def read_installation(payload: object) -> int:
    """Return the number of the installation that a payload was sent for; 0 where it names none."""
    number = _map(_map(payload).get("installation")).get("id")
    return number if isinstance(number, int) and not isinstance(number, bool) and 0 < number < _MOST else 0


def read_updated(payload: object) -> str:
    """Return when the pull request of a payload was changed last (ISO 8601 in UTC); empty where it does not tell."""
    moment = _map(_map(payload).get("pull_request")).get("updated_at")
    if not isinstance(moment, str) or not _MOMENT.fullmatch(moment):
        return ""
    try:
        datetime.fromisoformat(moment)
    except ValueError:  # the 31st of February
        return ""
    return moment


def read_withdrawal(name: str, payload: object) -> Withdrawal | None:
    """Return what an event of an installation ends; None where it ends nothing.

    Events: https://docs.github.com/webhooks/webhook-events-and-payloads#installation
    """
    installation, action = read_installation(payload), _map(payload).get("action")
    if name == "installation" and installation and action == "deleted":
        return Withdrawal(installation, (), "The App was uninstalled.")
    if name == "installation" and installation and action == "suspend":
        return Withdrawal(installation, (), "The App was suspended.")
    if name == "installation_repositories" and installation and action == "removed":
        rows = _map(payload).get("repositories_removed")
        names = [_map(row).get("full_name") for row in (rows if isinstance(rows, list) else [])]
        known = tuple(each for each in names if isinstance(each, str) and is_repository(each))
        return Withdrawal(installation, known, "The App may no longer read the repository.") if known else None
    return None


def is_repository(name: str) -> bool:
    """Whether a text is `owner/name` as the forge allows it, which makes it fit for paths and addresses."""
    owner, _, rest = name.partition("/")
    return _REPOSITORY.fullmatch(name) is not None and not {owner, rest} & {".", ".."}


def _map(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}
