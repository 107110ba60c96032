"""Where the time of a start went: phases between marks that an engine leaves in its log. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

_STAMPED = re.compile(r"^(?P<at>\d{4}-\d\d-\d\dT\S+) (?P<text>.*)", re.DOTALL)

MARKS = (
    ("imports", re.compile(r"vLLM API server version|non-default args:")),
    ("configuration", re.compile(r"Initializing a V[01] LLM engine|Starting to load model")),
    ("engine process", re.compile(r"Starting to load model|Loading weights took")),
    ("download", re.compile(r"Time spent downloading weights")),
    ("weights", re.compile(r"Loading weights took")),
    ("KV cache and warm-up", re.compile(r"init engine \(.*\) took")),
    ("API server", re.compile(r"Application startup complete")),
)
"""Each phase ends at the first line that matches; words of vLLM 0.8.5 to 0.15.1, read from their logs."""

READY = "ready"
FIRST_TOKEN = "first token"  # noqa: S105  # A phase, not a secret.


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """One stretch of a start.

    Attributes:
        name: what was done in it.
        seconds: how long it took.
        counted: it counts against the budget; pulling the image does not, for it is done once and beforehand.
    """

    name: str
    seconds: float
    counted: bool = True


def phases(log: Iterable[str], *, started: datetime, ready: datetime, first_token: datetime) -> tuple[Phase, ...]:
    """Split a start into phases whose sum is exactly the time from start to first token.

    Args:
        log: lines that begin with their time in RFC 3339, as the supervisor and `kubectl logs --timestamps` write.
        started: when the process was started.
        ready: when ``/health`` first said 200.
        first_token: when the first token of the first request came.

    Returns:
        The phases in their order. A mark that the log does not hold joins its phase to the next one.
    """
    ends = [
        *((name, at) for name, at in _marked(log) if started <= at <= ready),
        (READY, ready),
        (FIRST_TOKEN, first_token),
    ]
    begins = [started, *(at for _, at in ends)]
    return tuple(
        Phase(name=name, seconds=(end - begin).total_seconds())
        for begin, (name, end) in zip(begins, ends, strict=False)
    )


def _marked(log: Iterable[str]) -> Iterator[tuple[str, datetime]]:
    """The first line of each mark, in the order of the marks; a mark before its predecessor is left out."""
    waiting = list(MARKS)
    for line in log:
        match = _STAMPED.match(line)
        if match is None or not waiting:
            continue
        reached = next((place for place, (_, mark) in enumerate(waiting) if mark.search(match["text"])), None)
        if reached is not None:
            yield waiting[reached][0], datetime.fromisoformat(match["at"])
            del waiting[: reached + 1]
