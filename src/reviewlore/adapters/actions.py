"""The GitHub Actions runner: environment and payload file in, a `RunContext`; outputs, summary, log lines out.

Nothing that is printed or written here can be read as an instruction by the runner: outputs stand between random
delimiters, annotations are escaped, other text stands between stop-commands tokens, and known secrets are taken out.
Source: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

import json
import re
import secrets
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar, get_args

from reviewlore.domain.architecture import Severity
from reviewlore.domain.commands import TrainTier
from reviewlore.domain.events import ActionInputs, Annotation, FailOn, Mode, Outcome, RunContext
from reviewlore.domain.hiding import hide
from reviewlore.domain.visible import visible, visible_line
from reviewlore.errors import ConfigError, InputError
from reviewlore.stages.redact import redact_tokens

T = TypeVar("T")
MAX_SUMMARY = 1_000_000  # bytes; the runner takes 1 MiB a step, and a note has to fit too
MAX_PAYLOAD = 26_000_000  # GitHub sends none above 25 MB
_MAX_MESSAGE = 4_000
_MAX_ANNOTATIONS = 10  # of each level a step; GitHub shows no more
_CUT = b"\n\nThe rest is left out: GitHub takes 1 MiB a step.\n"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,60}")
_REPOSITORY = re.compile(r"[A-Za-z0-9._-]{1,100}/[A-Za-z0-9._-]{1,100}")
_WORKFLOW = re.compile(r"[A-Za-z0-9._-]{1,100}\.ya?ml")
_RECIPE = re.compile(r"[a-z0-9_]{0,60}")
_SERVER = re.compile(r"https?://[A-Za-z0-9.:/_-]{1,200}|file:///[^\s]{1,400}")
_PULL = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
_PATH = re.compile(r"[^\0\r\n]{1,4096}")
_INPUTS = (
    *("mode", "fail-on", "tier", "recipe", "state-repository", "train-workflow"),
    *("repository", "reply-to", "outcome", "artefact"),
)
_ONLY: Mapping[str, Mode] = {"repository": "learn", "reply-to": "report", "outcome": "report", "artefact": "post"}


def read_context(environ: Mapping[str, str]) -> RunContext:
    """Return what the runner's environment says; ConfigError lists every input that cannot be used.

    Inputs are `INPUT_<NAME>` with dashes as underscores; the payload is the file at `GITHUB_EVENT_PATH`.
    """
    problems: list[str] = []
    repository = environ.get("GITHUB_REPOSITORY", "")
    server = environ.get("GITHUB_SERVER_URL", "https://github.com").rstrip("/")
    if not _REPOSITORY.fullmatch(repository):
        problems.append(f"GITHUB_REPOSITORY is {repository!r}, not OWNER/NAME")
    if not _SERVER.fullmatch(server):
        problems.append(f"GITHUB_SERVER_URL is {server!r}, not an address")
    inputs = _read_inputs(environ, problems)
    if problems:
        raise ConfigError("The action cannot run: " + "; ".join(problems) + ". Correct the workflow.")
    run_id, attempt = environ.get("GITHUB_RUN_ID", ""), environ.get("GITHUB_RUN_ATTEMPT", "1")
    delivery = environ.get("REVIEWLORE_DELIVERY")  # of the App, whose runs have no page
    return RunContext(
        event_name=environ.get("GITHUB_EVENT_NAME", ""),
        payload=_read_payload(environ.get("GITHUB_EVENT_PATH", "")),
        repository=inputs.repository or repository,
        server_url=server,
        run_id=f"{run_id}-{attempt}" if run_id else "",
        run_url=f"{server}/{repository}/actions/runs/{run_id}" if run_id.isdigit() and not delivery else "",
        inputs=inputs,
    )


def escape_data(text: str) -> str:
    """Escape the message of a workflow command, so that it stays one line of one command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escape_property(text: str) -> str:
    """Escape a property (`file=`, `title=`) of a workflow command."""
    return escape_data(text).replace(":", "%3A").replace(",", "%2C")


