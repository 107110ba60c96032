"""Values that are mappings, such as ``{"image": 4}`` or ``image=4``: does an option that reads one way take them? Pure.

The way is a fact of the release, see `vllm_qualify.arguments.parser_report.Flag.reads`; from 0.10.0 on pairs are
refused.
"""

from __future__ import annotations

import json
import re

_PAIR = re.compile(r"([^=,]+)=\s*([+-]?\d{1,18})\s*", re.ASCII)
# What vLLM's own wrapper of optional values takes for no value at all.
_NOTHING = frozenset({"", "None"})
_LOOKS_LIKE_AN_OBJECT = re.compile(r"\s*\{.*\}\s*", re.DOTALL)


def refused(value: str, reads: str) -> str:
    """Why an option that reads so refuses a value; ``""`` where it takes it.

    Args:
        value: one word of the command line, without the quotes of a shell.
        reads: see `vllm_qualify.arguments.parser_report.Flag.reads`.
    """
    if value in _NOTHING:
        return ""
    match reads:
        case "json":
            return "" if _is_json(value) else "expected JSON"
        case "json or text":
            return "expected JSON between the braces" if _broken_object(value) else ""
        case "json or pairs":
            return "" if _is_json(value) or _pairs(value) is not None else "expected JSON, or KEY=NUMBER"
        case "pairs":
            return "" if _pairs(value) is not None else "expected KEY=NUMBER, with a comma between several"
    return ""


def rewritten(value: str, reads: str) -> str:
    """The same mapping in a way that the option takes; ``""`` where that cannot be told."""
    if reads == "pairs":
        known = json.loads(value) if _is_json(value) else None
        numbers = isinstance(known, dict) and all(type(one) is int for one in known.values())
        return ",".join(f"{key}={number}" for key, number in known.items()) if known and numbers else ""
    pairs = _pairs(value)
    return json.dumps(pairs) if pairs else ""


def _is_json(value: str) -> bool:
    try:
        json.loads(value)
    except (ValueError, RecursionError):
        return False
    return True


def _broken_object(value: str) -> bool:
    return _LOOKS_LIKE_AN_OBJECT.fullmatch(value) is not None and not _is_json(value)


def _pairs(value: str) -> dict[str, int] | None:
    matches = [_PAIR.fullmatch(part) for part in value.split(",")]
    return {match[1].strip(): int(match[2]) for match in matches if match} if all(matches) else None
