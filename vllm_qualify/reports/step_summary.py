"""The matrix on the page of a job of GitHub Actions, which shows what a step leaves in a file of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path

from vllm_qualify.core.records import RunRecord
from vllm_qualify.reports import matrix_markdown

VARIABLE = "GITHUB_STEP_SUMMARY"
LIMIT_BYTES = 1024 * 1024
"""What a step may leave there; of more nothing is shown."""
_LEAST_BYTES = 40_000


def write(run: RunRecord, environment: Mapping[str, str]) -> bool:
    """Add the matrix to the summary of this step, and say whether that was done.

    It is not where no job runs, where the step has filled its summary already, and where the file cannot be written:
    the reports are whole without it.
    """
    named = environment.get(VARIABLE, "")
    if not named:
        return False
    with contextlib.suppress(OSError), Path(named).open("ab") as summary:
        room = LIMIT_BYTES - summary.tell()
        if room >= _LEAST_BYTES:
            summary.write(matrix_markdown.page(run, limit=room))
            return True
    return False
