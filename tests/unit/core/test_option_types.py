"""What is no value of an option is said in words that show one."""

from __future__ import annotations

import argparse

import pytest

from vllm_qualify.core import option_types


@pytest.mark.parametrize(("text", "seconds"), [("600", 600), ("90s", 90), ("10m", 600), ("1.5h", 5400)])
def test_a_span_in_any_unit(text: str, seconds: float) -> None:
    """Seconds are meant where no unit stands."""
    assert option_types.span(text) == seconds


@pytest.mark.parametrize("text", ["", "m", "10 min", "-1m", "0", "infh", "10d"])
def test_what_is_no_span(text: str) -> None:
    """The message shows how one is written."""
    with pytest.raises(argparse.ArgumentTypeError, match="is not a duration; expected one such as 90s, 10m or 1h"):
        option_types.span(text)


@pytest.mark.parametrize("text", ["1e308h", "1e400"])
def test_a_span_has_an_end(text: str) -> None:
    """One that is longer than any number is no span."""
    with pytest.raises(argparse.ArgumentTypeError, match="is not a duration"):
        option_types.span(text)


@pytest.mark.parametrize("text", ["12345678901", "9" * 5000, "0", "-1", "1.5", "\u00b2", ""])
def test_what_is_no_count(text: str) -> None:
    """One with too many digits is not cut to another."""
    with pytest.raises(argparse.ArgumentTypeError, match="is not a count"):
        option_types.count(text)


@pytest.mark.parametrize("text", ["65536", "9" * 5000, "-1", "\u00b2", ""])
def test_what_is_no_port(text: str) -> None:
    """Whatever its digits are."""
    with pytest.raises(argparse.ArgumentTypeError, match="is not a port"):
        option_types.port(text)
