"""The App's registration through a browser: a page on the loopback, GitHub's code, and secrets in files."""

import json
import stat
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from html import unescape
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import urljoin

import pytest
from click.testing import CliRunner

from reviewlore.adapters.registration import Registered, Registrar, Registry
from reviewlore.cli import commands
from reviewlore.errors import InputError, RefusedError
from reviewlore.flows.app import all_permissions
from reviewlore.formats.app_manifest import render_form, render_manifest

# What GitHub documents as the answer to "Create a GitHub App from a manifest", as far as it is read.
MADE = {
    "id": 7,
    "slug": "our-lore",
    "html_url": "https://github.com/apps/our-lore",
    "pem": "-----BEGIN RSA PRIVATE KEY-----\ncanary\n",
    "webhook_secret": "canary-webhook",
}
FILES = {"id": "app-id", "pem": "private-key.pem", "webhook_secret": "webhook-secret"}


class Forge(HTTPServer):
    """Exchanges one code for an App, once, as GitHub does."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", 0), _Exchange)
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Exchange(BaseHTTPRequestHandler):
    server: Forge

    def do_POST(self) -> None:
        self.server.asked.append(self.path)
        good = self.path == "/app-manifests/c0de/conversions"
        data = json.dumps(MADE if good else {"message": "Not Found"}).encode()
        self.send_response(201 if good else 404)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def forge() -> Iterator[Forge]:
    with Forge() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


class Desk:
    """A registrar that waits in a thread, and a browser."""

    def __init__(self, forge: Forge, folder: Path, seconds: float = 20) -> None:
        files = {name: folder / file for name, file in FILES.items()}
        self.registrar = Registrar(Registry("https://github.com/settings/apps/new", forge.url, files))
        self.made: list[Registered] = []
        self.raised: list[Exception] = []
        self._thread = threading.Thread(target=self._wait, args=(seconds,), daemon=True)
        self._thread.start()

    def _wait(self, seconds: float) -> None:
        try:
            self.made.append(self.registrar.wait(render_manifest("lore", "https://h.example", {}), seconds))
        except RefusedError as error:
            self.raised.append(error)

    def get(self, path: str, host: str = "") -> tuple[int, str]:
        request = urllib.request.Request(urljoin(self.registrar.address, path), headers={"Host": host} if host else {})
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def end(self) -> None:
        self._thread.join(20)
        assert not self._thread.is_alive()

    @property
    def state(self) -> str:
        return self.get("")[1].partition("?state=")[2].partition('"')[0]


def test_an_app_is_registered(forge: Forge, tmp_path: Path) -> None:
    folder = tmp_path / "app"
    desk = Desk(forge, folder)
    status, page = desk.get("/done?code=c0de&state=" + desk.state)
    desk.end()
    assert status == 200 and "https://github.com/apps/our-lore/installations/new" in page
    assert desk.made == [Registered("7", "our-lore", MADE["html_url"])]
    assert (folder / "app-id").read_text() == "7\n" and (folder / "private-key.pem").read_text() == MADE["pem"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert "canary" not in page
    with pytest.raises(RefusedError, match="registered here already"):
        Desk(forge, folder)


def test_nobody_else_registers_an_app_of_theirs(forge: Forge, tmp_path: Path) -> None:
    desk = Desk(forge, tmp_path)
    for target in ("/done?code=c0de&state=guessed", "/done?code=c0de", f"/done?code=c0de&state={desk.state}x"):
        assert desk.get(target)[0] == 403
    state = desk.state
    for target in ("/done?code=../../app&state=" + state, "/done?state=" + state, "/other", "/"):
        assert desk.get(target)[0] == 404
    assert desk.get("", host="evil.example")[0] == 421
    assert "?state=" not in desk.get("", host="evil.example")[1]
    assert not forge.asked and not list(tmp_path.iterdir())
    assert desk.get("/done?code=wrong&state=" + state)[0] == 502
    assert not list(tmp_path.iterdir()) and not desk.made
    assert desk.get("/done?code=c0de&state=" + state)[0] == 200
    desk.end()


def test_it_does_not_wait_for_ever(forge: Forge, tmp_path: Path) -> None:
    desk = Desk(forge, tmp_path, seconds=0.05)
    desk.end()
    assert "Nobody registered the App" in str(desk.raised[0])


def test_a_port_that_is_taken_is_said(forge: Forge, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be listened at"):
        Registrar(Registry("x", "y", {}), forge.server_port)


def test_the_manifest_asks_for_what_jobs_need_and_no_more() -> None:
    ran = CliRunner().invoke(commands, ["register", "--manifest", "--url", "https://lore.example/app/"])
    told = json.loads(ran.output)
    assert told["hook_attributes"] == {"url": "https://lore.example/app/webhook", "active": True}
    assert told["public"] is False and "redirect_url" not in told
    assert told["default_permissions"] == all_permissions() == {
        "actions": "write", "checks": "write", "contents": "write", "issues": "read", "metadata": "read",
        "pull_requests": "write",
    }  # fmt: skip
    assert told["default_events"] == ["issue_comment", "pull_request", "pull_request_review_comment", "push"]


def test_a_name_does_nothing_on_the_page() -> None:
    manifest = render_manifest('"><script>alert(1)</script>', "https://h.example", {}, "http://127.0.0.1:1/done")
    page = render_form(manifest, 'https://github.com/settings/apps/new?state="', ("/a/<key>.pem",))
    assert "<li><code>/a/&lt;key&gt;.pem</code></li>" in page
    assert "<script>" not in page and 'state="' not in page.partition("method")[0].replace("state=&quot;", "")
    value = page.partition('name="manifest" value="')[2].partition('"')[0]
    assert json.loads(unescape(value)) == json.loads(manifest)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--url", "http://h.example"], "no address that GitHub sends to"),
        (["--url", "https://h.example", "--organization", "../x"], "no name of an organisation"),
        (["--url", "https://h.example"], "--folder DIR"),
    ],
)
def test_arguments_that_cannot_be_used(arguments: list[str], said: str) -> None:
    ran = CliRunner().invoke(commands, ["register", *arguments])
    assert isinstance(ran.exception, InputError) and said in str(ran.exception)
