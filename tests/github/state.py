"""What a GitHub holds: plain mutable records of repositories, pull requests, comments, reviews, tokens.

Made by set-up calls and by requests, read by the handlers; no HTTP, no JSON, no judgement.
An author (`login`) of None is a deleted account.
"""

from dataclasses import dataclass, field

from tests.github.bare import BareRepository

ROLES = ("none", "read", "triage", "write", "maintain", "admin")


@dataclass
class Reaction:
    id: int
    login: str | None
    content: str
    created_at: str


@dataclass
class ReviewComment:
    id: int
    pull: int
    path: str
    body: str
    login: str | None
    association: str
    created_at: str
    updated_at: str
    original_commit: str
    commit: str
    diff_hunk: str
    line: int | None
    original_line: int | None
    side: str = "RIGHT"
    start_line: int | None = None
    in_reply_to: int | None = None
    review: int | None = None
    whole_file: bool = False
    reactions: list[Reaction] = field(default_factory=list)
    minimized: str | None = None
    edited_at: str | None = None


@dataclass
class IssueComment:
    id: int
    number: int
    body: str
    login: str | None
    association: str
    created_at: str
    updated_at: str
    reactions: list[Reaction] = field(default_factory=list)
    minimized: str | None = None
    edited_at: str | None = None


@dataclass
class Review:
    id: int
    pull: int
    login: str | None
    association: str
    state: str
    body: str
    commit: str
    submitted_at: str


@dataclass
class Thread:
    """`node` is the GraphQL id; `root` the id of the first comment."""

    node: str
    root: int
    pull: int
    resolved_by: str | None = None
    outdated: bool = False


@dataclass
class Pull:
    """`fork` is the full name of the head's repository; None: the repository itself; "": a fork deleted since."""

    number: int
    title: str
    body: str
    login: str | None
    association: str
    base: str
    head: str
    created_at: str
    updated_at: str
    fork: str | None = None
    state: str = "open"
    draft: bool = False
    locked: bool = False
    labels: list[str] = field(default_factory=list)
    base_sha: str = ""
    head_sha: str = ""
    merge_commit: str | None = None
    merged_at: str | None = None
    closed_at: str | None = None


@dataclass
class CheckRun:
    id: int
    name: str
    head_sha: str
    status: str
    conclusion: str | None
    title: str | None
    summary: str | None
    details_url: str | None
    annotations: int
    started_at: str
    completed_at: str | None


@dataclass
class Dispatch:
    """A workflow run that was asked for."""

    workflow: str
    ref: str
    inputs: dict[str, object]
    login: str


@dataclass
class Setup:
    """What somebody has set a repository to: names of secrets by environment, rules by branch, runners."""

    actions: bool = True
    environments: dict[str, list[str]] = field(default_factory=dict)
    rules: dict[str, list[str]] = field(default_factory=dict)
    runners: list[tuple[list[str], str]] = field(default_factory=list)  # labels, status


@dataclass
class Repository:
    id: int
    full_name: str
    git: BareRepository
    default: str = "main"
    private: bool = False
    pulls: dict[int, Pull] = field(default_factory=dict)
    review_comments: dict[int, ReviewComment] = field(default_factory=dict)
    issue_comments: dict[int, IssueComment] = field(default_factory=dict)
    reviews: dict[int, Review] = field(default_factory=dict)
    threads: dict[int, Thread] = field(default_factory=dict)
    checks: dict[int, CheckRun] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)
    workflows: set[str] = field(default_factory=set)
    workflow_inputs: dict[str, set[str]] = field(default_factory=dict)
    dispatches: list[Dispatch] = field(default_factory=list)
    setup: Setup = field(default_factory=Setup)


@dataclass
class Token:
    """`permissions` None is a person's token that may do all that the person may; `repositories` None is all."""

    login: str
    permissions: dict[str, str] | None
    expires: float
    repositories: frozenset[str] | None = None


@dataclass
class Installation:
    """The app's installation; `repositories` None is all that there are, `permissions` what its owner accepted."""

    id: int
    permissions: dict[str, str]
    repositories: frozenset[str] | None = None
    suspended: bool = False