class ActionsRunner:
    """Adapter of the `Runner` port: GITHUB_OUTPUT, GITHUB_STEP_SUMMARY, RUNNER_TEMP and standard output."""

    def __init__(
        self,
        environ: Mapping[str, str],
        hidden: tuple[str, ...] = (),
        write: Callable[[str], object] | None = None,
    ) -> None:
        self._output = _file(environ, "GITHUB_OUTPUT")
        self._summary = _file(environ, "GITHUB_STEP_SUMMARY")
        self._folder = _file(environ, "RUNNER_TEMP") or Path()
        self._hidden = hidden
        self._write = write or _print
        self._annotated: Counter[str] = Counter()

    def output(self, name: str, value: str) -> None:
        """Set an output; its delimiter is 128 random bits and does not occur in the value."""
        if not _NAME.fullmatch(name):
            raise InputError(f"{name!r} is not the name of an output; use letters, digits and dashes.")
        text = self._clean(value)
        if self._output is None:
            self.log(f"{name}={text}")
            return
        mark = _delimiter(text)
        with self._output.open("a", encoding="utf-8", errors="backslashreplace", newline="") as stream:
            stream.write(f"{name}<<{mark}\n{text}\n{mark}\n")

    def summarize(self, markdown: str) -> None:
        """Append to the summary, cut at a line end to what the runner takes; to the log where there is no summary."""
        text = self._clean(markdown) + "\n"
        if self._summary is None:
            self.log(text)
            return
        used = self._summary.stat().st_size if self._summary.exists() else 0
        data = text.encode("utf-8", "backslashreplace")
        if len(data) > MAX_SUMMARY - used:
            data = data[: max(0, MAX_SUMMARY - used)].rpartition(b"\n")[0] + _CUT
        with self._summary.open("ab") as stream:
            stream.write(data)

    def annotate(self, annotation: Annotation) -> None:
        """Print one `::notice::`, `::warning::` or `::error::` command; beyond what GitHub shows, a line of the log."""
        self._annotated[annotation.level] += 1
        if self._annotated[annotation.level] > _MAX_ANNOTATIONS:
            place = f"{annotation.path or ''}:{annotation.line or ''}".strip(":")
            parts = (annotation.level, place, annotation.title, annotation.message[:_MAX_MESSAGE])
            self.log(": ".join(part for part in parts if part))
            return
        properties = {"title": annotation.title, "file": annotation.path or "", "line": str(annotation.line or "")}
        # A line end would be escaped, yet people read titles and paths on one line.
        shown = {name: visible_line(self._clean(value)) for name, value in properties.items() if value}
        listed = ",".join(f"{name}={escape_property(value)}" for name, value in shown.items())
        message = visible(self._clean(annotation.message)[:_MAX_MESSAGE])
        self._write(f"::{annotation.level}{' ' if listed else ''}{listed}::{escape_data(message)}\n")

    def log(self, text: str) -> None:
        """Print text in which no workflow command takes effect."""
        clean = visible(self._clean(text))
        token = _delimiter(clean)
        self._write(f"::stop-commands::{token}\n{clean}\n::{token}::\n")

    def save(self, name: str, data: bytes) -> str:
        """Write a file to the runner's folder for temporary files and return its path."""
        if not _NAME.fullmatch(name.replace(".", "_")):
            raise InputError(f"{name!r} is not a plain file name.")
        path = self._folder / name
        path.write_bytes(self._clean(data.decode("utf-8", "backslashreplace")).encode())
        return str(path)

    def _clean(self, text: str) -> str:
        """Take out secrets of this run, and those of others that a diff or a model's answer may quote."""
        return redact_tokens(hide(text, self._hidden))


class ActionsConsole:
    """Adapter of the `Console` port: progress as plain lines of the log, warnings as annotations."""

    def __init__(self, runner: ActionsRunner) -> None:
        self._runner = runner

    def step(self, title: str, text: str = "") -> None:
        """Announce a step."""
        self._runner.log(f"{title}. {text}".rstrip(". ") + ".")

    def say(self, text: str) -> None:
        """Tell one line."""
        self._runner.log(text)

    def warn(self, text: str) -> None:
        """Tell one line that deserves attention."""
        self._runner.annotate(Annotation("warning", text, title="reviewlore"))

    def track(self, items: Iterable[T], label: str, total: int | None = None) -> Iterator[T]:
        """Pass items through; a log is no place for a moving bar."""
        self._runner.log(label if total is None else f"{label} ({total})")
        yield from items


