"""A hostile pull request on the fake GitHub, and the action's own composition root run on it, as a runner would.

In: files, titles and comments of an attacker. Out: what the run did, in every sink: requests, log, outputs, summary,
files. Left out are only the installation of the action and the runner itself, which `tests/action` has.
"""

import io
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

from tests.github.fake import Exchange, FakeGitHub, start_fake
from tests.repositories import git

from reviewlore.wiring_action import run

NAME = "octo/demo"
LAYERS = '[architecture]\nlayers = ["shop.api", "shop.storage"]\n'
BASE = {
    ".reviewlore.toml": LAYERS,
    "README.md": "# Shop\n",
    "shop/__init__.py": "",
    "shop/api.py": "from shop.storage import save\n\n\ndef post(order):\n    return save(order)\n",
    "shop/storage.py": "ROWS = []\n\n\ndef save(order):\n    ROWS.append(order)\n",
}
# One remark of ours: the storage may not import the interface.
CROSSING = "from shop.api import post\n\nROWS = []\n\n\ndef save(order):\n    post(order)\n"
PEOPLE = {"maria": "maintain", "wim": "write", "tess": "triage", "ravi": "read"}
Entry = tuple[str, bytes, bytes]


@dataclass
class Ran:
    """What one run did: its exit status, what it printed, its outputs, its summary, its files, and its requests."""

    status: int
    log: str
    outputs: dict[str, str]
    summary: str
    files: dict[str, bytes]
    requests: list[Exchange]

    @property
    def writes(self) -> list[Exchange]:
        """The requests that change something."""
        return [each for each in self.requests if each.method != "GET" and not _is_query(each)]

    @property
    def sinks(self) -> str:
        """Everything that left the run, as one text."""
        sent = [json.dumps(each.body) + each.url for each in self.requests]
        kept = [data.decode("utf-8", "replace") for data in self.files.values()]
        return "\n".join([self.log, json.dumps(self.outputs), self.summary, *sent, *kept])


