"""The redaction benchmark measures what it says, on the files it is given."""

import json

from benchmarks import redaction


def test_it_ends_in_one_object_with_speed_and_exactness(capsys, tmp_path):
    (tmp_path / "a.py").write_text("x = 1\n" * 50 + 'password = "' + 'zaubermaus"\n')
    assert redaction.main(["--source", str(tmp_path), "--lines", "60"]) == 0
    result = json.loads(capsys.readouterr().out.splitlines()[-1])

    assert result["lines"] == 52
    assert result["findings_per_100k_lines"] == round(100_000 / 52, 1)
    assert result["lines_per_second"] > 1_000
    assert result["cases"] == "open"
    assert 0.9 <= result["recall"] <= 1.0
    assert result["false_alarms"] <= 0.02


def test_without_source_it_says_so(capsys, tmp_path):
    assert redaction.main(["--source", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()

    assert "no *.py file" in lines[0]
    assert json.loads(lines[-1]) == {"not_measured": ["source"]}
