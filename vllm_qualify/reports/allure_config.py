"""How Allure 3 shows a run: ``allurerc.json`` beside the results, read by ``npx allure generate`` there. Pure.

Without it the report is named "Allure Report", knows no categories (Allure 3 reads them from its configuration alone),
and groups by file. Read from the source of Allure 3 (packages/core/src/config.ts, packages/core-api/src/categories.ts).
"""

from __future__ import annotations

import json
import re
from typing import Any

from vllm_qualify.core.records import Diagnosis, RunRecord
from vllm_qualify.reports import allure, matrix, text

FILE = "allurerc.json"
HISTORY = "../allure-history.jsonl"
"""Beside the folders of all runs, so that a night finds the one before; relative to the folder of the run."""
CAUSE = "cause"
_NIGHTS = 90
_VIEWS = {"images": ["parentSuite", "suite"], "requirements": ["feature", "parentSuite"]}


def files(run: RunRecord) -> dict[str, bytes]:
    """The configuration, by the name under which Allure 3 looks for it."""
    return {FILE: json.dumps(_config(run), indent=2).encode() + b"\n"}


def cause(diagnosis: Diagnosis) -> str:
    """The value of the label by which a result falls into the category of its cause."""
    return text.one_line(f"{diagnosis.cause} {diagnosis.title}")


def _config(run: RunRecord) -> dict[str, Any]:
    headline = text.one_line(matrix.of(run).headline)
    return {
        "name": headline,
        "output": "allure-report",
        "historyPath": HISTORY,
        "historyLimit": _NIGHTS,
        "categories": [*_causes(run), *allure.categories()],
        "plugins": {
            name: {
                "import": "@allurereport/plugin-awesome",
                "options": {"reportName": f"By {name[:-1]}: {headline}", "groupBy": labels},
            }
            for name, labels in _VIEWS.items()
        },
    }


def _causes(run: RunRecord) -> list[dict[str, Any]]:
    """A category for each first cause, before those of the outcomes: the first that matches wins."""
    cases = [case for candidate in run.candidates for case in candidate.cases]
    known = dict.fromkeys(cause(case.diagnosis) for case in (*cases, *run.production) if case.diagnosis is not None)
    return [
        {
            "name": name,
            "matchers": {"statuses": ["failed", "broken", "skipped"], "labels": {CAUSE: f"^{re.escape(name)}$"}},
            "groupByMessage": False,
        }
        for name in known
    ]
