"""The one figure that a cell of the matrix shows: against its limit, and beside the baseline. Pure.

Which observation that is, is decided here alone; ``matrix`` asks for every cell.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from vllm_qualify.core.limits import Limit
from vllm_qualify.core.records import CaseRecord, Observation, Outcome
from vllm_qualify.core.requirements import BY_ID
from vllm_qualify.reports import text

# The observations that stand for a requirement, the first that was made; a requirement without a row shows its word,
# but for an operator's own, which shows the first number that was held against a limit.
TABLE: Mapping[str, Sequence[tuple[str, str]]] = {
    "ARGS": (("ARGS/accepted", "not accepted"), ("ARGS/accepted", "accepted arguments")),
    "CLASSIFY": (("CLASSIFY/labels", "accuracy"),),
    "INTEGRITY": (("INTEGRITY/soak", "rate-fall"), ("INTEGRITY/degenerate", "degenerate")),
    "LOAD": (("LOAD/first-token", "total"),),
    "METRICS": (("METRICS/dashboards", "metrics-gone"), ("METRICS/names", "metrics")),
    "R1": (("R1/answers-as-before", "changed"),),
    "THROUGHPUT": (("THROUGHPUT/decode-rate", "decode-rate"), ("THROUGHPUT/streams", "throughput")),
    "VRAM": (("VRAM/vram", "peak-memory"),),
}
# What a number counts or is, where its unit does not say so.
_NOUNS = {
    "accepted arguments": "arguments",
    "changed": "changed",
    "degenerate": "degenerate",
    "rate-fall": "slower",
}
_SHARES = frozenset({"accuracy", "degenerate", "rate-fall", "cv", "lower-bound", "schema-valid"})
_JUDGED = frozenset({Outcome.FAILED, Outcome.WARNED, Outcome.INCONCLUSIVE})
_MIB_PER_GIB = 1024
_ROUND = 0.0005


@dataclass(frozen=True, slots=True, kw_only=True)
class CellFigure:
    """What a cell shows beside its word.

    Attributes:
        said: the figure against its limit or beside the baseline: ``20 s of 120``, ``46.7 / 47.0 tok/s``.
        difference: to the baseline, ``-8 %``; ``""`` where there is nothing to compare.
        case: the case that speaks where something did not simply pass, without its requirement; else ``""``.
    """

    said: str = ""
    difference: str = ""
    case: str = ""


def of(
    requirement: str, cases: Sequence[CaseRecord], outcome: Outcome | None, baseline: Iterable[CaseRecord] = ()
) -> CellFigure:
    """The figure of one requirement of one candidate.

    Of a pass the table decides. Of anything worse only the case that speaks for the requirement may: a good figure
    beside the word of another case's failure would mislead.

    Args:
        requirement: its id.
        cases: the candidate's, of that requirement.
        outcome: what they came to together.
        baseline: the baseline's cases of it, as far as there are any.
    """
    if outcome is Outcome.PASSED:
        found = _listed(requirement, cases) if requirement in BY_ID else _first_limited(cases)
        return _figure(*found, baseline) if found else CellFigure()
    spoke = next((case for case in cases if case.outcome is outcome), None)
    if spoke is None or outcome not in {*_JUDGED, Outcome.BROKEN}:
        return CellFigure()
    name = spoke.id.removeprefix(f"{requirement}/")
    shown = _judged(requirement, spoke, baseline) if outcome in _JUDGED else CellFigure()
    return CellFigure(said=shown.said, difference=shown.difference, case=name)


def _listed(requirement: str, cases: Sequence[CaseRecord]) -> tuple[CaseRecord, Observation] | None:
    for case_id, name in TABLE.get(requirement, ()):
        for case in cases:
            if case.id == case_id and (seen := _named(case, name)) is not None:
                return case, seen
    return None


def _first_limited(cases: Sequence[CaseRecord]) -> tuple[CaseRecord, Observation] | None:
    """What stands for a requirement that no row can know."""
    limited = ((case, seen) for case in cases for seen in case.observations if text.within(seen) is not None)
    return next(limited, None)


def _judged(requirement: str, spoke: CaseRecord, baseline: Iterable[CaseRecord]) -> CellFigure:
    """Of the case that speaks: its own figure, the two that it compares, or the first that lies outside its limit."""
    if (found := _listed(requirement, [spoke])) is not None:
        return _figure(*found, baseline)
    own, before = _named(spoke, "candidate"), _named(spoke, "baseline")
    if own is not None and before is not None:
        return CellFigure(said=_beside(own, before), difference=_difference(own, before))
    outside = next((seen for seen in spoke.observations if text.within(seen) is False), None)
    return CellFigure(said=_against(outside)) if outside is not None else CellFigure()


def _figure(case: CaseRecord, seen: Observation, baseline: Iterable[CaseRecord]) -> CellFigure:
    before = next((found for one in baseline if one.id == case.id and (found := _named(one, seen.name))), None)
    if before is None or not (seen.unit or seen.name in _SHARES):  # How many of something there are is no measurement.
        return CellFigure(said=_against(seen))
    capped = seen.limit is not None and seen.limit.low is None and seen.limit.high is not None
    said = _against(seen) if capped else _beside(seen, before)
    return CellFigure(said=said, difference=_difference(seen, before))


def _named(case: CaseRecord, name: str) -> Observation | None:
    return next((seen for seen in case.observations if seen.name == name), None)


def _against(seen: Observation) -> str:
    """A figure against its limit: ``20 s of 120``, ``97 % (at least 95)``, ``40 tok/s (30 to 50)``."""
    value, limit = _number(seen), seen.limit or Limit()
    if value is None:
        return text.one_line(text.value(seen))
    if text.is_code(seen):
        return f"{seen.name} {text.value(seen)}"
    scale, unit = _scale(seen)
    name = _NOUNS.get(seen.name, "" if unit else text.one_line(seen.name).replace("-", " "))
    held = "" if seen.name in _NOUNS and text.within(seen) else _limits(limit, scale)
    return " ".join(part for part in (_short(value * scale), unit, name, held) if part)


def _limits(limit: Limit, scale: float) -> str:
    """The limit in few words; that something is there at all, or nothing, goes without saying."""
    low, high = (
        _short(end * scale) if end is not None and math.isfinite(end) else "" for end in (limit.low, limit.high)
    )
    if low and high:
        return f"({low} to {high})"
    if high:
        return "" if high == "0" else f"of {high}"
    return "" if low in {"", "1"} else f"(at least {low})"


def _beside(seen: Observation, before: Observation) -> str:
    """A figure beside the baseline's: ``46.7 / 47.0 tok/s``."""
    own, theirs = _number(seen), _number(before)
    if own is None or theirs is None or seen.unit != before.unit:
        return text.one_line(text.value(seen))
    scale, unit = _scale(seen)
    both = " / ".join(dict.fromkeys(_alike(own * scale, theirs * scale)))
    return " ".join(part for part in (both, unit, _NOUNS.get(seen.name, "")) if part)


