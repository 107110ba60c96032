"""The matrix for the end of a pytest run: plain text that a dumb terminal and a CI log can show."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from vllm_qualify.core.outcomes import Verdict
from vllm_qualify.core.records import Outcome, RunRecord
from vllm_qualify.reports import diagnosis as diagnoses
from vllm_qualify.reports import findings, matrix, sentences, terminal_text, text
from vllm_qualify.reports.production import ProductionState, ProductionSummary

WIDTH = 100
_WIDEST = 160
_MOST, _MOST_OF_A_WARNING = 600, 240
"""Signs of a message; the pages have all of it."""
_WORDS = {
    None: ("-", "dim"),
    Outcome.PASSED: ("pass", "green"),
    Outcome.WARNED: ("warn", "yellow"),
    Outcome.FAILED: ("FAIL", "bold red"),
    Outcome.INCONCLUSIVE: ("unsure", "magenta"),
    Outcome.NOT_APPLICABLE: ("n/a", "dim"),
    Outcome.BLOCKED: ("block", "blue"),
    Outcome.BROKEN: ("BROKE", "bold yellow"),
}
_PART = ("part", "green")
_VERDICTS = {
    Verdict.QUALIFIED: "bold green",
    Verdict.QUALIFIED_WITH_WARNINGS: "bold yellow",
    Verdict.NOT_QUALIFIED: "bold red",
    Verdict.INCONCLUSIVE: "bold magenta",
    Verdict.BROKEN: "bold yellow",
    Verdict.RULED_OUT: "bold red",
    Verdict.NOT_TRIED: "dim",
}


def render(run: RunRecord, *, colour: bool = False, width: int | None = None) -> str:
    """The matrix, a sentence for each candidate, and why each one did not simply pass.

    Args:
        run: the run.
        colour: whether to add ANSI colours; the words say everything without them.
        width: of the terminal, in columns, at least 60; ``None``: nobody knows. Sentences take 100 of it at most; the
            table takes what it needs, so that its names are whole.
    """
    console = terminal_text.console(width=max(60, width or _WIDEST), colour=colour)
    whole = matrix.of(run)
    if whole.production and whole.production.state is ProductionState.NOT_BACK:
        alarm = f"{text.sentence(whole.production.headline)} {text.sentence(whole.production.remedy)}"
        _paragraph(console, alarm, style="bold red")
        console.print()
    if whole.rows:
        console.print(_table(whole))
    if whole.baseline:
        console.print()
        _paragraph(console, whole.baseline.said)
    told: dict[tuple[str, str], str] = {}
    for row in whole.rows:
        _candidate(console, row, told)
    _not_shown(console, whole)
    _credit(console, whole)
    _findings(console, whole)
    console.print()
    console.print(Text(whole.headline, style="bold"), width=min(console.width, WIDTH))
    if whole.production:
        _production(console, whole.production)
    return terminal_text.content(console)


def _table(whole: matrix.Matrix) -> Table:
    table = Table(box=box.ASCII2, padding=(0, 0), show_edge=False, header_style="bold")
    table.add_column("candidate", overflow="fold")
    for requirement in whole.requirements:
        table.add_column(text.one_line(requirement.id), justify="center", overflow="fold")
    if whole.baseline and whole.baseline.measured:
        _add_row(table, whole.baseline.name, whole.baseline.cells)
    for row in whole.rows:
        _add_row(table, row.name, row.cells)
    return table


def _add_row(table: Table, name: str, cells: Iterable[matrix.Cell]) -> None:
    words = [_PART if cell.partly else _WORDS[cell.outcome] for cell in cells]
    table.add_row(Text(text.one_line(name)), *(Text(word, style=style) for word, style in words))


def _candidate(console: Console, row: matrix.Row, told: dict[tuple[str, str], str]) -> None:
    """Why it did not simply pass; a warning that an earlier candidate had in the same words is only named."""
    console.print()
    verdict = sentences.VERDICTS[row.verdict]
    _paragraph(console, f"{row.candidate.image}: {row.summary}", bold=(verdict, _VERDICTS[row.verdict]))
    if row.advisories:
        _paragraph(console, f"advisories: {row.advisories}", indent=2)
    again: dict[str, list[str]] = {}
    for reason in row.reasons:
        first = told.setdefault((reason.case, reason.message), row.name)
        if reason.outcome is Outcome.WARNED and first != row.name:
            again.setdefault(first, []).append(reason.case)
        else:
            _reason(console, reason)
    for first, cases in again.items():
        _paragraph(
            console,
            f"warn for the same reason as {first}: {text.listing(cases)}",
            indent=2,
            bold=_WORDS[Outcome.WARNED],
        )


def _not_shown(console: Console, whole: matrix.Matrix) -> None:
    """What the target cannot show, each reason once: candidates of one run mostly share them."""
    if found := matrix.hidden(whole.rows):
        console.print("\nnot shown here:")
        for hidden, names in found.items():
            words = f"{hidden.requirement} in part" if hidden.partly else hidden.requirement
            who = f" ({text.listing(names)})" if names else ""
            _paragraph(console, f"{words}{who}: {hidden.reason}", indent=2)


def _credit(console: Console, whole: matrix.Matrix) -> None:
    """What staying costs and where the advisories are from, once for all candidates."""
    if whole.credit:
        console.print()
    for name, said in {"what staying costs": whole.staying, "advisories": whole.credit}.items():
        if said:
            _paragraph(console, f"{name}: {said}")


def _findings(console: Console, whole: matrix.Matrix) -> None:
    """Those that stand in the way in full, for nothing else may be there to read; the others were told before."""
    if whole.findings:
        console.print(f"\nbefore the run: {findings.counted(whole.findings)}")
    for finding in whole.findings:
        if finding.blocks:
            for line in findings.lines(finding):
                _paragraph(console, line, indent=2 if line[0] != " " else 4, bold=(findings.word(finding), "bold red"))


def _production(console: Console, production: ProductionSummary) -> None:
    """Where production is: the last thing to see; that it is not back is the first one too."""
    style = "bold red" if production.alarming else "yellow" if production.warned else "green"
    _paragraph(console, production.summary, style=style)


def _reason(console: Console, reason: matrix.Reason) -> None:
    word, style = _WORDS[reason.outcome]
    most = _MOST_OF_A_WARNING if reason.outcome is Outcome.WARNED else _MOST
    _paragraph(console, f"{word} {reason.case}: {text.short(reason.message, most)}", indent=2, bold=(word, style))
    if diagnosis := reason.diagnosis:
        head = "no cause found" if diagnosis.wrapper else "cause"
        _paragraph(console, f"{head}: {diagnoses.named(diagnosis)}", indent=4)
        for line in diagnosis.lines:
            _paragraph(console, f"line {line.number}: {line.text}", indent=6)
        for more in diagnoses.further(diagnosis):
            _paragraph(console, more, indent=8)
        if diagnosis.origin:
            _paragraph(console, f"where: {diagnosis.origin}", indent=4)
        if diagnosis.remedy:
            _paragraph(console, f"what to do: {diagnosis.remedy}", indent=4)
        if diagnosis.reference:
            _paragraph(console, f"source: {diagnosis.reference}", indent=4)
    if reason.also:
        _paragraph(console, f"the same cause: {text.listing(reason.also)}", indent=4)


def _paragraph(
    console: Console, content: str, *, indent: int = 0, bold: tuple[str, str] | None = None, style: str = ""
) -> None:
    lines = textwrap.wrap(
        text.one_line(content),
        width=min(console.width, WIDTH),
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + 2),
        break_on_hyphens=False,
    )
    for line in lines:
        words = Text(line, style=style)
        if bold:
            words.highlight_words([bold[0]], style=bold[1])
        console.print(words, no_wrap=True, crop=False)
