"""The figures whose course over months is of interest, and where a run has each of them. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from vllm_qualify.core.records import CaseRecord, Observation, Outcome
from vllm_qualify.history.entries import RecordedFigure


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryFigure:
    """A figure that is kept.

    Attributes:
        title: what people call it.
        case: id of the case that measures it.
        observed: the observation of that case.
        low: observation with the lower end of its interval; ``""`` where there is none.
        high: the same for the upper end.
        smaller_is_better: less of it is what one wants.
    """

    title: str
    case: str
    observed: str
    low: str = ""
    high: str = ""
    smaller_is_better: bool = False


_RATE, _STREAMS = "THROUGHPUT/decode-rate", "THROUGHPUT/streams"
# As the judge of the load names them (checks/load.py).
_LOAD, _TOTAL, _FIRST_TOTAL, _FIRST_TOKEN = "LOAD/first-token", "total", "first start: total", "first token"
_CACHES, _EMPTY = "compile-caches", "empty"
_COLD = "cold-load"

FIGURES: Mapping[str, HistoryFigure] = MappingProxyType(
    {
        # Starts are compared alike (docs/reference/comparisons.md): one that compiles everything is another figure.
        "load": HistoryFigure(title="load time", case=_LOAD, observed=_TOTAL, smaller_is_better=True),
        _COLD: HistoryFigure(title="load time, empty caches", case=_LOAD, observed=_TOTAL, smaller_is_better=True),
        "first-token": HistoryFigure(
            title="time to first token", case=_RATE, observed="first-token-median", smaller_is_better=True
        ),
        "decode-rate": HistoryFigure(
            title="decode rate", case=_RATE, observed="decode-rate", low="decode-rate-low", high="decode-rate-high"
        ),
        "throughput": HistoryFigure(
            title="throughput", case=_STREAMS, observed="throughput", low="throughput-low", high="throughput-high"
        ),
        "memory": HistoryFigure(title="GPU memory", case="VRAM/vram", observed="peak-memory", smaller_is_better=True),
        "kv-cache": HistoryFigure(title="KV cache", case="VRAM/kv-cache", observed="kv-cache-tokens"),
        "accuracy": HistoryFigure(
            title="accuracy", case="CLASSIFY/labels", observed="accuracy", low="interval-low", high="interval-high"
        ),
    }
)
"""Those that are kept, by the names under which they are kept, in the order in which they are shown."""


def of(cases: Iterable[CaseRecord]) -> tuple[RecordedFigure, ...]:
    """The figures that the cases of one turn measured; what is no finite number is none."""
    return tuple(_measured({case.id: case for case in cases}))


def _measured(cases: Mapping[str, CaseRecord]) -> Iterator[RecordedFigure]:
    for name, figure in FIGURES.items():
        case = cases.get(figure.case)
        if case is None:
            continue
        there = {one.name: one for one in case.observations}
        observed = figure.observed if figure.case != _LOAD else _start(case, there, cold=name == _COLD)
        value, low, high = (_number(there.get(one)) for one in (observed, figure.low, figure.high))
        if value is not None:
            low, high = (None, None) if low is None or high is None else (low, high)
            yield RecordedFigure(name=name, value=value, unit=there[observed].unit, low=low, high=high)


def _start(case: CaseRecord, there: Mapping[str, Observation], *, cold: bool) -> str:
    """The observation with the time of a start that had to compile, or of one that had not; ``""`` for none."""
    if case.outcome is Outcome.FAILED and _FIRST_TOKEN not in there:
        return ""
    if _FIRST_TOTAL in there:  # The start was made once more, and that one was judged.
        return _FIRST_TOTAL if cold else _TOTAL
    caches = there.get(_CACHES)
    return _TOTAL if cold == (caches is not None and caches.value == _EMPTY) else ""


def _number(seen: Observation | None) -> float | None:
    if seen is None or isinstance(seen.value, (bool, str)) or not math.isfinite(seen.value):
        return None
    return float(seen.value)
