"""What is told of an architecture as rows, and on the page."""

from dataclasses import replace

from reviewlore.adapters.pages import render_report
from reviewlore.domain.layering import Layering
from reviewlore.domain.overview import Demand, Habit, Overview
from reviewlore.domain.pipeline import Pipeline
from reviewlore.domain.report import MapReport, Report
from reviewlore.formats.architecture_tables import make_tables, name_sections

NOTHING = Overview("o/r", "a" * 40, 3, {"python": 3}, 3, Layering(), "")
STYLE = Habit("form", "", "scope: title", 21, 22, ("cli: add\u202e it",))
FRAMEWORK = Demand("subclasses", "Rule", "app/rules.py", "method", "check()", 19, 20)
WORKFLOW = Pipeline(".github/workflows/ci.yml", "CI", ("push",), tuple(f"job{n}" for n in range(10)))
KNOWN = replace(NOTHING, commit_style=(STYLE,), frameworks=(FRAMEWORK,), pipelines=(WORKFLOW,))


def test_what_is_usual_is_told_in_tables() -> None:
    tables = {caption: rows for caption, _, rows, _ in make_tables(MapReport(KNOWN, ""))["tables"]}
    jobs = "job0, job1, job2, job3, job4, job5, job6, job7 and 2 more"
    assert tables == {
        "How nearly all newest commits are written": [("form", "scope: title", "cli: add\u202e it", 21, 22)],
        "Internal frameworks: what their users do": [("subclasses", "Rule", "define check()", 19, 20)],
        "Pipelines: workflows and build files": [(WORKFLOW.path, "push", jobs, "no document")],
    }


def test_a_section_is_named_where_it_holds_something() -> None:
    def present(overview: Overview) -> set[str]:
        return {anchor for there, anchor, _, _ in name_sections(MapReport(overview, "")) if there}

    assert present(NOTHING) == {"map"}
    assert present(KNOWN) == {"map", "measures"}
    assert list(name_sections(None)) == []
    assert make_tables(None) == {}


def test_a_long_table_says_how_long_it_is() -> None:
    overview = replace(NOTHING, pipelines=(WORKFLOW,) * 40)
    ((caption, heads, rows, words),) = make_tables(MapReport(overview, ""))["tables"]
    assert caption == "Pipelines: workflows and build files (the first 25 of 40)"
    assert (len(rows), words, {len(row) for row in rows}) == (25, 4, {len(heads)})


def test_strangers_names_are_text_on_the_page() -> None:
    hostile = "<script>\u202e</td>"
    overview = replace(
        NOTHING,
        commit_style=(replace(STYLE, examples=(hostile,)),),
        frameworks=(replace(FRAMEWORK, subject=hostile, value=hostile),),
        pipelines=(replace(WORKFLOW, path=hostile, triggers=(hostile,), jobs=(hostile,), documents=(hostile,)),),
    )
    page = render_report(Report("T", "o/r", "2026-01-01T00:00:00Z", architecture=MapReport(overview, "<svg></svg>")))
    assert page.count("&lt;script&gt;") == 7
    assert "<script" not in page
    assert "\u202e" not in page
