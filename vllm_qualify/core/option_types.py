"""Types of options: what is no such value is a usage error before anything else is read."""

from __future__ import annotations

import argparse
import math

_MAX_PORT = 65535
# A billion is more than of anything that an option counts.
_MOST_DIGITS = 9
_UNITS = {"s": 1, "m": 60, "h": 3600}


def port(text: str) -> int:
    """A port as an option's type.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS) or int(text) > _MAX_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port; expected a number from 0 to {_MAX_PORT}")
    return int(text)


def count(text: str) -> int:
    """A number of things as an option's type.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS) or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a count; expected a whole number, 1 or more")
    return int(text)


def span(text: str) -> float:
    """A span of time as an option's type, in seconds: ``600``, ``90s``, ``10m`` or ``1h``.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    unit = _UNITS.get(text[-1:], 0)
    try:
        return seconds(str(seconds(text[:-1]) * unit) if unit else text)
    except argparse.ArgumentTypeError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a duration; expected one such as 90s, 10m or 1h") from error


def seconds(text: str) -> float:
    """A span of time as an option's type.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a duration; expected a number of seconds above 0")
    return value
