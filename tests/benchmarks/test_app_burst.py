"""A small burst on the App's front, whole and with the server killed in the middle."""

from benchmarks._app_burst import burst, killed_burst


def test_a_burst_loses_nothing_and_does_nothing_twice():
    figures = burst(40, 8)
    counted = {key: figures[f"webhook_{key}"] for key in ("deliveries", "refused", "lost", "twice", "exit")}
    assert counted == {"deliveries": 40, "refused": 0, "lost": 0, "twice": 0, "exit": 0}
    assert 0 < figures["webhook_p50_ms"] <= figures["webhook_p99_ms"] <= figures["webhook_max_ms"]


def test_a_server_killed_in_a_burst_loses_nothing_that_it_answered():
    figures = killed_burst(60, 8)
    assert figures["killed_taken"] >= 30 and figures["killed_taken"] + figures["killed_unanswered"] == 60
    assert figures["killed_lost"] == 0 and figures["killed_begun_twice"] <= 2
