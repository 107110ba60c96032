"""A candidate that was not tried has its verdict and its reason in every report."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib import resources

import jsonschema
import pytest

from vllm_qualify import reports
from vllm_qualify.core.records import CandidateRecord, Certainty, RunRecord, Skipped
from vllm_qualify.reports import console, matrix

NOW = datetime(2026, 11, 23, tzinfo=UTC)
DRIVER = Skipped(ruled_out=True, reason="P03 driver too old", certainty=Certainty.CERTAIN, remedy="driver 580")
NO_NEED = Skipped(ruled_out=False, reason="v0.10.2, which is newer, qualified")
SCHEMA = json.loads(resources.files("vllm_qualify.reports").joinpath("matrix.schema.json").read_bytes())


def run(*asides: Skipped) -> RunRecord:
    """A search of which nothing was tried."""
    candidates = (
        CandidateRecord(image=f"vllm/vllm-openai:v0.{20 - place}.0", target="kubernetes", aside=aside)
        for place, aside in enumerate(asides)
    )
    return RunRecord(
        run="r", started=NOW, finished=NOW, target="kubernetes", pick="newest", candidates=tuple(candidates)
    )


@pytest.mark.parametrize("name", ["matrix.html", "matrix.md", "matrix.json", "matrix.csv", "junit.xml"])
def test_every_report_says_why(name: str) -> None:
    """Whoever reads only one of them learns it there."""
    page = reports.all(run(DRIVER, NO_NEED))[name].decode()

    assert "P03 driver too old" in page
    assert "v0.10.2, which is newer, qualified" in page


def test_the_summary_carries_certainty_and_what_would_change_it() -> None:
    """An expectation is no experience, and says so."""
    ruled_out, not_tried = matrix.of(run(DRIVER, NO_NEED)).rows

    assert ruled_out.summary == (
        "ruled out on kubernetes: P03 driver too old (certain, from facts alone, at no GPU time); "
        "what would change it: driver 580"
    )
    assert not_tried.summary == "not tried on kubernetes: v0.10.2, which is newer, qualified"
    assert ruled_out.not_tried == ()


def test_the_headline_counts_what_was_tried() -> None:
    """What was ruled out is no candidate that failed."""
    assert matrix.of(run(DRIVER, DRIVER)).headline == "Nothing was tried on kubernetes; 2 candidates ruled out before."


def test_programs_get_it_in_parts() -> None:
    """Verdict, reason, certainty and remedy apart, as the schema says."""
    document = json.loads(reports.all(run(DRIVER))["matrix.json"])
    jsonschema.validate(document, SCHEMA)

    (candidate,) = document["candidates"]
    assert (document["pick"], candidate["verdict"]) == ("newest", "ruled-out")
    assert candidate["aside"] == {
        "ruled_out": True,
        "reason": "P03 driver too old",
        "certainty": "certain",
        "remedy": "driver 580",
    }


def test_the_terminal_shows_it() -> None:
    """Beside those that were tried."""
    said = " ".join(console.render(run(DRIVER)).split())

    assert "vllm/vllm-openai:v0.20.0: ruled out on kubernetes: P03 driver too old" in said
