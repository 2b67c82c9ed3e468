"""A shop on the fake GitHub, and runs of the action that review its pull request, from the event to the last write."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.fakes.runner import FakeClock, FakeRunner, FakeStore
from tests.github.demo import NAME, QUICK
from tests.github.fake import Exchange, FakeGitHub

from reviewlore.adapters.console import QuietConsole
from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.github import connect
from reviewlore.adapters.github_forge import GithubForge
from reviewlore.adapters.grammars import Grammars
from reviewlore.adapters.index import SqliteIndex
from reviewlore.domain.evaluation import Evaluation
from reviewlore.domain.events import ActionInputs, RunContext
from reviewlore.domain.model import Policies
from reviewlore.domain.preference import Remark
from reviewlore.flows.action import run_action
from reviewlore.flows.action_tools import ActionTools
from reviewlore.flows.generation import Writing
from reviewlore.flows.publish import Desk
from reviewlore.flows.review import ReviewContext

URL = f"https://github.com/{NAME}"
LAYERS = '[architecture]\nlayers = ["shop.api", "shop.store"]\n'
FINE = "def save(order):\n    return order\n"
CROSSING = "from shop.api import post\n\n\ndef save(order):\n    return post(order)\n"


class Level:
    """A scorer that prefers nothing."""

    tier = "embedded"
    version = "level"

    def score(self, remarks: Iterable[Remark]) -> list[float]:
        return [0.0 for _ in remarks]


@dataclass
class Shop:
    """A repository whose layers a pull request crosses; `review` runs the action as a push would.

    `meanwhile` happens between the first look at the pull request and its review. `store` is the state branch of all
    runs (None: each has an empty one), `writing` the model that writes.
    """

    fake: FakeGitHub
    folder: Path
    permissions: dict[str, str] = field(default_factory=dict)
    meanwhile: Callable[[], object] = list
    store: FakeStore | None = None
    writing: Writing | None = None

    def build(self, settings: str = "", files: int = 1, **pull: object) -> "Shop":
        """Make the repository and open pull request 1, in which `files` modules import against the layers."""
        fake = self.fake
        fake.add_repo(NAME, self.folder / "shop.git")
        stores = {f"shop/store/part{number}.py": FINE for number in range(files)}
        start = {
            "shop/__init__.py": "",
            "shop/store/__init__.py": "",
            "shop/api.py": "def post(order):\n    return 1\n",
        }
        base = fake.commit(NAME, "main", {".reviewlore.toml": LAYERS + settings, **start, **stores}, "Start")
        fake.commit(NAME, "feat", dict.fromkeys(stores, CROSSING), "Cross", parent=base)
        fake.open_pull(NAME, "main", "feat", **pull)  # type: ignore[arg-type]
        return self

    @property
    def repo(self):
        return next(iter(self.fake.repos.values()))

    @property
    def remarks(self) -> list[str]:
        """The inline comments that people see."""
        return [each.path for each in self.repo.review_comments.values() if each.minimized is None]

    @property
    def summary(self) -> str:
        (summary,) = self.repo.issue_comments.values()
        return summary.body

    def review(self, action: str = "synchronize", **inputs: object) -> "Ran":
        """Run the action on a pull request event; return what it said and which requests it sent."""
        return self._run("pull_request", self._opened(action), ActionInputs("review", **inputs))  # type: ignore[arg-type]

    def analyse(self) -> "Ran":
        """Run the first of the two runs of a review."""
        return self._run("pull_request", self._opened("opened"), ActionInputs("analyse"))

    def post(self, **changes: object) -> "Ran":
        """Run the second, with what GitHub says of the first; `changes` are other words of that event."""
        pull = self.repo.pulls[1]
        run = {"id": 7, "event": "pull_request", "conclusion": "success", "head_sha": pull.head_sha}
        run |= {"head_branch": pull.head, "head_repository": {"full_name": pull.fork or NAME}} | changes
        payload = {"action": "completed", "repository": {"full_name": NAME}, "workflow_run": run}
        return self._run("workflow_run", payload, ActionInputs("post"))

    def _opened(self, action: str) -> dict[str, object]:
        pull = self.repo.pulls[1]
        shown = {"number": 1, "state": "open", "draft": pull.draft}
        commits = {"head": {"sha": pull.head_sha}, "base": {"sha": pull.base_sha}}
        return {"action": action, "repository": {"full_name": NAME}, "pull_request": shown | commits}

    def command(self, body: str, login: str = "octo", thread: int | None = None) -> "Ran":
        """Run the action on a new comment of somebody, in the conversation or as an answer in a thread."""
        user, subject = {"login": login, "type": "User"}, {"number": 1, "state": "open"}
        payload: dict[str, object] = {
            "action": "created",
            "repository": {"full_name": NAME, "default_branch": "main"},
            "sender": user,
        }
        if thread is None:
            said = self.fake.add_issue_comment(NAME, 1, body, login)
            comment = {"id": said.id, "body": body, "user": user, "created_at": said.created_at}
            more = {"issue": subject | {"pull_request": {"url": "x"}}, "comment": comment}
            return self._run("issue_comment", payload | more, ActionInputs("command"))
        root = self.repo.review_comments[thread]
        answer = self.fake.add_review_comment(NAME, 1, root.path, body, login, in_reply_to=thread)
        comment = {"id": answer.id, "in_reply_to_id": thread, "body": body, "user": user}
        more = {"pull_request": subject, "comment": comment | {"created_at": answer.created_at}}
        return self._run("pull_request_review_comment", payload | more, ActionInputs("command"))

    def _run(self, name: str, payload: object, inputs: ActionInputs) -> "Ran":
        runner, before = FakeRunner(), len(self.fake.log)
        token = self.fake.workflow_token(self.repo.full_name, **self.permissions)
        forge = GithubForge(connect(token, self.fake.base, QUICK), NAME)
        repo = GitRepo(self.repo.git.path)
        store = FakeStore() if self.store is None else self.store

        def context(number: int, base: str) -> ReviewContext:
            self.meanwhile()
            return ReviewContext(
                NAME, repo, store, Grammars(), Level(), SqliteIndex, QuietConsole(), writing=self.writing
            )

        tools = ActionTools(
            runner=runner,
            clock=FakeClock(),
            desk=lambda: Desk(forge, forge, URL, run="7"),
            runs=lambda: forge,
            store=lambda: store,
            key=lambda: b"key",
            kept_key=lambda: b"key",
            policies=Policies,
            code=lambda: repo,
            fetch=lambda *_: None,
            bring=lambda _: None,
            review_context=context,
            learn=lambda: "",
            train=lambda *_: "",
            evaluate=lambda _: Evaluation("", (), {}, 0, 7),
        )
        run = RunContext(name, payload, NAME, "https://github.com", "7", f"{URL}/actions/runs/7", inputs)
        status = run_action(run, tools)
        return Ran(status, runner, self.fake.log[before:])


@dataclass
class Ran:
    """What a run said, and the requests it sent."""

    status: int
    runner: FakeRunner
    log: list[Exchange]

    @property
    def outcome(self) -> tuple[str, str]:
        return self.runner.outputs["conclusion"], self.runner.outputs["skip-reason"]

    @property
    def requests(self) -> list[str]:
        """Method and last word of each request; a query and a mutation by what they do."""
        return [_short(each) for each in self.log]


def only_speaks(fake: FakeGitHub) -> None:
    """Fail where any request that was ever sent did more than speak: approve, ask for changes, merge, label, close."""
    for each in fake.log:
        assert each.method in {"GET", "POST", "PATCH"}, each
        body = each.body if isinstance(each.body, dict) else {}
        assert body.get("event", "COMMENT") == "COMMENT", each
        assert not {"state", "labels", "merge_method", "title", "base", "maintainer_can_modify"} & set(body), each
        if each.method != "GET":
            known = ("graphql", "/reviews", "/comments", "/reactions", "/replies", "/check-runs", "/dispatches")
            assert each.url.endswith(known) or "/comments/" in each.url, each
        query = str(body.get("query", ""))
        if query.lstrip().startswith("mutation"):
            called = set(re.findall(r"(\w+)\s*\(\s*input:", query))
            assert called and called <= {"minimizeComment", "resolveReviewThread"}, query


def _short(each: Exchange) -> str:
    query = str(each.body.get("query", "")) if isinstance(each.body, dict) else ""
    if query:
        return "mutation" if query.lstrip().startswith("mutation") else "query"
    parts = each.url.split("?")[0].rsplit("/", 2)
    return f"{each.method} {parts[-2] if parts[-1].isdigit() else parts[-1]}"
