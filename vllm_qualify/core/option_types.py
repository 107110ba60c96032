"""Types of options: what is no such value is a usage error before anything else is read."""

from __future__ import annotations

import argparse
import math

_MAX_PORT = 65535
_UNITS = {"s": 1, "m": 60, "h": 3600}


def port(text: str) -> int:
    """A port as an option's type.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    if not text.isdigit() or int(text) > _MAX_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port; expected a number from 0 to {_MAX_PORT}")
    return int(text)


def count(text: str) -> int:
    """A number of things as an option's type.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    if not (text.isascii() and text.isdigit()) or not int(text[:9]):
        raise argparse.ArgumentTypeError(f"{text!r} is not a count; expected a whole number, 1 or more")
    return int(text[:9])


def span(text: str) -> float:
    """A span of time as an option's type, in seconds: ``600``, ``90s``, ``10m`` or ``1h``.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    unit = _UNITS.get(text[-1:], 0)
    try:
        return seconds(text[:-1] if unit else text) * (unit or 1)
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
