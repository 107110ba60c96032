"""The table of cases opens in a spreadsheet, with every case and without a formula."""

from __future__ import annotations

import csv as values
import dataclasses

import pytest

from vllm_qualify.core.records import RunRecord
from vllm_qualify.reports import csv, matrix_json


def read_back(run: RunRecord) -> list[dict[str, str]]:
    """The rows of the table of cases, as a spreadsheet has them."""
    return list(values.DictReader(csv.files(run)["matrix.csv"].decode().splitlines(keepends=True)))


def test_csv_has_a_row_for_each_case(finished: RunRecord) -> None:
    """Read back, the table has every case with its verdict."""
    rows = read_back(finished)

    assert len(rows) == sum(len(candidate.cases) for candidate in finished.candidates)
    assert {row["verdict"] for row in rows if row["image"].endswith("v0.12.0")} == {"not-qualified"}
    assert all(float(row["seconds"]) >= 0 for row in rows)


def test_csv_names_a_candidate_that_was_not_tried(interrupted: RunRecord) -> None:
    """A candidate without a case does not vanish from the table."""
    assert b"v0.9.2,,inconclusive,,,,,,,,,\n" in csv.files(interrupted)["matrix.csv"]


def test_programs_see_that_a_repetition_is_one(interrupted: RunRecord) -> None:
    """JSON and CSV hold for each diagnosis whether it is a wrapper, and where it was seen before."""
    document = matrix_json.document(interrupted)
    found = [case["diagnosis"] for one in document["candidates"] for case in one["cases"] if case["diagnosis"]]
    rows = [row for row in read_back(interrupted) if row["cause"]]

    assert {(one["cause"], one["wrapper"]) for one in found} == {("E01", False), ("E04", True)}
    assert [one["reference"] for one in found] == [row["reference"] for row in rows]
    assert [{True: "yes", False: "no"}[one["wrapper"]] for one in found] == [row["wrapper"] for row in rows]


@pytest.mark.parametrize("message", ["=cmd()", "+1", "-1", "@x"])
def test_csv_holds_no_formula(finished: RunRecord, message: str) -> None:
    """A spreadsheet that opens the file computes nothing from an engine's words."""
    case = dataclasses.replace(finished.candidates[0].cases[0], message=message)
    run = dataclasses.replace(finished, candidates=(dataclasses.replace(finished.candidates[0], cases=(case,)),))

    assert f",'{message}," in csv.files(run)["matrix.csv"].decode()
