"""Judges of what a start costs beside the baseline: seconds to the first token, and memory of the GPU. Pure.

Each turn starts once, so there is no interval: a candidate is told to cost more only where it does so beside every
start of the baseline, by more than two starts of one release differ. The absolute limits decide what fails.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from vllm_qualify.checks import load
from vllm_qualify.checks.comparison.compared import ComparedCases
from vllm_qualify.core.limits import Limit
from vllm_qualify.core.records import CaseRecord, Judgement, Observation, Outcome

MAX_LONGER = 0.5
"""Two starts of one release with filled caches took 21 and 32 s on an H200."""
LEAST_LONGER_SECONDS = 5.0
MAX_MORE = 0.02
"""The same start on an H200 took 43,893 and 43,957 MiB, another release 46,371."""
LEAST_MORE_MIB = 256.0
_TOTAL = "total"


def start(cases: ComparedCases) -> Judgement:
    """A start takes no longer than the baseline's: empty caches beside empty ones, filled beside filled.

    Args:
        cases: the case that measured the start.
    """
    own = {} if cases.candidate is None else _starts(cases.candidate)
    if not own:
        return cases.unmeasured
    known = [starts for case in cases.measured if (starts := _starts(case))]
    if not known:
        return _nothing(cases, "how long its start took is not known")
    told = [_started(kind, seconds, [one[kind] for one in known if kind in one]) for kind, seconds in own.items()]
    alike = [one for one in told if one is not None]
    if not alike:
        both = f"the candidate's caches were {' and '.join(own)}, the baseline's {' and '.join(known[0])}"
        return Judgement(outcome=Outcome.NOT_APPLICABLE, message=f"{both}: only like starts are compared")
    return Judgement(
        outcome=Outcome.WARNED if any(slower for slower, _, _ in alike) else Outcome.PASSED,
        message="; ".join(said for _, said, _ in alike),
        observations=tuple(one for _, _, seen in alike for one in seen),
    )


def memory(cases: ComparedCases) -> Judgement:
    """The GPU's memory is used no more than by the baseline.

    Args:
        cases: the case that measured the use.
    """
    own = None if cases.candidate is None else _number(cases.candidate, "peak-memory")
    if own is None:
        return cases.unmeasured
    known = [used for case in cases.measured if (used := _number(case, "peak-memory")) is not None]
    if not known:
        return _nothing(cases, "how much memory it used is not known")
    more = own - max(known)
    beyond = more > max(MAX_MORE * max(known), LEAST_MORE_MIB)
    said = f"{own:,.0f} MiB used, {_told(known, ',.0f')} MiB: {_difference(own, known, ',.0f')} MiB"
    return Judgement(
        outcome=Outcome.WARNED if beyond else Outcome.PASSED,
        message=said,
        observations=tuple(_observations("", own, known, unit="MiB", most=MAX_MORE)),
    )


def _nothing(cases: ComparedCases, why: str) -> Judgement:
    """Where a figure cannot be had, as of a production whose log no longer has its start, that decides nothing."""
    turns = [one.outcome for one in (cases.baseline, cases.again) if one is not None]
    beyond = any(one in {Outcome.BLOCKED, Outcome.NOT_APPLICABLE} for one in turns)
    said = cases.no_baseline or f"no baseline: {why}"
    return Judgement(outcome=Outcome.NOT_APPLICABLE if beyond else Outcome.INCONCLUSIVE, message=said)


def _started(kind: str, seconds: float, before: Sequence[float]) -> tuple[bool, str, tuple[Observation, ...]] | None:
    """Whether it took longer, in words and as figures; ``None`` where the baseline had no start of that kind."""
    if not before:
        return None
    longer = seconds - max(before) > max(MAX_LONGER * max(before), LEAST_LONGER_SECONDS)
    said = f"first token after {seconds:.1f} s with caches {kind}, {_told(before, '.1f')} s: "
    seen = _observations(f"{kind}-", seconds, before, unit="s", most=MAX_LONGER)
    return longer, f"{said}{_difference(seconds, before, '.1f')} s", tuple(seen)


def _starts(case: CaseRecord) -> Mapping[str, float]:
    """Seconds of the starts of a turn, by what they found compiled; a second one follows an empty cache."""
    first, last = _number(case, f"{load.FIRST_START}{_TOTAL}"), _number(case, _TOTAL)
    caches = next((str(one.value) for one in case.observations if one.name == "compile-caches"), "unknown")
    if last is None:
        return {}
    return {caches: last} if first is None else {caches: first, "filled": last}


def _number(case: CaseRecord, name: str) -> float | None:
    found = next((one.value for one in case.observations if one.name == name), None)
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) and found > 0 else None


def _told(before: Sequence[float], form: str) -> str:
    told = " and ".join(format(one, form) for one in before)
    return f"the baseline {told}"


def _difference(own: float, before: Sequence[float], form: str) -> str:
    """Beside the baseline's largest, which is the one to be cleared."""
    more = own - max(before)
    return f"{'more' if more >= 0 else 'less'} by {format(abs(more), form)}"


def _observations(prefix: str, own: float, before: Sequence[float], *, unit: str, most: float) -> Iterator[Observation]:
    yield Observation(name=f"{prefix}candidate", value=own, unit=unit)
    for name, value in zip(("baseline", "baseline-again"), before, strict=False):
        yield Observation(name=f"{prefix}{name}", value=value, unit=unit)
    yield Observation(name=f"{prefix}loss", value=100 * (own / max(before) - 1), unit="%", limit=Limit(high=100 * most))
