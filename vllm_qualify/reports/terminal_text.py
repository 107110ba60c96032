"""Text for a terminal of some width: a rich console that writes into a text, and paragraphs that hang. Pure."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from vllm_qualify.reports import text


def console(*, width: int, colour: bool) -> Console:
    """A console that keeps what is printed; ``content`` gives it back, once.

    Args:
        width: of its lines, in columns.
        colour: whether to add ANSI colours.
    """
    made = Console(
        width=width,
        force_terminal=colour,
        color_system="standard" if colour else None,
        no_color=not colour,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    made.begin_capture()
    return made


def content(printed: Console) -> str:
    """What was printed, without blanks at the ends of lines."""
    return "\n".join(line.rstrip() for line in printed.end_capture().splitlines()) + "\n"


def hanging(printed: Console, words: str, *, indent: int = 0, style: str = "") -> None:
    """Print a paragraph whose further lines stand two columns deeper."""
    for at, line in enumerate(Text(text.one_line(words), style=style).wrap(printed, printed.width - indent - 2)):
        printed.print(Text(" " * (indent + 2 * bool(at))) + line)
