"""Attacks the fake GitHub with requests that schemathesis makes from GitHub's own description; by hand, for 30 s.

`python -m tests.fuzz.attack_fake [SECONDS]` in the repository's root; 1 where a handler crashed or answered otherwise
than GitHub says. Not in the suite: what it finds depends on how long it may look.
"""

import json
import lzma
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from tests.github.contract import DATA
from tests.github.fake import FakeGitHub

PATHS = (
    r"^/repos/\{owner\}/\{repo\}/(pulls/\{pull_number\}(/files|/reviews|/comments)?|issues/\{issue_number\}/comments"
    r"|check-runs|collaborators/\{username\}/permission)$"
)
CONFIG = """\
[parameters]
"path.owner" = "octo"
"path.repo" = "demo"
"path.pull_number" = 1
"path.issue_number" = 1
"path.username" = "maria"
"""
CHECKS = "response_schema_conformance,not_a_server_error,content_type_conformance"
# What the fake notes of itself; that a made-up request is wrong, or an operation has no handler, is no fault.
FAULTS = ("DEFECT", "RESPONSE")


def main(seconds):
    """Start a fake with one pull request, let schemathesis loose on it, and return 1 where the fake is at fault."""
    with tempfile.TemporaryDirectory() as name, closing(FakeGitHub()) as fake:
        folder = Path(name)
        fake.add_repo("octo/demo", folder / "demo.git")
        fake.set_role("octo/demo", "maria", "maintain")
        start = fake.commit("octo/demo", "main", {"a.py": "A = 1\n"}, "Start")
        fake.commit("octo/demo", "feat", {"a.py": "A = 2\n"}, "Change", parent=start)
        fake.open_pull("octo/demo", "main", "feat")
        description = json.loads(lzma.decompress((DATA / "github-openapi-slim.json.xz").read_bytes()))
        (folder / "description.json").write_text(json.dumps(description))
        (folder / "st.toml").write_text(CONFIG)
        command = [str(Path(sys.executable).with_name("st")), "--config-file", str(folder / "st.toml"), "run"]
        command += [str(folder / "description.json"), "--url", fake.base, "--include-path-regex", PATHS]
        command += ["-H", f"Authorization: token {fake.workflow_token('octo/demo')}", "-c", CHECKS]
        command += ["--phases", "examples,fuzzing", "--max-examples", "15", "--max-time", str(seconds)]
        subprocess.run(command, cwd=folder, check=False)
        found = [each for each in fake.violations if each.kind in FAULTS and "status 501" not in str(each.errors)]
    lines = {f"{each.kind} {each.method} {each.url} {each.errors}\n" for each in found}
    sys.stdout.writelines(sorted(lines))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 30))
