"""The judging of import graphs: what an oracle cannot tell is told apart from what it denies."""

from benchmarks.languages import Verdict, report, summary


def test_what_the_oracle_does_not_find_is_counted_apart() -> None:
    ours = frozenset({("a.ts", "b.ts"), ("a.ts", "lib.ts"), ("a.ts", "c.ts"), ("d.ts", "b.ts")})
    theirs = frozenset({("a.ts", "b.ts"), ("d.ts", "b.ts"), ("d.ts", "e.ts")})
    found = report(Verdict(ours, theirs, "x 1", {("a.ts", "lib.ts"): "compiled"}, frozenset({("a.ts", "lib.ts")})))
    assert (found["precision"], found["precision_of_judged"], found["recall"]) == (0.5, 0.6667, 0.6667)
    assert found["differences"] == {"unexplained": 2, "compiled": 1}
    assert summary({"one": found}) == {"lowest_precision": 0.5, "lowest_recall": 0.6667}


def test_without_edges_there_is_nothing_to_share() -> None:
    found = report(Verdict(frozenset(), frozenset(), "x 1"))
    assert (found["precision"], found["precision_of_judged"], found["recall"]) == (None, None, None)
