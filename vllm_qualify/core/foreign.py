"""Reads JSON and YAML of others: what is not of the kind that is expected counts as nothing. Used everywhere. Pure."""

from __future__ import annotations

import json
import re
from typing import Any


def items(value: object) -> list[Any]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def json_mapping(written: str) -> dict[str, Any]:
    """The JSON object that a text is, else an empty one."""
    try:
        return mapping(json.loads(written))
    except (RecursionError, ValueError):
        return {}


def complaint(said: str) -> str:
    """What a JSON parser says of one line of a file, without the number of the line, which it takes for the first."""
    return re.sub(r" at line \d+ (?=column \d+$)", " at ", said)


def mapping(value: object) -> dict[str, Any]:
    """The value if it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}


def mappings(value: object) -> list[dict[str, Any]]:
    """What is a mapping among the items of a list."""
    return [each for each in items(value) if isinstance(each, dict)]


def text(value: object) -> str:
    """The value if it is a text, else an empty one."""
    return value if isinstance(value, str) else ""
