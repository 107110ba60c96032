"""Allure 3 is told what the run came to, how to group it, and which cause each failure has."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from vllm_qualify.core.records import Certainty, Diagnosis, RunRecord
from vllm_qualify.reports import allure_config, allure_results, matrix


def config(run: RunRecord) -> dict[str, Any]:
    """What Allure reads."""
    made: dict[str, Any] = json.loads(allure_config.files(run)["allurerc.json"])
    return made


def labels(run: RunRecord) -> list[str]:
    """The causes that the results name."""
    results = [content for name, content in allure_results.files(run).items() if name.endswith("-result.json")]
    found = [label for content in results for label in json.loads(content)["labels"]]
    return [label["value"] for label in found if label["name"] == allure_config.CAUSE]


def test_the_report_is_named_by_its_headline(interrupted: RunRecord) -> None:
    """Whoever opens it reads the same first sentence as in the matrix."""
    assert config(interrupted)["name"] == matrix.of(interrupted).headline


def test_nights_share_a_history_outside_their_folders(finished: RunRecord) -> None:
    """A night finds what the one before has written."""
    assert config(finished)["historyPath"] == "../allure-history.jsonl"


@pytest.mark.parametrize("title", ["out of memory", "a (b) [c] + d.e ^$ {0} | \\n", "two\nlines\t\x00"])
def test_each_cause_has_a_category_of_its_own(finished: RunRecord, title: str) -> None:
    """Its expression matches the label of the results with that cause, whatever characters it has, and no other."""
    found = Diagnosis(cause="E05", title=title, certainty=Certainty.CERTAIN)
    case = replace(finished.candidates[0].cases[0], diagnosis=found)
    run = replace(finished, candidates=(replace(finished.candidates[0], cases=(case,)),))

    first, *others = config(run)["categories"]

    [label] = labels(run)
    assert re.search(first["matchers"]["labels"]["cause"], label)
    assert not re.search(first["matchers"]["labels"]["cause"], f"{label} or so")
    assert first["name"] == label
    assert first["name"].isprintable()
    assert all("messageRegex" in other for other in others)


def test_a_run_without_a_diagnosis_has_the_categories_of_outcomes(finished: RunRecord) -> None:
    """Nothing is made up."""
    bare = tuple(
        replace(one, cases=tuple(replace(case, diagnosis=None) for case in one.cases)) for one in finished.candidates
    )

    assert all("messageRegex" in one for one in config(replace(finished, candidates=bare))["categories"])
