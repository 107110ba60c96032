"""Judge of the load budget: from the start to the first token, split into phases. For suite load_budget. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from vllm_qualify.records import Judgement, Limit, Observation, Outcome
from vllm_qualify.startup import Phase

_MARGIN = 0.9


def budget(phases: Sequence[Phase], *, limit_seconds: float, unfinished: str = "") -> Judgement:
    """Hold the sum of the counted phases against the budget; the last tenth of it is a warning.

    Args:
        phases: in their order, without gaps.
        limit_seconds: the budget.
        unfinished: what never came, such as ``no first token``; ``""`` when the first token was seen.
    """
    total = sum(phase.seconds for phase in phases if phase.counted)
    limit = Limit(high=limit_seconds)
    seen = tuple(Observation(name=phase.name, value=phase.seconds, unit="s") for phase in phases)
    seen = (*seen, Observation(name="total", value=total, unit="s", limit=limit))
    outcome, message = _verdict(phases, total, limit_seconds, unfinished)
    return Judgement(outcome=outcome, message=message, observations=seen)


def _verdict(phases: Sequence[Phase], total: float, limit: float, unfinished: str) -> tuple[Outcome, str]:
    counted = [phase for phase in phases if phase.counted]
    if unfinished:
        return Outcome.FAILED, f"{unfinished} after {total:.1f} s (budget {limit:g} s){_largest(counted)}"
    if not counted:
        return Outcome.INCONCLUSIVE, "no phase was measured, so nothing is shown of the budget"
    said = f"first token after {total:.1f} s of {limit:g} s{_largest(counted)}"
    if total > limit:
        return Outcome.FAILED, f"{said}: {total - limit:.1f} s over the budget"
    if total > limit * _MARGIN:
        return Outcome.WARNED, f"{said}: {limit - total:.1f} s are left"
    return Outcome.PASSED, said


def _largest(phases: Sequence[Phase]) -> str:
    if not phases:
        return ""
    largest = max(phases, key=lambda phase: phase.seconds)
    return f", most of it in {largest.name} ({largest.seconds:.1f} s)"
