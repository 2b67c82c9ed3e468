"""The benchmark of attention on made hunks: the order is learned, a repository is left out, areas are right."""

import random

import pytest
from benchmarks.attention import Seen, fit, left_out, main, measure

from reviewlore.ranking.attention import FEATURES, HunkInChange, attention_features

pytest.importorskip("numpy")


def made(seed: int = 7) -> list[Seen]:
    """Three repositories of pull requests whose one remark is on the hunk with the most control flow."""
    chance, found = random.Random(seed), list[Seen]()
    for pull in range(60):
        loops = [chance.randint(0, 6) for _ in range(5)]
        best = loops.index(max(loops))
        for place, count in enumerate(loops):
            rows = "".join(f"\n+    for item in items{n}:" for n in range(count)) + "\n+    pass" * (7 - count)
            hunk = HunkInChange("a/b.py", f"@@ -1,0 +1,7 @@{rows}", "modified", "source", place, 5, 35)
            found.append(Seen(f"o/r{pull % 3}", pull, hunk, 7, 0, place == best))
    return found


def test_what_is_learned_from_others_orders_the_hunks_of_a_repository() -> None:
    seen = made()
    scores = left_out([attention_features(one.hunk) for one in seen], seen)
    assert measure(seen, scores)["within"] > 0.9
    assert measure(seen, [float(one.added) for one in seen]) == {"within": 0.5, "pooled": 0.5, "macro": 0.5}


def test_the_weight_of_what_matters_is_positive_and_that_of_what_never_differs_is_nothing() -> None:
    seen = made()
    weights, _ = fit([attention_features(one.hunk) for one in seen], seen)
    by_name = dict(zip(FEATURES, weights, strict=True))
    assert by_name["control"] > 0.1
    assert by_name["depth"] == pytest.approx(0.0, abs=1e-6)


def test_without_clones_it_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("REVIEWLORE_CLONES", raising=False)
    assert main([]) == 0
    assert capsys.readouterr().out.endswith('{"not_measured": ["attention"]}\n')
