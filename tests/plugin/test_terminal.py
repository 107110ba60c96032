"""What a candidate writes never steers the terminal of whoever reads of it."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

IMAGE = "vllm/vllm-openai:v0.12.0"
# Clears the screen, sets the clipboard and the title, hides what follows, and turns a line round.
HOSTILE = r"\x1b[2J\x1b]52;c;AAAA\x07\x1b]0;title\x1b\\\x1b[8m\x9b2J\u202eproduction is back"


@pytest.mark.parametrize("door", ["unavailable", "no_parser", "no_start"])
def test_nothing_steers_the_terminal(
    qualify: Callable[..., pytest.RunResult], pytester: pytest.Pytester, door: str
) -> None:
    """By whichever way it comes in, neither pytest's own texts nor any report hand it on."""
    result = qualify("--image", IMAGE, "-v", "-rA", scripts=f"{{'v0.12.0': Script({door}='{HOSTILE}')}}")

    said = result.stdout.str() + result.stderr.str()
    reports = Path(pytester.path / "reports")
    files = [file for file in reports.glob("2*/**/*") if file.is_file() and not file.is_symlink()]
    with contextlib.closing(sqlite3.connect(reports / "history.sqlite")) as history:
        written = "\n".join([*(file.read_text() for file in files), *history.iterdump()])
    assert "production is back" in said
    for mark in "\x1b\x07\x9b\u202e":
        assert mark not in said
        assert mark not in written
    assert "AAAA" not in said + written
