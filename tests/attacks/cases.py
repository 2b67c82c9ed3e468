"""Reads `cases.toml`: the 30 attacks and faults, which tests show that each fails, and the defences these rest on.

A `Mutation` takes one defence away; its tests have to fail then. `benchmarks mutations` tries them all.
"""

import ast
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Mutation:
    """One defence of a file below the repository's root: its source `fragment`, and what stands there without it.

    `told` says what is lost; `tests` are those of which one must fail then, by pytest's names.
    """

    path: str
    fragment: str
    without: str
    told: str
    tests: tuple[str, ...]

    def apply(self, text: str) -> str:
        """Return the file without the defence; ValueError where it is not there exactly once, or no Python is left."""
        if text.count(self.fragment) != 1:
            raise ValueError(f"{self.path} has {self.fragment!r} {text.count(self.fragment)} times, not once")
        mutated = text.replace(self.fragment, self.without)
        if self.path.endswith(".py"):
            ast.parse(mutated)
        return mutated


@dataclass(frozen=True, slots=True)
class Case:
    """One attack or fault by its number in the list that this project was built against."""

    number: int
    attack: str
    mutations: tuple[Mutation, ...]

    @property
    def tests(self) -> tuple[str, ...]:
        """All tests of the case."""
        return tuple(dict.fromkeys(test for mutation in self.mutations for test in mutation.tests))


def read_cases() -> tuple[Case, ...]:
    """Return all cases in their order."""
    table = tomllib.loads(Path(__file__).with_name("cases.toml").read_text(encoding="utf-8"))
    return tuple(
        Case(
            each["number"],
            each["attack"],
            tuple(
                Mutation(one["file"], one["fragment"], one["without"], one["told"], tuple(one["tests"]))
                for one in each["defence"]
            ),
        )
        for each in table["case"]
    )
