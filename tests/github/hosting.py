"""The App on a fake GitHub: deliveries put into the real queue, worked off by the real crew and its processes."""

import functools
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.fakes.app import FakeMeter
from tests.github.apps import make_keys
from tests.github.fake import FakeGitHub

from reviewlore.adapters.delivery_queue import SqliteDeliveryQueue
from reviewlore.domain.delivery import Delivery
from reviewlore.wiring_app import AppOptions, Crew, open_crew
from reviewlore.wiring_secrets import AppSecrets

SETTINGS = '[architecture]\nlayers = ["shop.api", "shop.store"]\n'
FINE = "def save(order):\n    return order\n"
CROSSING = "from shop.api import post\n\n\ndef save(order):\n    return post(order)\n"
HOOK = b"webhook-canary-0123456789"


@dataclass
class Host:
    """A fake GitHub whose repositories are cloned from a folder, and the folder of an App that is installed on it."""

    fake: FakeGitHub
    root: Path
    said: list[str] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        folder = self.root / "app"
        folder.mkdir(exist_ok=True)
        return folder

    @functools.cached_property
    def queue(self) -> SqliteDeliveryQueue:
        return SqliteDeliveryQueue(self.folder)

    @property
    def options(self) -> AppOptions:
        return AppOptions(self.folder, f"file://{self.root}/server", self.fake.base)

    @property
    def secrets(self) -> AppSecrets:
        return AppSecrets("7", make_keys().private, (HOOK,))

    def add(self, name: str = "octo/demo") -> "Host":
        """Add a repository with pull request 1, which crosses its layers."""
        place = self.root / "server" / f"{name}.git"
        place.parent.mkdir(parents=True, exist_ok=True)
        self.fake.add_repo(name, place)
        start = {"shop/__init__.py": "", "shop/api.py": "def post(order):\n    return 1\n", "shop/store.py": FINE}
        base = self.fake.commit(name, "main", {".reviewlore.toml": SETTINGS, **start}, "Start")
        self.fake.commit(name, "feat", {"shop/store.py": CROSSING}, "Cross", parent=base)
        self.fake.open_pull(name, "main", "feat", "Cross")
        return self

    def repository(self, name: str) -> dict[str, object]:
        return {"full_name": name, "id": self.fake.repos[name].id, "default_branch": "main"}

    def opened(self, name: str = "octo/demo", number: int = 1, action: str = "opened") -> Delivery:
        """The delivery for a pull request that was opened."""
        pull = self.fake.repos[name].pulls[number]
        shown = {"number": number, "state": "open", "head": {"sha": pull.head_sha}, "base": {"sha": pull.base_sha}}
        payload = {"action": action, "repository": self.repository(name), "pull_request": shown}
        return delivery("pull_request", name, payload, f"pull/{number}")

    def pushed(self, name: str = "octo/demo") -> Delivery:
        """The delivery for the default branch, which moved."""
        sender = {"login": "octo", "type": "User"}
        payload = {"ref": "refs/heads/main", "repository": self.repository(name), "sender": sender}
        return delivery("push", name, payload)

    def comment(self, body: str, login: str = "octo", kind: str = "User", name: str = "octo/demo") -> Delivery:
        """The delivery for a new comment on pull request 1."""
        comment = self.fake.add_issue_comment(name, 1, body, login)
        user = {"login": login, "type": kind}
        payload = {
            "action": "created",
            "repository": self.repository(name),
            "issue": {"number": 1, "state": "open", "pull_request": {"url": "x"}},
            "comment": {"id": comment.id, "body": body, "user": user},
            "sender": user,
        }
        return delivery("issue_comment", name, payload, "pull/1")

    def crew(self, queue: SqliteDeliveryQueue, **options: object) -> Crew:
        queue.recover()
        chosen = replace(self.options, **options)  # type: ignore[arg-type]
        return open_crew(chosen, self.secrets, queue, FakeMeter(), self.said.append)

    def work_off(self, *deliveries: Delivery, seconds: float = 60, **options: object) -> SqliteDeliveryQueue:
        """Put deliveries into the queue, and have them worked off to their ends."""
        queue = self.queue
        queue.put(deliveries)
        crew = self.crew(queue, **options)
        crew.start()
        try:
            wait_for(lambda: queue.counts()["waiting"] + queue.counts()["running"] == 0, seconds)
        except AssertionError as error:
            raise AssertionError("\n".join((str(error), *self.said, *self.logs()))) from error
        finally:
            crew.stop(0)
        return queue

    def logs(self) -> list[str]:
        """What the jobs printed."""
        return [path.read_text() for path in sorted((self.root / "app" / "logs").glob("*.log"))]

    def answers(self, name: str = "octo/demo") -> list[str]:
        """What the App wrote into the conversation."""
        return [each.body for each in self.fake.repos[name].issue_comments.values() if each.login == "reviewlore[bot]"]


def delivery(event: str, name: str, payload: dict[str, object], subject: str = "") -> Delivery:
    data = json.dumps(payload | {"installation": {"id": 42}}).encode()
    return Delivery(str(uuid.uuid4()), event, name, 42, subject, data, "2026-11-20T10:00:00Z")


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until something is so; AssertionError where it does not become so."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
