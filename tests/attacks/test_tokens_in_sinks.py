"""Tokens of every issuer, quoted from a diff or by a model, leave in no sink: neither comments nor the runner's."""

import base64
import json
import string

import pytest

from reviewlore.adapters.actions import ActionsRunner
from reviewlore.domain.events import Annotation
from reviewlore.flows.publish import Desk

LETTERS = string.ascii_letters + string.digits


def drawn(length, alphabet=LETTERS, step=7):
    """Characters that look drawn, the same in every run, and that no scanner takes for a real secret of this file."""
    return "".join(alphabet[(number * number * 31 + number * step + 5) % len(alphabet)] for number in range(length))


def jwt():
    head = base64.urlsafe_b64encode(b'{"alg":"RS256","typ":"JWT"}').decode().rstrip("=")
    claims = base64.urlsafe_b64encode(b'{"iss":"123456","exp":1764000000}').decode().rstrip("=")
    return f"{head}.{claims}.{drawn(86)}"


UPPER, LOWER, HEX = string.ascii_uppercase + string.digits, string.ascii_lowercase + string.digits, "0123456789abcdef"
TOKENS = {
    "GitHub classic": "gh" + "p_" + drawn(36),
    "GitHub OAuth": "gh" + "o_" + drawn(36),
    "GitHub user": "gh" + "u_" + drawn(36),
    "GitHub server": "gh" + "s_" + drawn(36),
    "GitHub server, stateless": "gh" + "s_123456_" + jwt(),
    "GitHub refresh": "gh" + "r_" + drawn(76),
    "GitHub fine-grained": "github" + "_pat_" + drawn(22) + "_" + drawn(59),
    "GitLab": "gl" + "pat-" + drawn(20),
    "AWS": "AK" + "IA" + drawn(16, UPPER),
    "Google": "AI" + "za" + drawn(35),
    "Google OAuth": "ya" + "29." + drawn(60),
    "Azure": drawn(3) + "8" + "Q~" + drawn(34),
    "Slack": "xo" + "xb-" + drawn(12, string.digits) + "-" + drawn(13, string.digits) + "-" + drawn(24),
    "Slack webhook": "https://hooks.slack"
    + ".com/services/T"
    + drawn(8, UPPER)
    + "/B"
    + drawn(8, UPPER)
    + "/"
    + drawn(24),
    "Stripe": "sk" + "_live_" + drawn(24),
    "npm": "np" + "m_" + drawn(36),
    "PyPI": "pyp" + "i-AgEIcHlwaS5vcmc" + drawn(120),
    "OpenAI": "s" + "k-proj-" + drawn(100),
    "Anthropic": "s" + "k-ant-api03-" + drawn(93) + "AA",
    "Hugging Face": "h" + "f_" + drawn(34),
    "SendGrid": "S" + "G." + drawn(22) + "." + drawn(43),
    "DigitalOcean": "do" + "p_v1_" + drawn(64, HEX),
    "JWT": jwt(),
    "PEM": "-----BEGIN RSA PRIVATE "
    + "KEY-----\n"
    + "\n".join([drawn(64)] * 6)
    + "\n-----END RSA PRIVATE "
    + "KEY-----",
    "SSH": "-----BEGIN OPENSSH PRIVATE "
    + "KEY-----\n"
    + "\n".join([drawn(70)] * 5)
    + "\n-----END OPENSSH PRIVATE KEY-----",
}


@pytest.fixture
def sinks(tmp_path):
    said = []
    environ = {"GITHUB_OUTPUT": str(tmp_path / "output"), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary")}
    runner = ActionsRunner(environ | {"RUNNER_TEMP": str(tmp_path)}, (), said.append)

    def saved(text):
        runner.save("review.json", json.dumps({"findings": [{"why": text, "after": "kept"}]}).encode())
        document = json.loads((tmp_path / "review.json").read_text())
        assert document["findings"][0]["after"] == "kept"
        return json.dumps(document)

    def written(name, act):
        act()
        return (tmp_path / name).read_text()

    def printed(act):
        act()
        return said.pop()

    return {
        "comment": lambda text: Desk(None, None, "").clean(text),
        "log": lambda text: printed(lambda: runner.log(text)),
        "annotation": lambda text: printed(lambda: runner.annotate(Annotation("warning", text, "a.py", 1, text))),
        "summary": lambda text: written("summary", lambda: runner.summarize(text)),
        "output": lambda text: written("output", lambda: runner.output("skip-reason", text)),
        "results": saved,
    }


@pytest.mark.parametrize("sink", ["comment", "log", "annotation", "summary", "output", "results"])
@pytest.mark.parametrize("kind", TOKENS)
def test_no_token_leaves(sinks, sink, kind):
    token = TOKENS[kind]
    said = sinks[sink](f"The key `{token}` is in the diff; take it out.")
    secret = token.split("\n")[1] if "\n" in token else token
    assert not any(
        secret[at : at + 20] in said for at in range(max(1, len(secret) - 19)) if at >= 12 or len(secret) < 33
    )
    assert "is in the diff; take it out." in said


def test_what_is_no_secret_stays_as_it_is(sinks):
    """Ids of runs, commits, paths of the runner, addresses: outputs are read by machines."""
    for text in (
        "12345678901-2",
        "a" * 40,
        "/home/runner/work/_temp/review.json",
        "https://github.com/octo/demo/pull/7",
    ):
        for name in ("log", "annotation", "summary", "output", "results"):
            assert text in sinks[name](text).replace("%3A", ":")
