"""The figures whose course over months is of interest, and where a run has each of them. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from vllm_qualify.core.records import CaseRecord, Observation
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
        when: an observation of that case and the words of it for which the figure is this one; ``None``: any.
    """

    title: str
    case: str
    observed: str
    low: str = ""
    high: str = ""
    smaller_is_better: bool = False
    when: tuple[str, frozenset[str]] | None = None


_RATE, _STREAMS = "THROUGHPUT/decode-rate", "THROUGHPUT/streams"
_LOAD, _CACHES, _EMPTY = "LOAD/first-token", "compile-caches", "empty"

FIGURES: Mapping[str, HistoryFigure] = MappingProxyType(
    {
        # Starts are compared alike (docs/reference/comparisons.md): one that compiles everything is another figure.
        "load": HistoryFigure(
            title="load time",
            case=_LOAD,
            observed="total",
            smaller_is_better=True,
            when=(_CACHES, frozenset({"filled", "unknown", ""})),
        ),
        "cold-load": HistoryFigure(
            title="load time, empty caches",
            case=_LOAD,
            observed="total",
            smaller_is_better=True,
            when=(_CACHES, frozenset({_EMPTY})),
        ),
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
    seen = {case.id: {one.name: one for one in case.observations} for case in cases}
    return tuple(_measured(seen))


def _measured(seen: Mapping[str, Mapping[str, Observation]]) -> Iterator[RecordedFigure]:
    for name, figure in FIGURES.items():
        there = seen.get(figure.case, {})
        value = _number(there.get(figure.observed))
        if value is None or not _applies(figure, there):
            continue
        low, high = _number(there.get(figure.low)), _number(there.get(figure.high))
        yield RecordedFigure(
            name=name,
            value=value,
            unit=there[figure.observed].unit,
            low=None if high is None else low,
            high=None if low is None else high,
        )


def _applies(figure: HistoryFigure, there: Mapping[str, Observation]) -> bool:
    if figure.when is None:
        return True
    observed, words = figure.when
    said = there.get(observed)
    return ("" if said is None else str(said.value)) in words


def _number(seen: Observation | None) -> float | None:
    if seen is None or isinstance(seen.value, (bool, str)) or not math.isfinite(seen.value):
        return None
    return float(seen.value)
