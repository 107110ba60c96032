"""The reference of exit codes says what each command says of itself."""

from __future__ import annotations

from pathlib import Path

from vllm_qualify.cli import exit_codes

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "exit-codes.md"


def test_the_page_is_that_of_the_commands() -> None:
    """Who changes a code runs ``python -m vllm_qualify.cli.exit_codes docs/reference/exit-codes.md``."""
    text = PAGE.read_text(encoding="utf-8")

    assert exit_codes.written(text) == text
    assert "| `vllm-qualify preflight` | every image should work" in text
