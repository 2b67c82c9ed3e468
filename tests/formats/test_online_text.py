"""What became of our own remarks, as full text."""

from reviewlore.domain.online import OnlineRow
from reviewlore.domain.shadow import ShadowTotals
from reviewlore.formats.online import render_online

SUMS = {"embedded-3fa2 (embedded)": OnlineRow("", "", "", "", "", 12, 6, 1, 3)}
WEEKS = {
    f"2026-W{week}": OnlineRow("", "", "", "", "", week, week % 4, 0, 3 - week % 4 if week % 2 else 0)
    for week in range(30, 45)
}


def test_tables_of_versions_speakers_rules_and_weeks() -> None:
    rule = {"architecture/" + "x" * 60: OnlineRow("", "", "", "", "", 2, 0, 0, 0), "": next(iter(SUMS.values()))}
    text = render_online(SUMS, {"architecture facts": next(iter(SUMS.values()))}, rule, WEEKS, ShadowTotals())
    assert text.startswith(
        "version                                         posted  addressed  dismissed  ignored   rate\n"
        "embedded-3fa2 (embedded)                            12          6          1        3   60 %\n"
        "\n"
        "said by                                         posted  addressed  dismissed  ignored   rate\n"
        "architecture facts                                  12          6          1        3   60 %\n"
    )
    assert f"architecture/{'x' * 31}…        2          0          0        0      -\n" in text
    assert "(not told)  " in text
    assert f"2026-W43    {'█' * 20} " in text
    assert f"2026-W33    {'█' * 7}{'·' * 13} " in text
    assert "2026-W32 " not in text  # the last twelve are shown
    assert all(len(line) <= 100 for line in text.splitlines())


def test_before_the_first_remark_it_says_so_and_tells_of_shadow_mode() -> None:
    assert render_online({}, {}, {}, {}, ShadowTotals(5, 9, 2, 4, 1, 3, 10, 3)) == (
        "No remark of reviewlore's own was mined yet: `reviewlore mine --github` reads what became of them.\n"
        "\n"
        "Shadow mode: 5 reviews would have made 9 remarks; 2 are of pull requests that were merged since.\n"
        "  1 of 4 (25 %) stood on lines that were changed before the merge\n"
        "  3 of 4 (75 %) stood where a person remarked too\n"
        "  3 of 10 (30 %) of people's remarks stood where one would have been made\n"
    )
    assert "none of 0" in render_online({}, {}, {}, {}, ShadowTotals(1, 0, 1))
