"""The Actions runner, a clock and the state branch in memory."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from reviewlore.domain.events import Annotation
from reviewlore.ports import Clock, Runner, Store


@dataclass
class FakeRunner(Runner):
    """Keeps what a run says."""

    outputs: dict[str, str] = field(default_factory=dict)
    summary: str = ""
    annotations: list[Annotation] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)

    def output(self, name: str, value: str) -> None:
        self.outputs[name] = value

    def summarize(self, markdown: str) -> None:
        self.summary += markdown

    def annotate(self, annotation: Annotation) -> None:
        self.annotations.append(annotation)

    def log(self, text: str) -> None:
        self.lines.append(text)

    def save(self, name: str, data: bytes) -> str:
        self.files[name] = data
        return f"/temp/{name}"


@dataclass
class FakeClock(Clock):
    """Stands still."""

    at: str = "2026-11-20T10:00:00Z"

    def now(self) -> str:
        return self.at

    def monotonic(self) -> float:
        return 0.0


@dataclass
class FakeStore(Store):
    """The state branch as a dictionary; `failure` is raised by the next update."""

    files: dict[str, bytes] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)
    failure: Exception | None = None

    def head(self) -> str | None:
        return f"{len(self.messages):040x}" if self.messages else None

    def read(self, path: str) -> bytes | None:
        return self.files.get(path)

    def paths(self, prefix: str = "") -> tuple[str, ...]:
        return tuple(sorted(path for path in self.files if path.startswith(prefix)))

    def ids(self, prefix: str = "") -> Mapping[str, str]:
        return {path: hashlib.sha256(data).hexdigest() for path, data in self.files.items() if path.startswith(prefix)}

    def update(
        self, change: Callable[[Store], Mapping[str, bytes | None]], message: Callable[[], str], now: str
    ) -> str | None:
        if self.failure is not None:
            raise self.failure
        changed = {path: data for path, data in change(self).items() if self.files.get(path) != data}
        if not changed:
            return None
        for path, data in changed.items():
            if data is None:
                self.files.pop(path, None)
            else:
                self.files[path] = data
        self.messages.append(message())
        return self.head()
