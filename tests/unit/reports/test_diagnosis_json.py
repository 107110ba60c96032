"""What a log came to, for programs."""

from __future__ import annotations

import json
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.core.records import Certainty, Diagnosis
from vllm_qualify.reports import diagnosis_json

CAUSE = Diagnosis(cause="E01", title="it broke", certainty=Certainty.CERTAIN)


@given(st.text(), st.lists(st.from_type(Diagnosis), max_size=2), st.text())
def test_every_document_holds_what_the_schema_says(
    validate: Callable[[str, object], None], name: str, causes: list[Diagnosis], problem: str
) -> None:
    """Whatever a log came to, programs may rely on the schema."""
    validate("diagnosis", json.loads(json.dumps(diagnosis_json.document(name, causes, problem=problem))))


def test_a_problem_is_part_of_the_document() -> None:
    """Programs see a problem beside the causes, and no key where there is none."""
    told = diagnosis_json.document("a", [], problem="gone")

    assert told == {"schema": 1, "file": "a", "causes": [], "problem": "gone"}
    assert "problem" not in diagnosis_json.document("a", [CAUSE])


def test_a_cause_goes_by_its_id() -> None:
    """Its name in the records is another one."""
    (cause,) = diagnosis_json.document("a", [CAUSE])["causes"]

    assert (cause["id"], cause["title"], cause["certainty"]) == ("E01", "it broke", "certain")
