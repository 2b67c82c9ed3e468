"""Pinning a base model's revision keeps the rest of the settings as it was; the hub is a fake one on the loopback."""

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.adapters.model_server import refused, serve
from tests.command_line import told
from tests.repositories import commit, make_repository

from reviewlore.adapters.resources import load_recipe
from reviewlore.cli import run
from reviewlore.config import RecipeSettings, parse_settings
from reviewlore.errors import ConfigError
from reviewlore.flows.doctor import pin_in_settings

ID = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    "text",
    ["", "[review]\nmax-comments = 3", "[recipes.r]\n", '[recipes.r]\nrevision = "old"\n[review]\nmax-comments = 3\n',
     '[recipes.r]\n\n# kept\n[state]\nbranch = "x"\n', '[recipes.other]\nrevision = "kept"\n'],
)  # fmt: skip
def test_the_revision_is_written_and_nothing_else_changes(text: str) -> None:
    before, after = parse_settings(text), parse_settings(pin_in_settings(text, "r", ID))
    assert after.recipes == {**before.recipes, "r": RecipeSettings(ID)}
    assert (after.review, after.state) == (before.review, before.state)
    assert pin_in_settings(pin_in_settings(text, "r", ID), "r", ID) == pin_in_settings(text, "r", ID)


def test_settings_that_cannot_be_used_are_not_touched() -> None:
    with pytest.raises(ConfigError):
        pin_in_settings("[nonsense]", "r", ID)


@given(st.integers(0, 50), st.booleans())
def test_pinning_survives_any_settings_around_it(comments: int, first: bool) -> None:
    other = f"[review]\nmax-comments = {comments}\n"
    own = '[recipes.r]\nrevision = "old"\n'
    text = own + other if first else other + own
    assert parse_settings(pin_in_settings(text, "r", ID)).review.max_comments == comments


class Hub(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        known = "/api/models/Qwen/" in self.path
        body = json.dumps({"id": "m", "sha": ID} if known else {"error": "Repository not found"}).encode()
        self.send_response(200 if known else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def hub() -> str:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def doctor(
    folder: Path, endpoint: str, *options: str, recipe: str = "dpo_lora_small"
) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "HF_ENDPOINT": endpoint, "NO_PROXY": "127.0.0.1"}
    command = [
        sys.executable,
        "-m",
        "reviewlore",
        "doctor",
        "--repo",
        str(folder),
        "--recipe",
        recipe,
        *options,
    ]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_doctor_resolves_the_base_model_s_revision_and_writes_it(tmp_path: Path, hub: str) -> None:
    pytest.importorskip("huggingface_hub", reason="resolving a model needs the model extra")
    folder = make_repository(tmp_path / "repo")
    commit(folder, {".reviewlore.toml": "[review]\nmax-comments = 3\n"})
    dry = doctor(folder, hub, "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert ID in dry.stdout and "Would write" in dry.stdout
    assert ID not in (folder / ".reviewlore.toml").read_text()
    done = doctor(folder, hub)
    assert done.returncode == 0, done.stderr
    assert parse_settings((folder / ".reviewlore.toml").read_text()).recipes == {"dpo_lora_small": RecipeSettings(ID)}


def test_a_recipe_of_one_s_own_is_pinned_by_its_name(tmp_path: Path, hub: str) -> None:
    pytest.importorskip("huggingface_hub", reason="resolving a model needs the model extra")
    folder = make_repository(tmp_path / "repo")
    commit(folder, {"training/ours.toml": load_recipe("dpo_lora_small")})
    done = doctor(folder, hub, recipe="training/ours.toml")
    assert done.returncode == 0, done.stderr
    assert parse_settings((folder / ".reviewlore.toml").read_text()).recipes == {"ours": RecipeSettings(ID)}


def test_an_unreachable_hub_is_one_sentence(tmp_path: Path) -> None:
    pytest.importorskip("huggingface_hub", reason="resolving a model needs the model extra")
    folder = make_repository(tmp_path / "repo")
    commit(folder, {"a": "1"})
    done = doctor(folder, "http://127.0.0.1:9")
    assert done.returncode == 2
    assert "The hub did not tell the revision of" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder / ".reviewlore.toml").exists()


KEY = "sk-a-key-of-the-server"
LISTED = json.dumps({"data": [{"id": name} for name in ("base", "adapter-1", "odd\nname")]}).encode()


def examined(tmp_path: Path, capsys: pytest.CaptureFixture[str], address: str) -> tuple[int, str]:
    folder = make_repository(tmp_path / "repo")
    settings = f'[model]\nkind = "openai"\nname = "base"\naddress = "{address}"\ntimeout = 2\n'
    commit(folder, {".reviewlore.toml": settings})
    code = run(["doctor", "--repo", str(folder)])
    (said,) = [line for line in capsys.readouterr().out.splitlines() if "model: " in line]
    return code, said


def test_doctor_asks_the_model_s_server_for_its_list_and_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REVIEWLORE_MODEL_KEY", KEY)
    with serve(lambda *_: (200, {}, LISTED)) as server:
        code, said = examined(tmp_path, capsys, server.base)
    assert code == 0
    beside = "adapters and models beside it: adapter-1, odd\\nname."
    assert said == f"ok       model: its server answers and lists base; {beside}"
    assert [(asked.method, asked.path, asked.body) for asked in server.asked] == [("GET", "/v1/models", None)]
    assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        ((200, {}, b'{"data": [{"id": "other"}]}'), 2, "Its server answers, but lists no base, only other."),
        ((200, {}, b'{"data": [{"id": "base:latest"}]}'), 0, "lists base:latest; adapters and models beside it: none."),
        ((200, {}, b"<html>"), 0, "lists no models; whether it has base shows when it is asked."),
        ((307, {"Location": "http://127.0.0.1:9/"}, b""), 2, "sends elsewhere (HTTP 307), which is not followed."),
        (refused(401, f"no {KEY}"), 2, "refuses the key in REVIEWLORE_MODEL_KEY, or its lack (HTTP 401)."),
        (refused(500, f"{KEY} is odd"), 2, "answered with HTTP 500: [redacted] is odd"),
    ],
    ids=["another", "ollama", "no list", "elsewhere", "no key", "broken"],
)
def test_doctor_says_how_the_model_s_server_stands(
    answer: tuple[int, dict[str, str], bytes], code: int, words: str,
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("REVIEWLORE_MODEL_KEY", KEY)
    with serve(lambda *_: answer) as server:
        found = examined(tmp_path, capsys, server.base)
    assert found[0] == code
    assert words in found[1] and KEY not in found[1]
    assert found[1].startswith("PROBLEM" if code else "ok")


def test_doctor_says_that_nobody_answers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = examined(tmp_path, capsys, "http://127.0.0.1:9/v1")
    assert code == 2
    assert "The connection to http://127.0.0.1:9 failed" in said and "Check `[model] address`." in said


def test_one_problem_is_said_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = told(capsys, "doctor", "--repo", str(tmp_path))
    assert code == 2
    assert [line.partition(":")[0] for line in out.splitlines() if line.startswith("PROBLEM")] == [
        "PROBLEM  repository"
    ]
