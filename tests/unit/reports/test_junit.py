"""junit.xml is read by others as it was meant."""

from __future__ import annotations

import math
from typing import Any

import junitparser
import pytest
from hypothesis import given, settings

from tests.unit.reports.odd_runs import RUNS
from vllm_qualify.core.records import RunRecord
from vllm_qualify.reports import junit


def suites(run: RunRecord) -> list[Any]:
    """The suites as a reader of such files has them, whose own counts agree with what stands at each."""
    found = list(junitparser.JUnitXml.fromstring(junit.files(run)["junit.xml"]))
    for suite in found:
        said = (suite.tests, suite.failures, suite.errors, suite.skipped)
        suite.update_statistics()
        assert said == (suite.tests, suite.failures, suite.errors, suite.skipped)
    return found


@pytest.mark.parametrize("name", ["finished", "interrupted", "restored", "lost"])
def test_a_reader_finds_every_case(request: pytest.FixtureRequest, name: str) -> None:
    """By the name of its candidate, with its result."""
    run: RunRecord = request.getfixturevalue(name)
    read = {suite.name: [case.name for case in suite] for suite in suites(run)}

    for candidate in run.candidates:
        assert [case.id for case in candidate.cases] == read[candidate.image][: len(candidate.cases)]


@settings(deadline=None, max_examples=25)
@given(run=RUNS)
def test_any_run_is_read(run: RunRecord) -> None:
    """Each result is of one of the three kinds, each time a number, whatever was said or measured."""
    for case in (case for suite in suites(run) for case in suite):
        assert {type(one) for one in case.result} <= {junitparser.Error, junitparser.Failure, junitparser.Skipped}
        assert case.time is not None
        assert math.isfinite(case.time)


def test_what_is_no_amount_has_no_thousands(restored: RunRecord) -> None:
    """A port is told as the manifest has it."""
    said = junit.files(restored)["junit.xml"].decode()

    assert 'name="--port" value="8000"' in said
    assert 'name="--max-model-len" value="8192"' in said
