"""A runner of GitHub's played by act on this machine: the real action.yml and workflows against the fake GitHub."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.github.examples import find_example
from tests.github.fake import FakeGitHub

ROOT = Path(__file__).parents[2]
EVENTS = Path(__file__).parent / "events"
ACT = Path(sys.executable).with_name("act")
RUNNERS = ("ubuntu-24.04", "self-hosted", "gpu")
# A stranger's modules in the checkout: whoever puts the checkout on the import path runs them.
COMMANDS = (ROOT / ".github/workflows/commands.yml").read_text()
# act only checks out by itself where no `ref` is asked for; this stands for actions/checkout with one.
CHECKOUT = """\
name: checkout
description: Clones the repository from the server at a branch, as actions/checkout does.
inputs:
  ref: {description: The branch., required: true}
  fetch-depth: {description: Not modelled., required: false}
  persist-credentials: {description: Not modelled., required: false}
runs:
  using: composite
  steps:
    - shell: bash
      env:
        REF: ${{ inputs.ref }}
      run: git clone --quiet --branch "$REF" "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY.git" .
"""
TRAPS = {f"{name}.py": "open('/TRAP', 'w')\n" for name in ("click", "git", "json", "sitecustomize", "reviewlore")}
BASE = {
    ".reviewlore.toml": '[architecture]\nlayers = ["shop.api", "shop.services", "shop.storage"]\n',
    "shop/__init__.py": "",
    "shop/api.py": "from shop.services import ship\n\n\ndef post(order):\n    return ship(order)\n",
    "shop/services.py": "from shop.storage import save\n\n\ndef ship(order):\n    save(order)\n    return order\n",
    "shop/storage.py": "ROWS = []\n\n\ndef save(order):\n    ROWS.append(order)\n",
}
CHANGE = {"shop/storage.py": "from shop.api import post\n\nROWS = []\n\n\ndef save(order):\n    post(order)\n"}


@dataclass
class Stage:
    """A fake GitHub with `octo/demo`, whose pull request 1 crosses a declared layer, and a runner's checkout of it."""

    fake: FakeGitHub
    root: Path
    head: str

    @property
    def repo(self):
        return self.fake.repos["octo/demo"]

    @property
    def state(self):
        """The files of the state branch with their contents."""
        names = self.repo.git.text("ls-tree", "-r", "--name-only", "reviewlore/state").split()
        return {name: self.repo.git.text("show", f"reviewlore/state:{name}") for name in names}

    def act(self, event, payload, token, workflow, checkout="main"):
        """Run one workflow as GitHub would and return (exit status, everything it printed).

        act copies the work tree instead of checking out, so `checkout` is what actions/checkout would have made.
        """
        workspace, home = self.root / "workspace", self.root / "home"
        if not workspace.exists():
            home.mkdir()
            (self.root / "checkout").mkdir()
            (self.root / "checkout/action.yml").write_text(CHECKOUT)
            git(self.root, "clone", "--quiet", str(self.repo.git.path), str(workspace))
        git(workspace, "checkout", "--quiet", "--detach", f"origin/{checkout}")
        (home / "event.json").write_text(json.dumps(payload))
        environ = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
        environ |= {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache"), "PATH": f"{ACT.parent}:{environ['PATH']}"}
        command = [str(ACT), event, "-W", f".github/workflows/{workflow}", "-e", str(home / "event.json")]
        command += [part for name in RUNNERS for part in ("-P", f"{name}=-self-hosted")]
        # Without --no-cache-server act listens on the address of this machine that faces the network.
        command += ["--action-offline-mode", "--no-cache-server", "--json", "-s", f"GITHUB_TOKEN={token}"]
        pinned = next(line.split()[1] for line in COMMANDS.splitlines() if "uses: actions/checkout@" in line)
        command += ["--local-repository", f"file://{self.root}/server/{pinned}={self.root}/checkout"]
        settings = {
            "GITHUB_API_URL": self.fake.base,
            "GITHUB_SERVER_URL": f"file://{self.root}/server",
            "GITHUB_REPOSITORY": "octo/demo",
            "REVIEWLORE_PYTHON": sys.executable,
        }
        command += [part for name, value in settings.items() for part in ("--env", f"{name}={value}")]
        done = subprocess.run(
            command, cwd=workspace, env=environ, capture_output=True, text=True, timeout=120, check=False
        )
        return done.returncode, "\n".join(map(message_of, (done.stdout + done.stderr).splitlines()))

    def comment(self, body, login, token=None):
        """Write a comment and run the workflow of the commands for it."""
        comment = self.fake.add_issue_comment("octo/demo", 1, body, login)
        payload = json.loads((EVENTS / "issue_comment.json").read_text())
        payload["comment"] |= {"id": comment.id, "body": body, "user": {"login": login, "type": "User"}}
        # What the payload claims about the author must not matter.
        payload["comment"]["author_association"] = "OWNER"
        payload["sender"] = {"login": login, "type": "User"}
        token = token or self.fake.workflow_token("octo/demo")
        return comment, *self.act("issue_comment", payload, token, "commands.yml")

    def example(self, event, **fields):
        """A published payload of an event, turned to this repository and its pull request as they are now."""
        payload = find_example(event, **fields)
        payload["repository"] |= {"full_name": "octo/demo", "default_branch": "main"}
        if "pull_request" in payload:
            pull = self.repo.pulls[1]
            head = {"ref": pull.head, "sha": pull.head_sha}
            payload["pull_request"] |= {"number": 1}
            payload["pull_request"]["head"] |= head
            payload["pull_request"]["head"]["repo"]["full_name"] = pull.fork or "octo/demo"
            payload["pull_request"]["base"] |= {"ref": "main", "sha": pull.base_sha}
        return payload

    def opened(self, token):
        """Run the workflow of the reviews for pull request 1 as it was opened."""
        payload = json.loads((EVENTS / "pull_request.json").read_text())
        payload["pull_request"]["head"]["sha"] = self.head
        return self.act("pull_request", payload, token, "review.yml", checkout="feat")

    def reactions(self, comment):
        return [reaction.content for reaction in comment.reactions]

    def writes(self):
        """All requests that change something (GraphQL is only read here)."""
        return [each for each in self.fake.log if each.method != "GET" and not each.url.endswith("/graphql")]

    def answers(self):
        return [each.body for each in self.repo.issue_comments.values() if "reviewlore:reply=" in each.body]


def git(folder, *arguments):
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True)


def message_of(line):
    try:
        return json.loads(line).get("msg", "").rstrip()
    except ValueError:
        return line
