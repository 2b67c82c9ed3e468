"""Traces, the log and the data status as full text: within 100 columns, and strangers' words inert."""

from dataclasses import replace

from tests.records import a_dataset

from reviewlore.domain.balance import Contradiction, DataReport, GroupRate, LengthBalance, PersonShare, VoteOutlier
from reviewlore.domain.history import OutcomeEvidence
from reviewlore.domain.lineage import (
    AuditView,
    CitedPrecedent,
    FindingTrace,
    LogLine,
    PairCount,
    Posting,
    PrecedentTrace,
    RemarkTrace,
    SaidComment,
    Trace,
    TracedDataset,
    TracedVersion,
    VersionLineage,
)
from reviewlore.domain.mining import Approval
from reviewlore.domain.standing import Advice, ConcernRate, DataStatus, Reading, Standing
from reviewlore.formats.inventory import render_data
from reviewlore.formats.lineage import render_log, render_trace

REMARK = RemarkTrace(
    id="acme/shop#41/901",
    repository="acme/shop",
    pull_request=41,
    path="src/shop/api/invoices.py",
    line=7,
    created_at="2026-02-01T09:00:00Z",
    author="person-0a1b2c3d4e5f",
    author_kind="human",
    author_role="write",
    intent="suggestion",
    concern="error_handling",
    language="Python",
    source="github",
    url=None,
    excerpt="Endpoints should not talk to tables, please go through the service.",
    replies=1,
    outcome="addressed",
    confidence="high",
    evidence=(
        OutcomeEvidence("lines_changed", "addressed", 0.85, "lines 7-9"),
        OutcomeEvidence("reply_done", "addressed", 0.55, "", "person-ffff00001111"),
    ),
    datasets=(
        TracedDataset("1" * 64, "2026-01-01T00:00:00Z", None),
        TracedDataset("2" * 64, "2026-02-01T00:00:00Z", False),
        TracedDataset(
            "3" * 64,
            "2026-03-01T00:00:00Z",
            True,
            newest=True,
            versions=(TracedVersion("embedded-1", "active", "2026-03-01T01:00:00Z"), TracedVersion("adapter-2", None)),
            pairs=(PairCount("outcome", "chosen", 12, 3), PairCount("relevance_hard", "rejected", 2)),
        ),
    ),
)

REMARK_TEXT = """\
Remark acme/shop#41/901
  where    src/shop/api/invoices.py:7, pull request 41
  when     2026-02-01T09:00:00Z
  who      person-0a1b2c3d4e5f (human, write)
  what     suggestion, about error handling, Python; 1 reply; from github
  words    “Endpoints should not talk to tables, please go through the service.”

Outcome: addressed, with high confidence
  0.85  addressed  lines_changed        lines 7-9
  0.55  addressed  reply_done           by person-ffff00001111

Learned from
  dataset 333333333333 of 2026-03-01T00:00:00Z (the newest): it is among its remarks
    it stands in 17 pairs           side       train  held out
      outcome                       chosen        12         3
      relevance_hard                rejected       2         0
    trained on it: embedded-1, in force since 2026-03-01
    trained on it: adapter-2, no longer in the registry
  dataset 222222222222 of 2026-02-01T00:00:00Z: it is not in it
  dataset 111111111111 of 2026-01-01T00:00:00Z: whether it was in it can no longer be told
"""

FINDING = FindingTrace(
    finding="7f3a9c21d4e8b605",
    postings=(
        Posting(
            SaidComment("7f3a9c21d4e8b605", "embedded", "embedded-1", 0.97, "812"),
            "acme/shop", 58, "src/shop/api/orders.py", 4, "https://github.example/acme/shop/pull/58#discussion_r77",
            "2026-03-02T10:00:00Z", "github-actions[bot]", by_bot=True,
            run_url="https://github.example/acme/shop/actions/runs/812",
        ),
    ),
    versions=(
        VersionLineage(
            "embedded-1", "embedded", "active", "2026-03-01T01:00:00Z", "ranker", "", "1f2e3d4c5b6a7988", "3" * 64, 412,
            {"outcome/train": 290, "outcome/test": 120, "same_hunk/train": 33},
        ),
    ),
    precedents=(
        PrecedentTrace(CitedPrecedent(41, "src/shop/api/invoices.py"), "acme/shop#41/901", "addressed", 17),
        PrecedentTrace(CitedPrecedent(9, "src/old.py"), None),
    ),
)  # fmt: skip

