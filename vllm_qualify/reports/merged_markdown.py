"""Merged runs as Markdown: merged.md. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from vllm_qualify.reports import merged, sentences, text
from vllm_qualify.reports.markdown import code, escape, table
from vllm_qualify.reports.merged import MergedMatrix, MergedRow, MergedRun


def render(whole: MergedMatrix) -> str:
    """The merged runs as Markdown."""
    lines = ["# vLLM compatibility matrix", "", f"**{escape(merged.headline(whole))}**", ""]
    for one in whole.alarms:
        lines += _alarm(one)
    head = ["node", "candidate", *(escape(column.id) for column in whole.requirements), "verdict", "night", ""]
    columns = [column.id for column in whole.requirements]
    lines += [*table(head, (_row(row, columns) for row in whole.rows)), ""]
    lines += ["## The runs", "", *table(["run", "node", "began", "production"], map(_run, whole.runs)), ""]
    if whole.facts:
        lines += [
            "## What they differ in",
            "",
            *(f"- {escape(fact.name)}: {escape(fact.told)}" for fact in whole.facts),
            "",
        ]
    return "\n".join(lines)


def _row(row: MergedRow, columns: Iterable[str]) -> list[str]:
    cells = {cell.requirement: sentences.outcome(cell.outcome) for cell in row.row.cells}
    told = "; ".join(filter(None, (row.why, *row.notes)))
    verdict = f"**{sentences.VERDICTS[row.row.verdict]}**"
    shown = (cells.get(column, "") for column in columns)
    return [escape(row.source.node), f"**{escape(row.row.name)}**", *shown, verdict, _night(row.source), escape(told)]


def _night(one: MergedRun) -> str:
    return f"{one.run.started:%Y-%m-%d %H:%M}"


def _run(one: MergedRun) -> list[str]:
    said = escape(one.production.headline) if one.production else ""
    return [code(one.run.run), escape(one.node), _night(one), said]


def _alarm(one: MergedRun) -> list[str]:
    """The remedy is our own text, with the command to copy in backticks."""
    if one.production is None:
        return []
    said = escape(one.production.said)
    return ["> [!CAUTION]", f"> **{code(one.run.run)}: {said}**", ">", f"> {text.sentence(one.production.remedy)}", ""]
