"""Merged runs for a reader: merged.html, one file that needs no network, no script and no font of its own. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from vllm_qualify.core.records import Outcome
from vllm_qualify.core.requirements import Requirement
from vllm_qualify.reports import merged, page_parts, text
from vllm_qualify.reports.merged import MergedMatrix, MergedRow


def render(whole: MergedMatrix) -> str:
    """The merged runs as a page; each row leads to the report of its run."""
    style = page_parts.inline("style.css") + page_parts.inline("side_by_side.css")
    page = page_parts.TEMPLATES.get_template("merged.html.j2").render(
        whole=whole,
        headline=merged.headline(whole),
        nodes=[_node(whole, name, list(rows)) for name, rows in groupby(whole.rows, key=lambda row: row.source.node)],
        cells=_cells,
        policy=page_parts.policy(style=style),
        style=style,
    )
    return text.clean(page)


def _node(
    whole: MergedMatrix, name: str, rows: Sequence[MergedRow]
) -> tuple[str, Sequence[MergedRow], list[Requirement]]:
    """A node with its rows, and the columns that its runs have."""
    seen = {cell.requirement for row in rows for cell in row.row.cells}
    return name, rows, [column for column in whole.requirements if column.id in seen]


def _cells(row: MergedRow, columns: Iterable[str]) -> list[tuple[str, bool, Outcome | None]]:
    """The cell of each column: the requirement, whether its run has that at all, and the outcome."""
    found = {cell.requirement: cell.outcome for cell in row.row.cells}
    return [(name, name in found, found.get(name)) for name in columns]
