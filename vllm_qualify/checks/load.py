"""Judge of the load budget: from the start to the first token, split into phases. For suite load_budget. Pure.

A first start compiles what later ones find in a cache. What it takes then says little of the restart that the budget
is for, so where that may be why the budget was missed, the candidate is started once more and both are told.
"""

from __future__ import annotations

from collections.abc import Sequence

from vllm_qualify.checks import startup_phases
from vllm_qualify.checks.startup_phases import CompileCaches, StartTimes, StartupPhase
from vllm_qualify.core.limits import Limit
from vllm_qualify.core.records import Judgement, Observation, Outcome

_MARGIN = 0.9
FIRST_START = "first start: "
"""Begins the names of what was observed of a start that is told and not judged."""
_WORK = {
    startup_phases.AUTOTUNING: "autotuning",
    startup_phases.COMPILE: "compiling the model",
    startup_phases.KERNELS: "compiling kernels",
}


def budget(phases: Sequence[StartupPhase], *, limit_seconds: float, unfinished: str = "") -> Judgement:
    """Hold the sum of the counted phases against the budget; the last tenth of it is a warning.

    Args:
        phases: in their order, without gaps.
        limit_seconds: the budget.
        unfinished: what never came, such as ``no first token``; ``""`` when the first token was seen.
    """
    total = sum(phase.seconds for phase in phases if phase.counted)
    outcome, message = _verdict(phases, total, limit_seconds, unfinished)
    return Judgement(outcome=outcome, message=message, observations=_observations(phases, total, limit_seconds))


def worth_another(first: StartTimes, *, limit_seconds: float) -> bool:
    """Tell whether a start that missed the budget may have missed it by compiling what the next one finds compiled.

    So it is when its caches were empty, or when they may have been and without that work it would have been in time.
    """
    if first.unfinished or first.seconds <= limit_seconds or first.caches is CompileCaches.FILLED:
        return False
    return first.caches is CompileCaches.EMPTY or first.seconds - first.compiling_seconds <= limit_seconds


def starts(first: StartTimes, *, limit_seconds: float, again: StartTimes | None = None, problem: str = "") -> Judgement:
    """Hold a start against the budget; where there was another one after it, that one.

    Args:
        first: the start that came first.
        limit_seconds: the budget.
        again: the same once more; ``None`` where there was none.
        problem: why there is none though one was wanted; ``""`` where none was.
    """
    caches = Observation(name="compile-caches", value=first.caches.value)
    if again is None:
        judged = budget(first.phases, limit_seconds=limit_seconds, unfinished=first.unfinished)
        outcome, message = judged.outcome, f"{judged.message}{_compiled(first) if _close(first, limit_seconds) else ''}"
        if problem:
            outcome = Outcome.INCONCLUSIVE
            message = f"{message}; whether a start without compiling is fast enough is not known: {problem}"
        return Judgement(outcome=outcome, message=message, observations=(*judged.observations, caches))
    judged = budget(again.phases, limit_seconds=limit_seconds, unfinished=again.unfinished)
    told = _observations(first.phases, first.seconds, limit_seconds)
    return Judgement(
        outcome=judged.outcome,
        message=f"{first.seconds:.1f} s on a first start{_spent(first)}; {_second(again, judged.message)}",
        observations=(
            *judged.observations,
            caches,
            *(Observation(name=f"{FIRST_START}{one.name}", value=one.value, unit=one.unit) for one in told),
        ),
    )


def _second(again: StartTimes, said: str) -> str:
    if again.caches is CompileCaches.EMPTY:
        return f"started again, it compiled again, so what had been compiled was not kept or not reused: {said}"
    return f"{'with its caches warm' if again.caches is CompileCaches.FILLED else 'started again'}: {said}"


def _close(load: StartTimes, limit_seconds: float) -> bool:
    return load.seconds > limit_seconds * _MARGIN


def _compiled(load: StartTimes) -> str:
    """What a start that is judged by itself owes to compiling."""
    said = f"{'a first start' if load.caches is CompileCaches.EMPTY else ''}{_spent(load)}".removeprefix(", ")
    return f" ({said})" if said else ""


def _spent(load: StartTimes) -> str:
    work = {phase.name: phase.seconds for phase in load.phases if phase.name in _WORK and phase.seconds > 0}
    if not work:
        return ""
    return f", {load.compiling_seconds:.1f} s of it {_WORK[max(work, key=lambda name: work[name])]}"


def _observations(phases: Sequence[StartupPhase], total: float, limit_seconds: float) -> tuple[Observation, ...]:
    seen = tuple(Observation(name=phase.name, value=phase.seconds, unit="s") for phase in phases)
    return (*seen, Observation(name="total", value=total, unit="s", limit=Limit(high=limit_seconds)))


def _verdict(phases: Sequence[StartupPhase], total: float, limit: float, unfinished: str) -> tuple[Outcome, str]:
    counted = [phase for phase in phases if phase.counted]
    if unfinished:
        after = f" after {total:.1f} s (budget {limit:g} s)" if counted else ""
        return Outcome.FAILED, f"{unfinished}{after}{_largest(counted)}"
    if not counted:
        return Outcome.INCONCLUSIVE, "no phase was measured, so nothing is known about the budget"
    said = f"first token after {total:.1f} s of {limit:g} s{_largest(counted)}"
    if total > limit:
        return Outcome.FAILED, f"{said}: {total - limit:.1f} s over the budget"
    if total > limit * _MARGIN:
        return Outcome.WARNED, f"{said}: {limit - total:.1f} s are left"
    return Outcome.PASSED, said


def _largest(phases: Sequence[StartupPhase]) -> str:
    if not phases:
        return ""
    largest = max(phases, key=lambda phase: phase.seconds)
    return f", most of it in {largest.name} ({largest.seconds:.1f} s)"