def _read_inputs(environ: Mapping[str, str], problems: list[str]) -> ActionInputs:
    given = {name: environ.get(f"INPUT_{name.upper().replace('-', '_')}", "").strip() for name in _INPUTS}

    def chosen(name: str, allowed: tuple[T, ...], default: T) -> T:
        found = next((value for value in allowed if value == given[name]), None)
        if given[name] and found is None:
            problems.append(f"the input {name} is {given[name]!r}, not one of {', '.join(map(str, allowed))}")
        return default if found is None else found

    def matching(name: str, pattern: re.Pattern[str], what: str, default: str = "") -> str:
        if given[name] and not pattern.fullmatch(given[name]):
            problems.append(f"the input {name} is {given[name]!r}, not {what}")
        return given[name] or default

    fails: tuple[FailOn, ...] = (*get_args(Severity), "never")
    modes: tuple[Mode, ...] = get_args(Mode)
    tiers: tuple[TrainTier, ...] = get_args(TrainTier)
    outcomes: tuple[Outcome, ...] = get_args(Outcome)
    if not given["mode"]:
        problems.append(f"the input mode is missing; give one of {', '.join(modes)}")
    problems += _misplaced(given, modes)
    number = matching("reply-to", _PULL, "the number of a pull request")
    return ActionInputs(
        mode=chosen("mode", modes, "review"),
        fail_on=chosen("fail-on", fails, "never") if given["fail-on"] else None,
        tier=chosen("tier", tiers, "embedded"),
        recipe=matching("recipe", _RECIPE, "the name of a recipe"),
        state_repository=matching("state-repository", _REPOSITORY, "OWNER/NAME"),
        train_workflow=matching("train-workflow", _WORKFLOW, "the file name of a workflow", "reviewlore-learn.yml"),
        reply_to=int(number) if _PULL.fullmatch(number) else 0,
        outcome=chosen("outcome", outcomes, "failure") if given["outcome"] else None,
        artefact=matching("artefact", _PATH, "a path"),
        repository=matching("repository", _REPOSITORY, "OWNER/NAME"),
    )


def _misplaced(given: Mapping[str, str], modes: tuple[Mode, ...]) -> list[str]:
    """Return what is wrong with inputs that go with one mode, or with another input, only."""
    found = [
        f"the input {name} goes with the mode {mode} only"
        for name, mode in _ONLY.items()
        if given[name] and given["mode"] in modes and given["mode"] != mode
    ]
    if given["reply-to"] and not given["outcome"]:
        found.append("the input reply-to needs the input outcome, how the job of the training ended")
    return found


def _read_payload(path: str) -> object:
    """Return the event's JSON. A run without one (`act` for a schedule) has an empty event."""
    file = Path(path) if path else None
    if file is None or not file.is_file():
        return {}
    if file.stat().st_size > MAX_PAYLOAD:
        raise InputError(f"The event at {file} is larger than any that GitHub sends. Look at what wrote it.")
    try:
        payload: object = json.loads(file.read_text(encoding="utf-8") or "{}")
    except (ValueError, RecursionError) as error:
        raise InputError(f"The event at {file} is not valid JSON ({error}). Look at what wrote it.") from error
    return payload


def _file(environ: Mapping[str, str], name: str) -> Path | None:
    value = environ.get(name, "")
    return Path(value) if value else None


def _delimiter(text: str) -> str:
    """Return 128 random bits as text that does not occur in `text`."""
    while True:
        mark = f"reviewlore-{secrets.token_hex(16)}"
        if mark not in text:
            return mark


def _print(text: str) -> None:
    # A runner of one's own may have a locale without a sign of the text.
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
    sys.stdout.flush()