def _difference(seen: Observation, before: Observation) -> str:
    own, theirs = _number(seen), _number(before)
    if own is None or not theirs or seen.unit != before.unit:
        return ""
    share = own / theirs - 1
    if abs(share) < _ROUND:
        return "±0 %"
    digits = 0 if abs(share) >= 0.1 else 1  # noqa: PLR2004 - two digits do
    return f"{100 * share:+.{digits}f}".removesuffix(".0") + " %"


def _number(seen: Observation) -> float | None:
    value = seen.value
    if isinstance(value, (bool, str)) or not math.isfinite(value):
        return None
    return float(value)


def _scale(seen: Observation) -> tuple[float, str]:
    """What the value is multiplied with to be read in a narrow cell, and its unit then."""
    if seen.unit == "MiB":
        return 1 / _MIB_PER_GIB, "GiB"
    if not seen.unit and seen.name in _SHARES:
        return 100.0, "%"
    return 1.0, "tok/s" if seen.unit == "tokens/s" else seen.unit


def _alike(*values: float) -> Iterator[str]:
    """Both with the same number of decimals, as many as the larger one needs."""
    top = max(map(abs, values))
    digits = 0 if top >= 100 or all(value == int(value) for value in values) else 1 if top >= 10 else 2  # noqa: PLR2004
    return (f"{value:,.{digits}f}" for value in values)


def _short(value: float) -> str:
    whole = text.number(value) if value == int(value) else next(_alike(value))
    return whole.removesuffix(".0")
