"""Everything that is told of a run: pure functions from a ``RunRecord`` to the content of files."""

from __future__ import annotations

import importlib

from vllm_qualify.core.records import RunRecord
from vllm_qualify.reports.page_links import USUAL, PageLinks

# Loaded by name at the first report: jinja2 and others are slow to import, which no start of pytest should pay.
_WRITERS = (
    "matrix_json",
    "matrix_markdown",
    "html",
    "csv",
    "junit",
    "ctrf",
    "sarif",
    "badge",
    "prometheus",
    "statements",
    "allure",
    "allure_config",
    "allure_results",
)


def all(run: RunRecord, links: PageLinks = USUAL) -> dict[str, bytes]:  # noqa: A001 - it hides nothing
    """Every report of a run.

    Args:
        run: the run, folded from its journal; one that was killed renders as well.
        links: what lies beside them.

    Returns:
        The content of each file by its path relative to the folder of the run.
    """
    files: dict[str, bytes] = {}
    for name in _WRITERS:
        of = importlib.import_module(f"{__name__}.{name}").files
        files |= of(run, links) if name == "html" else of(run)
    return files


def attachments(run: RunRecord) -> dict[str, str]:
    """Where reports expect a copy of a file of evidence, and which; both relative to the folder of the run."""
    from vllm_qualify.reports import allure_results  # noqa: PLC0415 - as above.

    return allure_results.attachments(run)
