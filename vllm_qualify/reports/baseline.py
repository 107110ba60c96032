"""What is told of the baseline: its figures, and how far they drifted until it was measured again. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from vllm_qualify.core import fact_names, images
from vllm_qualify.core.records import CandidateRecord, Observation, Outcome
from vllm_qualify.reports import text

_NONE = "no baseline"
_FIGURES = (
    ("THROUGHPUT/decode-rate", "decode-rate", "decode rate"),
    ("THROUGHPUT/decode-rate", "first-token-median", "first token"),
    ("THROUGHPUT/streams", "throughput", "throughput"),
    ("LOAD/first-token", "total", "load"),
    ("VRAM/vram", "peak-memory", "GPU memory"),
    ("VRAM/kv-cache", "kv-cache-tokens", "KV cache"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineFigure:
    """A figure of the baseline.

    Attributes:
        name: what it is.
        seen: the value with its unit.
        drift: how much more it was when it was measured again, as a share; ``None`` where it was not.
    """

    name: str
    seen: Observation
    drift: float | None

    def __str__(self) -> str:
        # Zero has no sign.
        again = "" if self.drift is None else f" ({round(100 * self.drift, 1) + 0.0:+.1f} % when measured again)"
        return f"{self.name} {text.value(self.seen)}{again}"


def name(record: CandidateRecord) -> str:
    """What it is called where a candidate stands by its tag: ``production today (v0.8.5.post1)``."""
    if record.aside is not None:
        return _NONE
    return f"{record.facts.get(fact_names.BASELINE, fact_names.BASELINE)} ({_short(record.image)})"


def figures(record: CandidateRecord, again: CandidateRecord | None) -> tuple[BaselineFigure, ...]:
    """Its figures, as far as they were measured.

    Args:
        record: its first turn.
        again: its second; ``None`` where there was none.
    """
    return tuple(_figures(record, again))


def summary(record: CandidateRecord, again: CandidateRecord | None) -> str:
    """One sentence: what it measures, what it fails itself, and why there is no second look where that is amiss."""
    if record.aside is not None:
        return f"{_NONE}: {record.aside.reason}"
    shown = [str(one) for one in figures(record, again)]
    failed = [case.id for case in record.cases if case.outcome is Outcome.FAILED]
    if not shown and not any(case.outcome in {Outcome.PASSED, Outcome.WARNED} for case in record.cases):
        why = next((case.message for case in record.cases if case.message), "nothing was measured")
        return f"{_NONE}: {why}"
    parts = [", ".join(shown) or "no figure was measured"]
    parts += [f"it fails {text.listing(failed)} itself"] if failed else []
    parts += [f"it was not measured again: {again.aside.reason}"] if again is not None and again.aside else []
    return "; ".join(parts)


def _figures(record: CandidateRecord, again: CandidateRecord | None) -> Iterator[BaselineFigure]:
    for case, observed, called in _FIGURES:
        seen = _seen(record, case, observed)
        second = _seen(again, case, observed) if again is not None else None
        if seen is not None:
            yield BaselineFigure(name=called, seen=seen, drift=_drift(seen, second))


def _seen(record: CandidateRecord, case: str, observed: str) -> Observation | None:
    found = (seen for one in record.cases if one.id == case for seen in one.observations if seen.name == observed)
    return next(found, None)


def _drift(first: Observation, second: Observation | None) -> float | None:
    numbers = [one.value for one in (first, second) if one is not None and not isinstance(one.value, str)]
    if len(numbers) != 2 or not all(math.isfinite(one) for one in numbers) or not numbers[0]:  # noqa: PLR2004 - both
        return None
    return (numbers[1] - numbers[0]) / abs(numbers[0])


def _short(image: str) -> str:
    try:
        return images.parse(image).short
    except images.BadImage:
        return text.one_line(image) or "unknown"
