"""The badge says the newest that may be taken, and is green for nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.core.records import CandidateRecord, CaseRecord, Outcome, RunRecord, Skipped
from vllm_qualify.core.requirements import EXPECTED
from vllm_qualify.reports import badge

NOW = datetime(2026, 1, 15, tzinfo=UTC)


def candidate(tag: str, outcome: Outcome = Outcome.PASSED) -> CandidateRecord:
    """One whose first requirement came to this, and all others to a pass."""
    image = f"vllm/vllm-openai:{tag}"
    blank = CaseRecord(image=image, requirement="", id="", sentence="", outcome=Outcome.PASSED, started=NOW)
    first, *rest = (replace(blank, requirement=known.id, id=f"{known.id}/a") for known in EXPECTED)
    return CandidateRecord(image=image, target="local", cases=(replace(first, outcome=outcome), *rest))


def run(*candidates: CandidateRecord) -> RunRecord:
    """A run of these that came to its end."""
    return RunRecord(run="r", started=NOW, finished=NOW, target="local", candidates=candidates)


def drawn(of: RunRecord) -> dict[str, Any]:
    """The badge of a run."""
    made: dict[str, Any] = json.loads(badge.files(of)["badge.json"])
    return made


@pytest.mark.parametrize(
    ("candidates", "message", "color"),
    [
        ((candidate("v0.10.2"),), "v0.10.2 qualified", "brightgreen"),
        ((candidate("v0.9.2"), candidate("v0.10.2")), "v0.10.2 qualified", "brightgreen"),
        ((candidate("v0.9.2"), candidate("v0.10.2", Outcome.FAILED)), "v0.9.2 qualified", "brightgreen"),
        ((candidate("v0.10.2", Outcome.WARNED),), "v0.10.2 qualified with warnings", "yellow"),
        ((candidate("nightly"), candidate("latest")), "2 of 2 qualified", "brightgreen"),
        ((candidate("v0.9.2", Outcome.FAILED), candidate("v0.10.2", Outcome.FAILED)), "none of 2 candidates", "red"),
        ((candidate("v0.10.2", Outcome.INCONCLUSIVE),), "undecided", "lightgrey"),
        ((), "undecided", "lightgrey"),
    ],
)
def test_it_says_what_may_be_taken(candidates: tuple[CandidateRecord, ...], message: str, color: str) -> None:
    """In the colours of such badges; what is undecided is neither green nor red."""
    found = drawn(run(*candidates))

    assert found["message"].startswith(message)
    assert found["color"] == color


def test_one_that_was_ruled_out_is_not_counted_as_tried() -> None:
    """What facts alone speak against took no part."""
    aside = replace(candidate("v0.30.0"), cases=(), aside=Skipped(ruled_out=True, reason="too new"))

    assert drawn(run(aside, candidate("v0.9.2", Outcome.FAILED)))["message"] == "v0.9.2 did not qualify"


def test_production_that_is_not_back_outranks_all(lost: RunRecord) -> None:
    """Whoever sees only the badge sees that."""
    assert drawn(lost) == {
        "schemaVersion": 1,
        "label": "vLLM",
        "message": "production is not back",
        "color": "red",
    }


@given(image=st.text(alphabet=st.characters(exclude_categories=()), max_size=200))
def test_it_stays_a_badge(image: str) -> None:
    """One line of few characters, with the keys that the endpoint reads."""
    found = drawn(run(replace(candidate("v1"), image=image)))

    assert set(found) == {"schemaVersion", "label", "message", "color"}
    assert len(found["message"]) <= 60
    assert "\n" not in found["message"]