FINDING_TEXT = """\
Finding 7f3a9c21d4e8b605, a comment of ours
  posted   acme/shop#58, src/shop/api/orders.py:4, 2026-03-02T10:00:00Z
  address  https://github.example/acme/shop/pull/58#discussion_r77
  said by  version embedded-1 (embedded tier), confidence 0.97
  run      https://github.example/acme/shop/actions/runs/812
  account  github-actions[bot]

Version embedded-1, in force
  trained  2026-03-01T01:00:00Z by recipe ranker, code 1f2e3d4c5b6a
  dataset  333333333333: 412 remarks, 443 pairs (outcome 410, same_hunk 33)

Named as said before
  acme/shop#41/901 (addressed, in 17 pairs of that dataset)
  pull request 9, src/old.py: not, or no longer, among the mined remarks
"""


def test_a_remark_as_full_text():
    assert render_trace(Trace("901", REMARK)) == REMARK_TEXT


def test_a_finding_as_full_text():
    assert render_trace(Trace("7f3a9c", finding=FINDING)) == FINDING_TEXT


def test_a_remark_of_ours_shows_both():
    text = render_trace(Trace("901", replace(REMARK, finding="7f3a9c21d4e8b605"), FINDING, ("A note.",)))
    assert "finding  7f3a9c21d4e8b605: this is a comment of ours" in text
    assert text.endswith(f"\n\n{FINDING_TEXT}\nA note.\n")


def test_strangers_words_are_inert_and_no_line_is_too_long():
    odd = replace(REMARK, excerpt="a\u202eb\x1b[31m " + "word " * 60, path="src/" + "long" * 40 + ".py")
    text = render_trace(Trace("901", odd))
    assert "\x1b" not in text
    assert "\\u202e" in text
    assert max(len(line) for line in text.splitlines() if "longlong" not in line) <= 98


def test_the_log_as_full_text():
    lines = (
        LogLine("2026-03-01T00:00:00Z", "command line", "mine", "3" * 64,
                {"dataset": "3" * 64, "episodes": 412, "new": 0, "source": "github:acme/shop"}, "aa",
                "14 remarks with them in it"),
        LogLine("2026-03-01T01:00:00Z", "actions:learn", "train", "embedded-1",
                {"dataset": "3" * 64, "metrics": {"outcome": 0.9}, "people": 9, "reason": "it won"}, "bb"),
        LogLine("2026-03-02T01:00:00Z", "command line", "trace", "f" * 64,
                {"kind": "remark", "remarks": ["f" * 64]}, "cc"),
    )  # fmt: skip
    assert render_log(AuditView(3, lines, "person-0a1b2c3d4e5f", 14, 2, ("1" * 64,))) == (
        "person-0a1b2c3d4e5f: 14 remarks of their own, 2 remarks of others in which they answered, voted,\n"
        "or were answered\n"
        "\n"
        "2026-03-01T00:00:00Z  mine      333333333333             command line\n"
        "    touches them: 14 remarks with them in it\n"
        "    episodes 412, source github:acme/shop\n"
        "2026-03-01T01:00:00Z  train     embedded-1               actions:learn\n"
        "    dataset 333333333333, people 9\n"
        "    reason: it won\n"
        "2026-03-02T01:00:00Z  trace     ffffffffffff             command line\n"
        "    kind remark, remarks 1\n"
        "\n"
        "3 of 3 entries; each continues the one before it (checked).\n"
        "What these datasets were made from can no longer be told: 111111111111.\n"
    )
    assert (
        render_log(AuditView(0, ())) == "The log is empty.\n\n0 entries; each continues the one before it (checked).\n"
    )


def test_the_data_as_full_text():
    report = DataReport(
        episodes=412,
        pairs=1200,
        lengths=(LengthBalance("outcome", 410, 106.0, 77.0, 0.77, 0.765),),
        contradictions=(
            Contradiction("acme/shop", "acme/shop#4/1", "acme/shop#9/2", "declined", "Name it X.", "Name it X!", 5),
        ),
        contradictions_found=3,
        reviewers=(PersonShare("37550bda4291", 56, 0.38),),
        largest_share=0.38,
        newcomers=(GroupRate("first pull request", 10, 5, 0.5),),
        languages=(GroupRate("Python", 400, 200, 0.5),),
        authors=(GroupRate("human", 300, 150, 0.5),),
        outliers=(
            VoteOutlier("c94610dbddb8", "against_git", 40, 30, 20, 0.667, 0.1, 1e-9),
            VoteOutlier("ff774103880c", "unusual_share", 900, 0, 0, 0.9, 0.1, 1.0),
        ),
        capped=1,
    )
    standing = Standing(
        "2026-03-05T00:00:00Z",
        412,
        readings=(Reading("acme/shop", True, "2026-03-01T00:00:00Z"),),
        concerns=(ConcernRate("testing", 20, 10, "acme/shop#4/1"),),
        window_days=180,
    )
    status = DataStatus(
        standing,
        Advice("approve", "Dataset c0ffeec0ffee waits.", "reviewlore approve c0ffeec0ffee"),
        outcomes={"addressed": 300, "ignored": 112},
        months={"2026-01": 400, "2026-02": 0, "2026-03": 12},
        dataset=replace(a_dataset(), unused_pairs={"silence/train": 4}),
        report=report,
        suppressions={"people": 1, "pull requests": 0, "comments": 0},
        approvals=(
            Approval("1" * 64, "maintain", "2026-01-01T00:00:00Z", "refused", "person-1", "2026-01-02T00:00:00Z",
                     "one taste"),
            Approval("c0ffee" * 10 + "beef", "maintain", "2026-03-01T09:00:00Z"),
        ),
    )  # fmt: skip
    text = render_data(status)
    assert text == DATA_TEXT
    assert max(map(len, text.splitlines())) <= 98


