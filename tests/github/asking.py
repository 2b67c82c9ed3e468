"""A shop on the fake GitHub with a clone of it, and the command line that reviews its pull request in that clone."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.command_line import told
from tests.github.demo import NAME, QUICK
from tests.github.fake import Exchange, FakeGitHub
from tests.github.reviewing import Shop
from tests.repositories import git

from reviewlore.adapters.github_answers import Patience

CLEAN = ("GITHUB_TOKEN", "GH_TOKEN", "GITHUB_API_URL", "GITHUB_SERVER_URL", "REVIEWLORE_MODEL_KEY")


@dataclass
class Told:
    """How a run ended, what it printed, and the requests it sent."""

    status: int
    out: str
    err: str
    log: list[Exchange]

    @property
    def review(self) -> dict:
        return json.loads(self.out)

    @property
    def writes(self) -> list[Exchange]:
        """The requests that change something: all but GETs and queries."""
        return [each for each in self.log if each.method != "GET" and not _is_query(each)]


@dataclass
class Caller:
    """A shop, its clone, and the person whose token is in the environment."""

    shop: Shop
    clone: Path
    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch

    def review(self, *arguments: str, number: int = 1, name: str = NAME) -> Told:
        """Run `reviewlore review --github` in the clone."""
        return self.run("--github", name, "--pr", str(number), *arguments)

    def run(self, *arguments: str) -> Told:
        """Run `reviewlore review` in the clone."""
        before = len(self.shop.fake.log)
        heard = told(self.capsys, "review", "--repo", str(self.clone), "-q", *arguments)
        return Told(*heard, self.shop.fake.log[before:])

    def as_person(self, token: str) -> None:
        self.monkeypatch.setenv("GITHUB_TOKEN", token)

    def push(self, files: dict[str, str | None]) -> None:
        self.shop.fake.commit(NAME, "feat", files)


def open_caller(
    fake: FakeGitHub,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., Caller]:
    """Return a function that builds the shop (as `Shop.build`) and clones it, before its pull request was opened."""
    monkeypatch.setattr(Patience.__init__, "__defaults__", tuple(getattr(QUICK, name) for name in Patience.__slots__))
    for name in CLEAN:
        monkeypatch.delenv(name, raising=False)

    def build(settings: str = "", files: int = 1, **pull: object) -> Caller:
        shop = Shop(fake, folder).build(settings, files, **pull)
        served = folder / "server" / f"{NAME}.git"
        served.parent.mkdir(parents=True)
        served.symlink_to(shop.repo.git.path)
        fake.set_role(NAME, "carol", "write")
        git(folder, "clone", "--quiet", "--single-branch", "--branch", "main", f"file://{served}", "clone")
        monkeypatch.setenv("GITHUB_TOKEN", fake.token("carol"))
        monkeypatch.setenv("GITHUB_API_URL", fake.base)
        monkeypatch.setenv("GITHUB_SERVER_URL", str(folder / "server"))
        return Caller(shop, folder / "clone", capsys, monkeypatch)

    return build


def sarif(path: str, line: int, text: str, level: str = "warning", rule: str = "loud") -> str:
    """A SARIF log with one finding."""
    region = {"startLine": line}
    place = {"physicalLocation": {"artifactLocation": {"uri": path}, "region": region}}
    result = {"ruleId": rule, "level": level, "message": {"text": text}, "locations": [place]}
    tool = {"driver": {"name": "linty"}}
    return json.dumps({"version": "2.1.0", "runs": [{"tool": tool, "results": [result]}]})


def _is_query(each: Exchange) -> bool:
    query = str(each.body.get("query", "")) if isinstance(each.body, dict) else ""
    return each.url.endswith("/graphql") and not query.lstrip().startswith("mutation")
