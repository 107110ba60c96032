"""Judges of any figure, for suites of the operator's own: against a limit, and beside the baseline. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from vllm_qualify.checks import percent
from vllm_qualify.checks.comparison.compared import ComparedCases
from vllm_qualify.core.limits import Limit
from vllm_qualify.core.records import CaseRecord, Judgement, Observation, Outcome


def held(name: str, value: float, *, unit: str = "", low: float | None = None, high: float | None = None) -> Judgement:
    """Hold a figure against its limit; every report shows both.

    Args:
        name: what was measured, such as ``summary-time``.
        value: what it came to; what is no number is judged inconclusive.
        unit: of the value and of its limit, such as ``s``.
        low: the least that it may be; ``None`` leaves that side open.
        high: the most that it may be; ``None`` leaves that side open.
    """
    limit = Limit(low=low, high=high)
    seen = Observation(name=name, value=value, unit=unit, limit=limit)
    if math.isnan(value):
        return Judgement(outcome=Outcome.INCONCLUSIVE, message=f"{name} was not measured", observations=(seen,))
    figure = " ".join(filter(None, (name, f"{value:.4g}", unit)))
    return Judgement(
        outcome=Outcome.PASSED if limit.allows(value) else Outcome.FAILED,
        message=f"{figure}, expected {limit}" if str(limit) else figure,
        observations=(seen,),
        # What is beyond an absolute limit may be compared with all the same.
        material={name: value},
    )


def no_worse(cases: ComparedCases, name: str, *, share: float, larger_is_better: bool = False) -> Judgement:
    """Hold a figure of the candidate against the worst that the baseline showed of it.

    Args:
        cases: the case that measured it, as in ``compared.cases("LATENCY/summary")``.
        name: of its observation.
        share: how much worse it may be, such as 0.1 for 10 %.
        larger_is_better: it is a rate or a score, not a time.
    """
    own = None if cases.candidate is None else _number(cases.candidate, name)
    if cases.candidate is None or own is None:
        return cases.unmeasured
    before = [seen for case in cases.measured if (seen := _number(case, name)) is not None and seen.value]
    if not before:
        why = cases.no_baseline or f"no baseline: {cases.id} measured no {name} of it"
        return Judgement(outcome=Outcome.INCONCLUSIVE, message=why)
    sign = -1 if larger_is_better else 1
    loss = min(sign * (float(own.value) / float(seen.value) - 1) for seen in before)
    told = " and ".join(f"{seen.value:.4g}" for seen in before)
    word = "worse" if loss > 0 else "better"
    return Judgement(
        outcome=Outcome.PASSED if loss <= share else Outcome.FAILED,
        message=f"{name} {own.value:.4g} {own.unit}, the baseline {told}: {percent(abs(loss))} {word} "
        f"(limit {percent(share)})",
        observations=tuple(_observations(own, before, loss, share)),
    )


def _observations(own: Observation, before: Sequence[Observation], loss: float, share: float) -> Iterator[Observation]:
    yield Observation(name="candidate", value=own.value, unit=own.unit)
    for name, seen in zip(("baseline", "baseline-again"), before, strict=False):
        yield Observation(name=name, value=seen.value, unit=seen.unit)
    yield Observation(name="loss", value=100 * loss, unit="%", limit=Limit(high=100 * share))


def _number(case: CaseRecord, name: str) -> Observation | None:
    """The observation of that name, where it is a number."""
    found = next((seen for seen in case.observations if seen.name == name), None)
    if found is None or isinstance(found.value, (bool, str)) or not math.isfinite(found.value):
        return None
    return found
