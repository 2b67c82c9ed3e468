"""What people may do in a repository on a forge."""

from typing import Literal, get_args

Role = Literal["none", "read", "triage", "write", "maintain", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)  # from the least to the most
DELETED = "person-deleted"  # the one pseudonym of all deleted accounts: it stands for many people, so for nobody


def is_at_least(role: Role | None, needed: Role) -> bool:
    """Whether a role includes another one; an unknown role includes nothing."""
    return role is not None and ROLES.index(role) >= ROLES.index(needed)
