"""What is printed for a terminal comes back as text, with lines that hang and none that ends in blanks."""

from __future__ import annotations

from rich.text import Text

from vllm_qualify.reports import terminal_text


def test_a_paragraph_hangs_within_its_width() -> None:
    """Further lines stand two columns deeper, and none is longer than the terminal is wide."""
    console = terminal_text.console(width=20, colour=False)

    terminal_text.hanging(console, "one two three four five six seven", indent=2)

    lines = terminal_text.content(console).splitlines()
    assert lines == ["  one two three", "    four five six", "    seven"]


def test_colours_are_there_only_when_asked_for() -> None:
    """A style is ANSI in the one, and nothing in the other."""
    told = []
    for colour in (False, True):
        console = terminal_text.console(width=20, colour=colour)
        console.print(Text("word   ", style="bold red"))
        told.append(terminal_text.content(console))

    assert told[0] == "word\n"
    assert "\x1b[" in told[1]


def test_what_is_printed_is_no_markup() -> None:
    """Brackets and words that rich would mark stay as they are."""
    console = terminal_text.console(width=80, colour=True)

    console.print("[bold]:smile: 12[/bold]")

    assert terminal_text.content(console) == "[bold]:smile: 12[/bold]\n"
