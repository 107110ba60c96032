"""A comparison for a terminal: aligned columns as wide as it is, the worst first. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from vllm_qualify.reports import compare, compare_words, terminal_text, text
from vllm_qualify.reports.compare import AnswerChange, CandidatePair, Comparison
from vllm_qualify.reports.compare_rules import ChangeStanding
from vllm_qualify.reports.terminal_text import hanging

_COLOURS = {
    ChangeStanding.WORSE: "bold red",
    ChangeStanding.BETTER: "bold green",
    ChangeStanding.CANNOT_TELL: "bold magenta",
    ChangeStanding.SAME: "dim",
}
_MOST_ROWS = 20
_MOST_ANSWERS = 5
_NARROW = 72
_LEAST_WIDTH = 40
_HEAD = ("", "before", "after", "difference")


def render(comparison: Comparison, *, width: int, colour: bool = False) -> str:
    """The comparison as text.

    Args:
        comparison: of two runs.
        width: of the terminal, in columns; below 72 each change takes two lines.
        colour: whether to add ANSI colours; the words say everything without them.
    """
    console = terminal_text.console(width=max(_LEAST_WIDTH, width), colour=colour)
    console.print(Text(compare.headline(comparison), style="bold"))
    before, after = (f"{text.one_line(run.run)}" for run in (comparison.before, comparison.after))
    console.print(f"before: {before}\nafter:  {after}")
    if comparison.conditions:
        console.print(f"\n{compare_words.CARE}:")
        _table(console, [(one.name, one.before, one.after) for one in comparison.conditions], head=_HEAD[:3])
    for pair in comparison.differences:
        _candidate(console, pair)
    for where, images in (("earlier", comparison.only_before), ("later", comparison.only_after)):
        if images:
            console.print(f"\nonly in the {where} run: {text.one_line(text.listing(images))}")
    return terminal_text.content(console)


def _candidate(console: Console, pair: CandidatePair) -> None:
    console.print()
    console.print(Text(text.one_line(pair.name), style="bold"))
    for word, said in zip(("before", "after"), compare_words.verdicts(pair), strict=True):
        hanging(console, f"{word}: {said}")
    if pair.conditions:
        console.print()
        _table(console, [(one.name, one.before, one.after) for one in pair.conditions], head=_HEAD[:3])
    for standing in (ChangeStanding.WORSE, ChangeStanding.BETTER, ChangeStanding.CANNOT_TELL):
        if rows := compare_words.rows(pair, standing):
            console.print()
            console.print(Text(f"{standing.words}: {compare_words.counted(pair, standing)}", style=_COLOURS[standing]))
            lines = [(one.what, one.before, one.after, _joint(one.difference, one.note)) for one in rows]
            _table(console, lines[:_MOST_ROWS], head=_HEAD)
            _more(console, len(lines) - _MOST_ROWS)
    if same := compare_words.counted(pair, ChangeStanding.SAME):
        console.print()
        console.print(Text(f"same: {same}", style=_COLOURS[ChangeStanding.SAME]))
    _answers(console, pair.answers)


def _joint(*parts: str) -> str:
    return "; ".join(filter(None, parts))


def _answers(console: Console, answers: Sequence[AnswerChange]) -> None:
    if not answers:
        return
    console.print(f"\nanswers that changed: {len(answers)}")
    for one in answers[:_MOST_ANSWERS]:
        hanging(console, f"{one.case} {one.document} ({one.standing.words})", indent=2)
        hanging(console, f"before: {one.before}", indent=4)
        hanging(console, f"after:  {one.after}", indent=4)
    _more(console, len(answers) - _MOST_ANSWERS)


def _more(console: Console, count: int) -> None:
    if count > 0:
        console.print(f"  {count} more; --format html has all")


def _table(console: Console, rows: Iterable[Sequence[str]], *, head: Sequence[str]) -> None:
    if console.width < _NARROW:
        for what, *cells in rows:
            hanging(console, what, indent=2)
            hanging(console, f"{cells[0] or '-'} -> {', '.join(filter(None, cells[1:])) or '-'}", indent=4)
        return
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("")
    for at, name in enumerate(head):
        most = console.width * 2 // 5 if at == 0 or len(head) < len(_HEAD) else console.width // 4
        table.add_column(name, overflow="fold", max_width=None if at == len(_HEAD) - 1 else most)
    for row in rows:
        what, *cells = map(text.one_line, row)
        table.add_row("", *map(Text, (what, *(cell or "-" for cell in cells[:2]), *cells[2:])))
    console.print(table)