DATA_TEXT = """\
412 review remarks, 2026-01 to 2026-03, as of 2026-03-05T00:00:00Z

By outcome
  addressed                                        300   73 %
  ignored                                          112   27 %

By month
  2026-01     400 ██████████████████████████████████████████████████
  2026-02       0
  2026-03      12 ██

Read on GitHub, by last update of pull requests
  acme/shop                                    to 2026-03-01T00:00:00Z (whole)

Newest dataset c0ffeec0ffee, made 2026-03-01T09:00:00Z
  remarks in pairs                                 331
  never stored: bot author                          52
  never stored: too short                           21
  left out: unknown outcome                          8

  pairs                                          train  held out
  outcome                                          290       120
  relevance_easy                                   282       120
  relevance_hard                                   268       120
  silence (only counted)                             4         0

Lengths in characters (medians); 50 % is balance
                           pairs    chosen  rejected  longer is chosen  longer wins
  outcome                    410       106        77              77 %         76 %

Whose judgement it is: remarks on the chosen side, by the hash of a pseudonym
  37550bda4291                                      56   38 %

Acted on? By who said it                           yes      of
  human                                            150     300      50 %

Acted on? By whose change it was about             yes      of
  first pull request                                 5      10      50 %

Acted on? By language                              yes      of
  Python                                           200     400      50 %

Acted on? By concern, latest 180 days of data      yes      of
  testing                                           10      20      50 %

Unusual voters, by the hash of a pseudonym
  c94610dbddb8 votes against what git shows: 20 of 30 votes, 67 %; the others 10 %
  ff774103880c casts an unusual share of all votes: 900 votes, 90 %; an equal part is 10 %
  1 person whose word was weighed down by the cap per person

3 contradictions to settle: near-equal remarks that fared oppositely
  1. acme/shop#4/1 was addressed (and 3 more like them):
     “Name it X.”
     acme/shop#9/2 was declined:
     “Name it X!”
  and 2 more

Never mined again, because forgotten or opted out: people 1

Approvals of datasets
  111111111111 refused on 2026-01-02T00:00:00Z by person-1: one taste
  c0ffeec0ffee waits for the role maintain since 2026-03-01T09:00:00Z

Advised now: approve. Dataset c0ffeec0ffee waits.
  reviewlore approve c0ffeec0ffee
"""


def test_long_reasons_stay_in_their_column():
    dropped = {"row:reply_to_a_remark_not_read": 1000, "episode:too_short": 2}
    status = DataStatus(
        Standing("2026-03-05T00:00:00Z", 5), Advice("nothing", "Fine."), dataset=replace(a_dataset(), dropped=dropped)
    )
    shown = [line for line in render_data(status).split("\n") if "never stored" in line or "left out" in line]
    assert shown == [
        "  never stored: reply to a remark not read        1000",
        "  left out: too short                                2",
    ]


def test_a_long_gap_between_months_is_one_line():
    months = {"2025-01": 2, "2025-02": 0, "2025-03": 0, "2025-04": 4, "2025-05": 0, "2025-06": 0, "2025-07": 0} | {
        "2025-08": 1
    }
    text = render_data(DataStatus(Standing("2026-03-05T00:00:00Z", 7), Advice("nothing", "Fine."), months=months))
    assert text.split("By month\n")[1].split("\n\n")[0].split("\n") == [
        "  2025-01       2 ██",
        "  2025-02       0",
        "  2025-03       0",
        "  2025-04       4 ████",
        "  none from 2025-05 to 2025-07",
        "  2025-08       1 █",
    ]
