"""The benchmark of pairing runs, in a small size, and says what it promises."""

import json

from benchmarks import pairing


def test_a_small_run_ends_in_one_json_object(capsys) -> None:
    assert pairing.main(["--json", "--episodes", "1500"]) == 0
    *_, last = capsys.readouterr().out.strip().splitlines()
    found = json.loads(last)

    assert found["episodes"] == 1500
    assert 0 < found["seconds"] < pairing.LIMIT_SECONDS
    assert 0 < found["peak_mib"] < pairing.LIMIT_MIB
    assert found["leaks"] == []
    assert found["pairs"] == sum(found["kinds"].values()) > 1000
    assert {name.split("/")[0] for name in found["unused_kinds"]} == {"relevance_similar", "silence", "revision"}


def test_its_episodes_are_the_same_each_time() -> None:
    assert list(pairing.make_episodes(50, 3)) == list(pairing.make_episodes(50, 3))
    assert list(pairing.make_episodes(50, 3)) != list(pairing.make_episodes(50, 4))
