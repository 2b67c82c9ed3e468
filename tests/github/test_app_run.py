"""The App from its queue to the comments: the real queue, crew, clones and processes, on the judged fake."""

import json
import multiprocessing
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.fakes.app import FakeMeter
from tests.github.apps import make_keys
from tests.github.fake import start_fake
from tests.github.hosting import HOOK, Host, wait_for
from tests.github.webhooks import deliver

from reviewlore.adapters.delivery_queue import SqliteDeliveryQueue
from reviewlore.wiring_app import AppOptions, open_crew
from reviewlore.wiring_secrets import AppSecrets

NAME = "octo/demo"


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    with start_fake(make_keys().public, 7) as fake:
        running = Host(fake, tmp_path).add()
        yield running
        running.queue.close()


def granted(host: Host) -> list[dict[str, str]]:
    return [each.body["permissions"] for each in host.fake.sent("POST", "access_tokens")]


def test_an_opened_pull_request_is_reviewed_once(host: Host) -> None:
    host.fake.add_repo("octo/other", host.root / "other.git")
    queue = host.work_off(host.opened(), host.opened(action="reopened"))
    assert queue.counts()["done"] == 2
    assert len(host.answers()) == 1 and len(host.fake.repos[NAME].review_comments) == 1
    assert granted(host) == [{"metadata": "read", "contents": "read", "pull_requests": "write", "checks": "write"}] * 2
    assert all(each.body["repository_ids"] == [host.fake.repos[NAME].id] for each in host.fake.sent("POST", "tokens"))
    assert not host.fake.tokens, "a token outlived its job"
    app = host.root / "app"
    assert not list((app / "jobs").iterdir()), "what strangers sent outlived its job"
    assert [path.name for path in (app / "clones").iterdir()] == [f"{host.fake.repos[NAME].id}.git"]
    written = "\n".join((*host.logs(), *host.said, *(str(each.body) for each in host.fake.log)))
    assert "reviewlore: success" in written
    for canary in (make_keys().private.splitlines()[1], HOOK.decode(), "ghs_"):
        assert canary not in written


def test_commands_are_answered_once_with_the_permissions_for_them_and_ours_start_nothing(host: Host) -> None:
    """Attack 9: the App's own comments, and those of other bots, cause no request at all."""
    host.add("octo/train").fake.repos["octo/train"].workflows.add("reviewlore-learn.yml")
    host.work_off(host.comment("/lore help"), host.comment("/lore train", name="octo/train"))
    assert len(host.answers()) == 1 and "/lore dismiss" in host.answers()[0]
    assert [each.workflow for each in host.fake.repos["octo/train"].dispatches] == ["reviewlore-learn.yml"]
    asked = {each.body["repository_ids"][0]: each.body["permissions"] for each in host.fake.sent("POST", "_tokens")}
    least = {"metadata": "read", "contents": "read", "pull_requests": "write"}
    assert asked[host.fake.repos[NAME].id] == least
    assert asked[host.fake.repos["octo/train"].id] == {**least, "actions": "write"}
    before = host.fake.requests
    talk = [
        host.comment("/lore help", "reviewlore[bot]", "Bot"),
        host.comment(host.answers()[0], "reviewlore[bot]", "Bot"),
        host.comment("Thanks, that helps."),
    ]
    host.fake.repos[NAME].issue_comments.clear()
    queue = host.work_off(*talk)
    assert queue.counts()["done"] == 5
    assert host.fake.requests == before
    assert [each.said for each in queue.listed("done", 3)] == ["not_a_command", "author_is_bot", "author_is_bot"]


def test_a_merge_is_learned_from(host: Host) -> None:
    host.fake.merge_pull(NAME, 1)
    queue = host.work_off(host.pushed())
    assert [each.said for each in queue.listed("done", 1)] == ["success"], host.logs()
    git = host.fake.repos[NAME].git
    assert "cursor.json" in git.text("ls-tree", "-r", "--name-only", "reviewlore/state").split()
    assert granted(host)[0]["contents"] == "write" and granted(host)[0]["pull_requests"] == "read"


def test_a_suspended_installation_is_left_alone(host: Host) -> None:
    """Fault case 24."""
    host.fake.installation.suspended = True
    queue = host.work_off(host.opened())
    (done,) = queue.listed("done", 9)
    assert done.said.startswith("dropped: ") and "suspended" in done.said
    assert not host.answers() and not host.logs()


