"""`python -m benchmarks action`: steps are run as a runner runs them, and what everybody has is not weighed."""

import pytest
from benchmarks._steps import run_steps

from benchmarks import action

ACTION = """\
inputs:
  mode: {default: review}
runs:
  steps:
    - name: One
      id: one
      env: {GIVEN: "${{ inputs.mode }}"}
      run: |
        printf 'plain=%s\\nlong<<END\\na\\nb\\nEND\\n' "$GIVEN" >> "$GITHUB_OUTPUT"
        echo one
    - name: Two
      id: two
      env: {PLAIN: "${{ steps.one.outputs.plain }}", LONG: "${{ steps.one.outputs.long }}"}
      run: echo "$PLAIN|$LONG|$GITHUB_ACTION_PATH"
"""


@pytest.fixture
def runner(tmp_path):
    (tmp_path / "temp").mkdir()
    return {"PATH": "/usr/bin:/bin", "RUNNER_TEMP": str(tmp_path / "temp"), "GITHUB_WORKSPACE": str(tmp_path)}


def write(folder, text):
    (folder / "action.yml").write_text(text)
    return folder


def test_outputs_and_inputs_reach_the_next_step(tmp_path, runner):
    said = list(run_steps(write(tmp_path, ACTION), {"mode": "learn"}, runner))
    assert said == ["one\n", f"learn|a\nb|{tmp_path}\n"]


@pytest.mark.parametrize(("old", "new"), [("inputs.mode", "github.actor"), ("echo one", "exit 3")])
def test_what_is_not_known_or_fails_ends_the_run(tmp_path, runner, old, new):
    with pytest.raises(SystemExit, match=r"not known here|ended with status 3"):
        list(run_steps(write(tmp_path, ACTION.replace(old, new)), {}, runner))


def test_what_every_environment_has_is_not_weighed(tmp_path):
    packages = tmp_path / "lib" / "site-packages"
    for name, size in (("pip/a.py", 5_000), ("pip-23.0.dist-info/x", 70), ("mine/b.py", 2**20), ("mine/c/d.so", 2**19)):
        (packages / name).parent.mkdir(parents=True, exist_ok=True)
        (packages / name).write_bytes(b"x" * size)
    assert action.weigh(tmp_path) == 1.5
