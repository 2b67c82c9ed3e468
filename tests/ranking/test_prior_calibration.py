"""What the shipped ranker's scores are worth travels with it, and holds no words of anybody."""

import json
import re

from reviewlore.adapters.resources import load_prior, load_prior_calibration
from reviewlore.domain.calibration import Calibrations
from reviewlore.formats.records import decode
from reviewlore.ranking.calibration import audience_of, calibrate, calibration_for, threshold_for

SHIPPED = decode(load_prior_calibration(), Calibrations, "prior_calibration.json")


def test_people_are_heeded_more_often_than_bots() -> None:
    assert SHIPPED.version == "prior"
    assert SHIPPED.people is not None
    assert SHIPPED.bots is not None
    assert SHIPPED.people.count > 2000
    assert SHIPPED.people.addressed > 3 * SHIPPED.bots.addressed
    assert SHIPPED.people.auc > 0.7
    assert calibrate(SHIPPED.people, -2) < calibrate(SHIPPED.people, 2)
    assert calibrate(SHIPPED.bots, -2) == calibrate(SHIPPED.bots, 2)
    assert SHIPPED.people.error < 0.05
    for found in (SHIPPED.people, SHIPPED.bots):
        assert sum(each.count for each in found.bins) == found.count


def test_seventy_percent_is_reached_by_people_and_promised_of_no_machine() -> None:
    assert threshold_for(SHIPPED, 0.9, "architecture") is not None
    assert threshold_for(SHIPPED, 0.7, "generated") is None
    assert threshold_for(SHIPPED, 0.2, "foreign") is None
    for source in ("architecture", "generated", "foreign"):
        found = calibration_for(SHIPPED, source)
        assert found == (SHIPPED.people if audience_of(source) == "people" else SHIPPED.bots)


def test_it_is_numbers_and_names_of_fields() -> None:
    words = set(re.findall(r'"([^"]+)"', load_prior_calibration().decode()))
    known = set(re.findall(r"[a-z]+", " ".join(words)))
    assert known <= {
        "version", "prior", "people", "bots", "borrowed", "schema", "slope", "intercept", "count", "groups",
        "addressed", "error", "brier", "auc", "bins", "points", "predicted", "precision", "score", "probability",
        "reached", "low", "recall",
    }  # fmt: skip
    assert json.loads(load_prior())["schema"] == 1
