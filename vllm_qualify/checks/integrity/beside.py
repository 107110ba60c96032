"""What callers get without asking, beside the baseline: other sampling, fewer drafts accepted. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from vllm_qualify.checks import percent
from vllm_qualify.checks.comparison.compared import ComparedCases
from vllm_qualify.core.limits import Limit
from vllm_qualify.core.records import CaseRecord, Judgement, Observation, Outcome

MAX_FEWER = 0.1
"""Of the share of drafted tokens that is accepted, by which a release may differ from another."""


def sampling(cases: ComparedCases) -> Judgement:
    """Who names no sampling parameters must be answered by the same ones as before.

    Only what a turn has shown to be true is compared: a log that no longer has its start names nothing.

    Args:
        cases: the case that found the defaults.
    """
    own = _defaults(cases.candidate)
    if own is None:
        known = cases.candidate is not None and "sampling_defaults" in cases.candidate.material
        return _nothing(cases, "what the candidate's log names is not what it does") if known else cases.unmeasured
    before = _defaults(cases.baseline) if not cases.no_baseline else None
    if before is None:
        return _nothing(cases, "the baseline's sampling defaults are not known for sure")
    changed = [
        f"{name} {_told(own, name)}, was {_told(before, name)}"
        for name in sorted({*own, *before})
        if own.get(name) != before.get(name)
    ]
    if not changed:
        return Judgement(outcome=Outcome.PASSED, message="requests without sampling parameters get the same ones")
    message = f"requests without sampling parameters get different ones: {'; '.join(changed)}"
    message += "; to keep the old ones, set them with --override-generation-config"
    return Judgement(outcome=Outcome.WARNED, message=message)


def acceptance(cases: ComparedCases) -> Judgement:
    """As many of the drafted tokens must be accepted as before.

    Args:
        cases: the case that counted them.
    """
    own = _accepted(cases.candidate)
    if own is None:
        return cases.unmeasured
    known = [share for case in cases.measured if (share := _accepted(case)) is not None]
    if not known:
        return _nothing(cases, "the baseline drafted nothing")
    fewer = 1 - own / min(known) if min(known) else 0.0
    said = f"{percent(own)} of the drafted tokens are accepted, of the baseline's {' and '.join(map(percent, known))}"
    seen = (Observation(name="fewer", value=fewer, limit=Limit(high=MAX_FEWER)),)
    return Judgement(outcome=Outcome.WARNED if fewer > MAX_FEWER else Outcome.PASSED, message=said, observations=seen)


def _nothing(cases: ComparedCases, why: str) -> Judgement:
    return Judgement(outcome=Outcome.NOT_APPLICABLE, message=cases.no_baseline or f"not compared: {why}")


def _defaults(case: CaseRecord | None) -> Mapping[str, float] | None:
    found = case.material.get("sampling_defaults") if case is not None and case.outcome is Outcome.PASSED else None
    return found if isinstance(found, dict) else None


def _told(defaults: Mapping[str, float], name: str) -> str:
    return f"{defaults[name]:g}" if name in defaults else "not set"


def _accepted(case: CaseRecord | None) -> float | None:
    found = case.material.get("accepted") if case is not None else None
    return float(found) if isinstance(found, (int, float)) else None
