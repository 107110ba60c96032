"""The matrix for programs means the same for a journal, whichever version wrote it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from vllm_qualify import reports
from vllm_qualify.core import journal, verdict_facts
from vllm_qualify.core.records import RunRecord
from vllm_qualify.core.requirements import BY_ID
from vllm_qualify.reports import matrix_json

PUBLISHED = Path(__file__).parent / "data" / "published"


@pytest.fixture(name="older", scope="module")
def _older() -> RunRecord:
    """A search on a cluster that somebody ended, with every kind of event, as an earlier version wrote it."""
    return journal.read((Path(__file__).parents[1] / "data" / "older.jsonl").read_bytes())


def facts(value: Any) -> Any:
    """A document without the sentences that sum it up, whose words may get better."""
    if isinstance(value, list):
        return [facts(inner) for inner in value]
    if isinstance(value, dict):
        return {key: facts(inner) for key, inner in value.items() if key != "summary"}
    return value


@pytest.mark.parametrize("name", ["interrupted", "lost", "older"])
def test_an_older_journal_comes_to_the_document_that_it_came_to(request: pytest.FixtureRequest, name: str) -> None:
    """Field by field as the version before wrote it into matrix.json."""
    before = json.loads((PUBLISHED / f"matrix-{name}.json").read_bytes())

    run, turns = before["facts"], facts(before)["candidates"]
    candidates = [one | {"advisories": None, "holds_for": verdict_facts.of(run, one["facts"])} for one in turns]
    columns = [dataclasses.asdict(BY_ID[column]) for column in turns[0]["requirements"]]
    since = {"baseline": None, "candidates": candidates, "requirements": columns}
    assert facts(matrix_json.document(request.getfixturevalue(name))) == facts(before) | since


def test_an_older_journal_is_told_in_every_report(older: RunRecord) -> None:
    """What was waived, what was ruled out and where an exception was raised come from a journal of any age."""
    made = reports.all(older)

    for name in ("matrix.html", "matrix.md", "matrix.json"):
        page = made[name].decode()
        for told in ("it is ours too", "P03 driver too old", "vllm/v1/engine/core.py: the engine core"):
            assert told in page
