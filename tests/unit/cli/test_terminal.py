"""A command is as wide as its terminal, and has colours only where somebody sees them."""

from __future__ import annotations

import os
import re

import pytest

from vllm_qualify import cli
from vllm_qualify.cli import terminal


@pytest.mark.parametrize(("columns", "width"), [("200", 200), ("40", 40), ("12", 40), ("0", 100), ("wide", 100)])
def test_columns_say_how_wide(monkeypatch: pytest.MonkeyPatch, columns: str, width: int) -> None:
    """What is no width says nothing, and less than 40 columns hold no table."""

    def none(_handle: int) -> os.terminal_size:
        raise OSError

    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr(os, "get_terminal_size", none)

    assert terminal.width() == width


def test_the_terminal_says_how_wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without COLUMNS its own size counts."""
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr(os, "get_terminal_size", lambda _: os.terminal_size((132, 24)))

    assert terminal.width() == 132


@pytest.mark.parametrize(
    ("shown", "variables", "colour"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),
        (True, {"TERM": "dumb"}, False),
    ],
)
def test_colours_are_for_terminals(
    monkeypatch: pytest.MonkeyPatch, *, shown: bool, variables: dict[str, str], colour: bool
) -> None:
    """Not for pipes and files, not for dumb terminals, and not for who wants none."""
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdout.isatty", lambda: shown, raising=False)

    assert terminal.colour() is colour


def test_words_are_painted_where_there_are_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that a pattern names, on each line; the rest stays as it is."""
    text, patterns = "ok uv\nmissing ok\n", {re.compile("^ok|(?<=\\n)missing"): terminal.GREEN}

    monkeypatch.setattr(terminal, "colour", lambda: False)
    assert terminal.painted(text, patterns) == text
    monkeypatch.setattr(terminal, "colour", lambda: True)
    assert terminal.painted(text, patterns) == "\x1b[32mok\x1b[0m uv\n\x1b[32mmissing\x1b[0m ok\n"


@pytest.mark.parametrize(
    ("words", "struck"),
    [
        (
            ["preflight", "vllm/vllm-openai:v0.19.1", "--gpu", "RTX 3060", "--driver", "535.1"],
            "  \x1b[1;31mSTOP\x1b[0m ",
        ),
        (["preflight", "--all", "--gpu", "RTX 3060", "--driver", "535.1"], "\x1b[31mwill not work\x1b[0m  "),
        (["doctor"], "\x1b[32mok\x1b[0m "),
    ],
    ids=["STOP", "table", "doctor"],
)
@pytest.mark.usefixtures("elsewhere")
def test_what_counts_strikes_the_eye(
    words: list[str], struck: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Though everything that is shown is cleaned of what others may have painted."""
    monkeypatch.setattr(terminal, "colour", lambda: True)

    cli.main(words)

    assert struck in capsys.readouterr().out
