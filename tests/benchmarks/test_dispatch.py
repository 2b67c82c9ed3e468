"""`python -m benchmarks`: it names what there is, and a benchmark without its data says so."""

import json

import pytest
from benchmarks.__main__ import main, names

from benchmarks import prior, ranker


def test_an_unknown_name_lists_the_known_ones(capsys):
    assert main(["rankr"]) == 2
    said = capsys.readouterr().out

    assert "'rankr'" in said
    assert all(name in said for name in ("ranker", "prior"))
    assert {"ranker", "prior"} <= set(names())
    assert not any(name.startswith("_") for name in names())


@pytest.mark.parametrize("program", [ranker.main, prior.main])
def test_without_data_it_says_what_it_could_not_measure(program, capsys, tmp_path):
    assert program(["--json", "--data", str(tmp_path / "none.jsonl.gz")]) == 0
    lines = capsys.readouterr().out.splitlines()

    assert "no review comments" in lines[0]
    assert json.loads(lines[-1])["not_measured"]