@dataclass
class Rig:
    """`octo/demo`, whose pull request 1 crosses a declared layer, and the checkout that a runner has of its head."""

    fake: FakeGitHub
    root: Path
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def repo(self):
        return self.fake.repos[NAME]

    @property
    def pull(self):
        return self.repo.pulls[1]

    @property
    def said(self) -> list[str]:
        """All that our identity ever wrote on the pull request."""
        stores = (self.repo.review_comments, self.repo.issue_comments, self.repo.reviews)
        return [each.body for store in stores for each in store.values() if each.login == "github-actions[bot]"]

    def push(self, files: Mapping[str, str | bytes | None], message: str = "Change") -> str:
        """Commit to the branch of the pull request."""
        return self.fake.commit(NAME, "feat", files, message)

    def push_entries(self, entries: Iterable[Entry]) -> str:
        """Push a tree of odd entries (mode, name, content) beside those of the base; git itself would refuse some."""
        rows = {name: (mode, self._blob(data)) for mode, name, data in entries}
        for row in self.repo.git.run("ls-tree", "-z", "feat").split(b"\0"):
            if row:
                meta, _, name = row.partition(b"\t")
                mode, _, sha = meta.split(b" ")
                rows.setdefault(name, (mode.decode().lstrip("0"), sha.decode()))
        ordered = sorted(rows.items(), key=lambda row: row[0] + (b"/" if row[1][0] == "40000" else b""))
        data = b"".join(mode.encode() + b" " + name + b"\0" + bytes.fromhex(sha) for name, (mode, sha) in ordered)
        tree = self.repo.git.run("hash-object", "-t", "tree", "-w", "--stdin", "--literally", stdin=data)
        parent = self.repo.git.rev("feat")
        commit = self.repo.git.run("commit-tree", tree.decode().strip(), "-p", parent, "-m", "Odd").decode().strip()
        self.fake.force_push(NAME, "feat", commit)
        return commit

    def review(self, action: str = "synchronize", token: str = "", **environ: str) -> Ran:
        """Run the action on a pull request event as it stands now."""
        pull = self.pull
        shown = {"number": 1, "state": "open", "locked": False, "draft": False, "title": pull.title, "body": pull.body}
        commits = {"head": {"sha": pull.head_sha, "ref": pull.head}, "base": {"sha": pull.base_sha, "ref": "main"}}
        payload = {"action": action, "pull_request": shown | commits}
        return self.run("pull_request", payload, "review", token, **environ)

    def command(self, body: str, login: str, **changes: object) -> Ran:
        """Run the action on a new comment of somebody; `changes` replaces parts of the payload (`comment__user`)."""
        comment = self.fake.add_issue_comment(NAME, 1, body, login)
        user = {"login": login, "type": "User"}
        payload: dict[str, object] = {
            "action": "created",
            "issue": {"number": 1, "state": "open", "locked": False, "pull_request": {"url": "x"}},
            "comment": {"id": comment.id, "body": body, "user": user, "author_association": "OWNER"},
            "sender": user,
        }
        for place, value in changes.items():
            part, _, key = place.partition("__")
            if key:
                payload[part][key] = value  # type: ignore[index]
            else:
                payload[part] = value
        return self.run("issue_comment", payload, "command")

    def run(self, event: str, payload: dict[str, object], mode: str, token: str = "", **more: str) -> Ran:
        """Run the action in the checkout of the head, and return what left it."""
        temp = self.root / f"temp{len(list(self.root.glob('temp*')))}"
        temp.mkdir()
        payload = {"repository": {"full_name": NAME, "default_branch": "main"}} | payload
        (temp / "event.json").write_text(json.dumps(payload))
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.root),
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": self.fake.base,
            "GITHUB_SERVER_URL": f"file://{self.root}/server",
            "GITHUB_REPOSITORY": NAME,
            "GITHUB_RUN_ID": "7",
            "GITHUB_WORKSPACE": str(self.checkout()),
            "GITHUB_EVENT_NAME": event,
            "GITHUB_EVENT_PATH": str(temp / "event.json"),
            "GITHUB_OUTPUT": str(temp / "output"),
            "GITHUB_STEP_SUMMARY": str(temp / "summary"),
            "RUNNER_TEMP": str(temp),
            "INPUT_MODE": mode,
            "INPUT_GITHUB_TOKEN": token or self.fake.workflow_token(NAME),
            **self.environ,
            **more,
        }
        before, heard = len(self.fake.log), io.StringIO()
        with patch.dict(os.environ, environ, clear=True), redirect_stdout(heard):
            status = run(environ)
        known = {"event.json", "output", "summary"}
        files = {path.name: path.read_bytes() for path in temp.iterdir() if path.is_file() and path.name not in known}
        outputs, summary = (_text(temp / name) for name in ("output", "summary"))
        return Ran(status, heard.getvalue(), read_outputs(outputs), summary, files, self.fake.log[before:])

    def checkout(self) -> Path:
        """Check out the head of the pull request, as actions/checkout does where nobody says otherwise."""
        folder = self.root / "workspace"
        if not folder.exists():
            git(self.root, "clone", "-q", "--no-checkout", str(self.repo.git.path), str(folder))
        git(folder, "fetch", "-q", "origin", "+refs/heads/*:refs/remotes/origin/*", "+refs/pull/*:refs/pull/*")
        return folder

    def _blob(self, data: bytes) -> str:
        return self.repo.git.run("hash-object", "-w", "--stdin", stdin=data).decode().strip()


@contextmanager
def open_rig(root: Path, settings: str = "", files: Mapping[str, str] | None = None, **pull: object) -> Iterator[Rig]:
    """Build the repository and its pull request, by somebody who may only read; nothing but words may ever leave.

    `settings` and `files` are what the base has besides `BASE`.
    """
    from tests.github.reviewing import only_speaks

    with start_fake() as fake:
        fake.add_repo(NAME, root / f"server/{NAME}.git")
        for login, role in PEOPLE.items():
            fake.set_role(NAME, login, role)
        fake.repos[NAME].workflows.update({"learn.yml", "reviewlore-learn.yml"})
        start = BASE | {".reviewlore.toml": LAYERS + settings} | dict(files or {})
        base = fake.commit(NAME, "main", start, "Start")
        fake.commit(NAME, "feat", {"shop/storage.py": CROSSING}, "Cross", parent=base)
        fake.open_pull(NAME, "main", "feat", **{"title": "Cross", "login": "mallory", **pull})  # type: ignore[arg-type]
        yield Rig(fake, root)
        only_speaks(fake)


def read_outputs(text: str) -> dict[str, str]:
    """Read GITHUB_OUTPUT as the runner does: `name=value`, or `name<<mark`, lines, `mark`."""
    rows, found, place = text.split("\n"), {}, 0
    while place < len(rows):
        row = rows[place]
        place += 1
        match = re.fullmatch(r"([^=<]+)<<(.+)", row)
        if match:
            end = rows.index(match[2], place)
            found[match[1]] = "\n".join(rows[place:end])
            place = end + 1
        elif "=" in row:
            name, _, value = row.partition("=")
            found[name] = value
    return found


def _is_query(each: Exchange) -> bool:
    query = str(each.body.get("query", "")) if isinstance(each.body, dict) else ""
    return bool(query) and not query.lstrip().startswith("mutation")


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""