def test_a_job_that_takes_too_long_is_ended_and_put_back(host: Host) -> None:
    queue = host.queue
    queue.put([host.opened()])
    crew = host.crew(queue, seconds={"review": 0.2})
    crew.start()
    wait_for(lambda: bool(host.said))
    crew.stop(0)
    assert "waiting (timed out)" in host.said[0]
    assert not host.answers() and not host.fake.tokens and not list((host.folder / "jobs").iterdir())


def test_a_server_that_stops_puts_back_what_runs(host: Host) -> None:
    queue = host.queue
    queue.put([host.opened()])
    crew = host.crew(queue)
    crew.start()
    wait_for(lambda: bool(host.fake.sent("POST", "access_tokens")))
    assert crew.alive()
    crew.stop(0)
    assert not crew.alive()
    (waits,) = queue.listed("waiting", 9)
    assert waits.attempts == 0
    again = host.crew(queue)
    again.start()
    wait_for(lambda: queue.counts()["done"] == 1)
    again.stop(5)
    assert len(host.answers()) == 1


def serve(options: AppOptions, secrets: AppSecrets) -> None:
    queue = SqliteDeliveryQueue(options.folder)
    queue.recover()
    open_crew(options, secrets, queue, FakeMeter(), print).start()


def begun(host: Host) -> bool:
    return bool(host.fake.sent("POST", "access_tokens"))


def posted(host: Host) -> bool:
    return bool(host.fake.repos[NAME].reviews)


@pytest.mark.parametrize("moment", [begun, posted], ids=["begun", "posted"])
def test_a_server_that_is_killed_reviews_once(host: Host, moment: Callable[[Host], bool]) -> None:
    queue = host.queue
    queue.put([host.opened()])
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(host.options, host.secrets))
    server.start()
    assert server.pid is not None
    wait_for(lambda: moment(host))
    os.kill(server.pid, signal.SIGKILL)
    server.join()
    assert queue.counts()["running"] == 1
    crew = host.crew(queue)
    crew.start()
    wait_for(lambda: queue.counts()["done"] == 1)
    crew.stop(5)
    assert len(host.answers()) == 1 and len(host.fake.repos[NAME].review_comments) == 1
    assert [each.attempts for each in queue.listed("done", 9)] == [2]


@pytest.fixture
def served(host: Host) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`reviewlore serve` as an operator starts it, with its secrets in files, and its address."""
    for name, text in {"app-id": "7", "private-key.pem": make_keys().private, "webhook-secret": HOOK.decode()}.items():
        (host.folder / name).write_text(text)
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    environ |= {"GITHUB_SERVER_URL": host.options.server_url, "GITHUB_API_URL": host.fake.base}
    command = [sys.executable, "-m", "reviewlore", "serve", "--folder", host.folder.name]
    options = {"env": environ, "cwd": host.root, "text": True}
    checked = subprocess.run([*command, "--check"], **options, capture_output=True, check=False)
    assert checked.returncode == 0, checked
    host.fake.installation.permissions["checks"], host.fake.app_events = "read", ["push"]
    checked = subprocess.run([*command, "--check"], **options, capture_output=True, check=False)
    assert checked.returncode == 2 and "may not write checks" in checked.stdout
    assert "is not sent pull_request." in checked.stdout
    with subprocess.Popen([*command, "--port", "0"], **options, stderr=subprocess.PIPE) as server:
        assert server.stderr is not None
        port = re.search(r"on (\d+);", server.stderr.readline())
        assert port is not None
        try:
            yield server, f"http://127.0.0.1:{port[1]}/webhook"
        finally:
            server.kill()


def test_from_a_signed_delivery_to_the_review_and_a_graceful_end(
    host: Host, served: tuple[subprocess.Popen[str], str]
) -> None:
    server, url = served
    queued = host.opened()
    payload = json.loads(queued.payload)
    assert deliver(url, "pull_request", payload, "another secret 123").status == 401
    first = deliver(url, "pull_request", payload, HOOK.decode())
    again = deliver(url, "pull_request", payload, HOOK.decode(), delivery=first.delivery)
    assert (first.status, again.status) == (202, 200)
    wait_for(lambda: bool(host.answers()) and not host.fake.tokens)
    server.terminate()
    _, said = server.communicate(timeout=30)
    assert server.returncode == 0, said
    assert "pull_request" in said and "done (success)" in said
    assert len(host.answers()) == 1 and len(host.fake.repos[NAME].review_comments) == 1
    assert all(canary not in said for canary in (HOOK.decode(), "ghs_", "PRIVATE KEY"))
