"""The stored runs that every report is made from."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from vllm_qualify import reports
from vllm_qualify.core import journal
from vllm_qualify.core.records import Observation, Role, RunRecord

_DATA = Path(__file__).parents[1] / "data"
_CLUSTER = Path(__file__).parent / "data"


@pytest.fixture(name="finished", scope="session")
def _finished() -> RunRecord:
    """Three images on the local target: two qualify, one answers nothing right."""
    return journal.read((_DATA / "journal.jsonl").read_bytes())


@pytest.fixture(name="interrupted", scope="session")
def _interrupted() -> RunRecord:
    """Four images on a cluster, killed in the third: every outcome that there is."""
    return journal.read((_DATA / "interrupted.jsonl").read_bytes())


@pytest.fixture(name="restored", scope="session")
def _restored() -> RunRecord:
    """The card's three images on a cluster, one of which qualifies; production is back."""
    return journal.read((_CLUSTER / "restored.jsonl").read_bytes())


@pytest.fixture(name="beside", scope="session")
def _beside(restored: RunRecord) -> RunRecord:
    """The same, compared with what served before: the cases of the one that qualified stand for production's."""
    facts = {"baseline": "production today"}
    production = replace(restored.candidates[-1], image="vllm/vllm-openai:v0.5.5", role=Role.BASELINE, facts=facts)
    slower = tuple(replace(case, observations=tuple(map(_less, case.observations))) for case in production.cases)
    again = replace(production, role=Role.BASELINE_AGAIN, cases=slower)
    return replace(restored, baseline=production, baseline_again=again)


def _less(seen: Observation) -> Observation:
    return replace(seen, value=seen.value * 0.99) if isinstance(seen.value, float) else seen


@pytest.fixture(name="lost", scope="session")
def _lost() -> RunRecord:
    """One image on a cluster, in whose turn somebody else changed production; it is not back."""
    return journal.read((_CLUSTER / "lost.jsonl").read_bytes())


@pytest.fixture(scope="session")
def validate() -> Callable[[str, object], None]:
    """Holds a document against the shipped schema of its kind, formats of dates included."""

    def held(name: str, document: object) -> None:
        schema = json.loads((Path(reports.__file__).parent / f"{name}.schema.json").read_bytes())
        checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
        jsonschema.Draft202012Validator(schema, format_checker=checker).validate(document)

    return held
