"""Merged runs for a terminal: what became of each candidate on each node, and of production. Pure."""

from __future__ import annotations

from itertools import groupby

from rich.console import Console
from rich.table import Table
from rich.text import Text

from vllm_qualify.core import outcomes
from vllm_qualify.reports import merged, sentences, terminal_text, text
from vllm_qualify.reports.merged import MergedMatrix, MergedRow
from vllm_qualify.reports.terminal_text import hanging

_LEAST_WIDTH = 60


def render(whole: MergedMatrix, *, width: int, colour: bool = False) -> str:
    """The merged runs as text.

    Args:
        whole: the runs.
        width: of the terminal, in columns.
        colour: whether to add ANSI colours; the words say everything without them.
    """
    console = terminal_text.console(width=max(_LEAST_WIDTH, width), colour=colour)
    for one in whole.alarms:
        if one.production:
            hanging(console, f"{one.run.run}: {one.production.summary}", style="bold red")
    hanging(console, merged.headline(whole), style="bold")
    for node, rows in groupby(whole.rows, key=lambda row: row.source.node):
        console.print()
        hanging(console, node, style="bold")
        _rows(console, list(rows))
    if whole.facts:
        console.print("\nthe runs differ in:")
    for fact in whole.facts:
        hanging(console, f"{fact.name}: {fact.told}", indent=2)
    _production(console, whole)
    return terminal_text.content(console)


def _rows(console: Console, rows: list[MergedRow]) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for head in ("", "candidate", "verdict", "night", "why, and what other runs say"):
        table.add_column(head, overflow="fold", no_wrap=head == "night")
    for row in rows:
        good = row.row.verdict in outcomes.FAVOURABLE
        verdict = Text(sentences.VERDICTS[row.row.verdict], style="green" if good else "red")
        told = "; ".join(filter(None, (row.why, *row.notes)))
        name = Text(text.one_line(row.row.name))
        table.add_row("", name, verdict, f"{row.source.run.started:%Y-%m-%d}", Text(text.one_line(told)))
    console.print(table)


def _production(console: Console, whole: MergedMatrix) -> None:
    """Where each run left it."""
    told = [one for one in whole.runs if one.production]
    if told:
        console.print("\nproduction:")
    for one in told:
        if one.production:
            hanging(console, f"{one.run.run}: {one.production.headline}", indent=2)
