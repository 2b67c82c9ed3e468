"""`python -m benchmarks retrieval`: the question is what it says, and both contestants answer the same one."""

import json
from pathlib import Path

from tests.repositories import commit, make_repository

from benchmarks import _hunks, _precedents_judged, retrieval


def test_documents_are_added_lines_and_relevant_are_the_commit_s_own(tmp_path: Path) -> None:
    folder = make_repository(tmp_path / "repo")
    commit(folder, {"a.py": "x = 1\n", "b.py": "y = 2\n"}, "Add both")
    commit(folder, {"a.py": "x = 1\nload_user()\n"}, "Load each user")
    commit(folder, {"b.py": None}, "Remove b")
    commit(folder, {f"many/{n:02}.py": f"z = {n}\n" for n in range(30)}, "Sweep")
    file = tmp_path / "questions.json"
    size = retrieval.collect(folder, file, 100, 10)
    data = json.loads(file.read_text())
    assert (size["documents"], size["queries"]) == (13, 3)
    assert data["documents"][10:] == [["a.py", "load_user()"], ["a.py", "x = 1"], ["b.py", "y = 2"]]
    assert sorted((subject, len(relevant)) for subject, relevant in data["queries"]) == [
        ("Add both", 2), ("Load each user", 1), ("Sweep", 10),
    ]  # fmt: skip
    assert retrieval.collect(folder, file, 11, 10)["documents"] == 11


def test_contestants_are_judged_alike(tmp_path: Path) -> None:
    file = tmp_path / "questions.json"
    documents = [("a.py", "load_user()"), ("b.py", "the zebra crosses"), ("c.py", "nothing alike")]
    queries = [("loads users", [0]), ("zebra", [1]), ("unheard words", [2])]
    file.write_text(json.dumps({"documents": documents, "queries": queries}))
    ours, plain = (_hunks.measure(name, file) for name in _hunks.CONTESTANTS)
    assert (ours["mrr_at_10"], ours["recall_at_10"]) == (0.6667, 0.6667)
    assert (plain["mrr_at_10"], plain["recall_at_10"]) == (0.3333, 0.3333)
    assert ours.keys() == plain.keys()
    assert all(figures["query_ms_p95"] >= figures["query_ms_median"] > 0 for figures in (ours, plain))


def test_the_history_made_on_the_spot_tells_the_contestants_apart(tmp_path: Path) -> None:
    folder = retrieval.make_history(tmp_path / "history.git", 120)
    file = tmp_path / "questions.json"
    assert retrieval.collect(folder, file, 20_000, 60)["documents"] == 300
    found = retrieval.contest(file, 1)
    assert found["ours_mrr_at_10"] > found["plain_mrr_at_10"] > 0
    assert found["ours_peak_mib"] > 0 and found["ours_megabytes"] > 0


def row(number: int, body: str, hunk: str, quantile: float, **more: object) -> dict[str, object]:
    made: dict[str, object] = {
        "repo": "o/r", "pr_number": number, "comment_id": number, "author": "user-1", "author_role": None, "line": 1,
        "path": f"src/part{number % 5}.py", "diff_hunk": hunk, "body": body, "created_at": f"2026-01-01T{number:05}",
        "outcome": "addressed", "confidence": "high", "intent": "statement", "time_quantile": quantile,
        "language": "python",
    }  # fmt: skip
    return {**made, **more}


SAYINGS = [
    ("Please name the crane after its dock, this name tells nothing.", "+crane_{n} = 1"),
    ("The ticket must raise an error where the invoice is missing.", "+ticket_{n}.pay(invoice)"),
    ("This import crosses the layers: go through the harbor module.", "+import harbor_{n}"),
    ("A test for the empty ledger is missing here, add a fixture.", "+def sum_ledger_{n}(): pass"),
]


def test_a_past_that_repeats_itself_is_said_right_and_bots_do_not_count() -> None:
    rows = []
    for n in range(100):
        body, hunk = SAYINGS[n % 4]
        rows.append(row(n, f"{body} Number {n}.", hunk.format(n=n % 7), n / 100))
    rows += [
        row(1000 + n, "A bot says the same all day long here.", "+crane", n / 50, author_role="BOT") for n in range(50)
    ]
    found = _precedents_judged.judge(rows)
    assert (found["hunks"], found["repositories"]) == (30, 1)
    assert found["same_concern_first"] == found["same_concern_in_three"] == 1.0
    assert 0.05 < found["same_concern_random"] < 0.6
    assert found["says_it_best_of_all"] >= found["says_it_in_three"] >= found["says_it_first"]


def test_too_little_of_a_past_is_not_judged() -> None:
    rows = [row(n, SAYINGS[0][0], SAYINGS[0][1], n / 20) for n in range(20)]
    assert _precedents_judged.judge(rows) == {}
