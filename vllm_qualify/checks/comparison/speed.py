"""Judges of speed beside the baseline: decode rate of one stream, throughput and first token of many. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from vllm_qualify.checks import percent
from vllm_qualify.checks.comparison import conditions, gate, series
from vllm_qualify.checks.comparison.compared import ComparedCases
from vllm_qualify.checks.comparison.gate import GateVerdict
from vllm_qualify.checks.comparison.series import Series
from vllm_qualify.core.limits import Limit
from vllm_qualify.core.records import CaseRecord, Judgement, Observation, Outcome

_TOLD = 0.0005
_THREE_DIGITS = 99.5
_WORTH_ASKING = 10.0
"""Times as many measurements as were made; beyond that, less noise is sooner had than more of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedFigure:
    """A figure of speed that is compared.

    Attributes:
        name: of its series.
        unit: of a measurement.
        scale: what a measurement is multiplied with to be in that unit.
        smaller_is_better: it is a time.
        least: a loss of less than this, in the unit of a measurement, is none; its upper end counts.
        rounds: the setting that says how many there are; ``""`` where they come of themselves.
        leeway: how many times the limit must be lost to fail, for a figure that varies more between starts.
    """

    name: str
    unit: str
    scale: float = 1.0
    smaller_is_better: bool = False
    least: float = 0.0
    rounds: str = ""
    leeway: float = 1.0


DECODE_RATE = SpeedFigure(name=series.DECODE_RATE, unit="tokens/s", rounds="rounds of [throughput] in qualify.toml")
THROUGHPUT = SpeedFigure(name=series.THROUGHPUT, unit="tokens/s")
FIRST_TOKEN = SpeedFigure(
    name=series.FIRST_TOKEN, unit="ms", scale=1000.0, smaller_is_better=True, least=0.01, leeway=3.0
)
"""Two turns of one release differed by 5 % on an H200, where their rates differed by 0.4 %.

The client itself may be late by 5 ms in each turn."""


def judge(cases: ComparedCases, figure: SpeedFigure, *, limit: float) -> Judgement:
    """Hold a figure of the candidate against that of each turn of the baseline, by the rule of ``gate``.

    Args:
        cases: the case that measured it.
        figure: which of its series.
        limit: the loss that fails, as a share; of a figure with leeway so many times as much.
    """
    limit *= figure.leeway
    after = None if cases.candidate is None else series.series(cases.candidate, figure.name)
    if cases.candidate is None or after is None:
        return cases.unmeasured
    known = [(case, found) for case in cases.baselines if (found := series.series(case, figure.name))]
    seen = (_observation("candidate", after, figure), *_baselines([found for _, found in known], figure))
    if not known or known[0][0] is not cases.baseline:
        why = cases.no_baseline or f"no baseline: {cases.id} measured nothing of it"
        return Judgement(outcome=Outcome.INCONCLUSIVE, message=why, observations=seen)
    losses = [gate.loss(found.values, after.values, smaller_is_better=figure.smaller_is_better) for _, found in known]
    verdict = gate.decide(losses, limit=limit)
    if verdict.loss.high * max(found.figure for _, found in known) < figure.least:
        verdict = replace(verdict, outcome=Outcome.PASSED)
    outcome, why = _explained(verdict, cases.candidate, [case for case, _ in known], limit)
    if outcome is Outcome.FAILED and cases.on_a_cpu:
        outcome, why = Outcome.WARNED, "; no GPU was used, so this speaks against no image"
    said = f"{_figures(after, [found for _, found in known], figure)}: {_loss(verdict, figure, limit)}"
    tail = why or _tail(verdict, after, figure, limit)
    return Judgement(outcome=outcome, message=f"{said}{tail}", observations=(*seen, *_losses(verdict, limit)))


def _explained(
    verdict: GateVerdict, candidate: CaseRecord, baselines: Sequence[CaseRecord], limit: float
) -> tuple[Outcome, str]:
    """What the verdict is worth under the conditions that it was measured under, and why it is undecided by them."""
    own, theirs = series.conditions(candidate), [series.conditions(case) for case in baselines]
    if verdict.outcome is Outcome.FAILED or (verdict.outcome is Outcome.WARNED and verdict.loss.nominal > 0):
        why = conditions.explaining(own, theirs, loss=verdict.loss.nominal)
        if why:
            return Outcome.INCONCLUSIVE, f", but {why}, which may be why; measure again without that"
    if verdict.outcome in {Outcome.PASSED, Outcome.WARNED}:
        why = conditions.hiding(own, theirs, limit=limit)
        if why:
            return Outcome.INCONCLUSIVE, f", but {why}, which may hide a loss; measure again without that"
    return verdict.outcome, ""


def _figures(after: Series, before: Sequence[Series], figure: SpeedFigure) -> str:
    names = ("the baseline", "again")
    told = " and ".join(f"{name} {_shown(one, figure):.4g}" for name, one in zip(names, before, strict=False))
    return f"{_shown(after, figure):.4g} {figure.unit}, {told}"


def _shown(one: Series, figure: SpeedFigure) -> float:
    return one.figure * figure.scale


def _loss(verdict: GateVerdict, figure: SpeedFigure, limit: float) -> str:
    worse, better = ("longer", "shorter") if figure.smaller_is_better else ("slower", "faster")
    loss = verdict.loss
    word = worse if loss.nominal >= 0 else better
    ends = f"{_end(loss.low)} to {_end(loss.high)} %" if math.isfinite(loss.low + loss.high) else "not known"
    told = f"{percent(abs(loss.nominal))} {word}" if abs(loss.nominal) >= _TOLD else "no difference"
    return f"{told} (95 % interval of the loss: {ends}; limit {percent(limit)})"


def _end(share: float) -> str:
    """In per cent with two digits, and never with an exponent."""
    return f"{100 * share:.2g}" if abs(100 * share) < _THREE_DIGITS else f"{100 * share:.0f}"


def _tail(verdict: GateVerdict, after: Series, figure: SpeedFigure, limit: float) -> str:
    if verdict.outcome is Outcome.INCONCLUSIVE:
        return f", which decides nothing: {_would_tell(verdict, after, figure, limit)}"
    if verdict.drift is None:
        return "; the baseline was measured once, so its own drift is not known"
    return ""


def _would_tell(verdict: GateVerdict, after: Series, figure: SpeedFigure, limit: float) -> str:
    if verdict.widen is not None:
        needed = math.ceil(verdict.widen * len(after.rounds) + 1e-9)
        more = f"{needed} rounds like these {len(after.rounds)}"
        if not figure.rounds:
            more = f"{math.ceil(verdict.widen * 10) / 10:g} times as many measurements"
        way = f"set {figure.rounds} to {needed}" if figure.rounds else "measure again"
        if verdict.widen > _WORTH_ASKING:
            way = "that is too much noise to measure away, so use a machine with less to do"
        return f"{more} would tell; {way}"
    if verdict.drift is not None and verdict.drift >= limit / 4:
        return f"the baseline itself differs by {percent(verdict.drift)} between its two turns; run it again"
    return "one measurement shows no noise; measure at least 2 rounds"


def _baselines(before: Sequence[Series], figure: SpeedFigure) -> Iterator[Observation]:
    for name, one in zip(("baseline", "baseline-again"), before, strict=False):
        yield _observation(name, one, figure)


def _observation(name: str, one: Series, figure: SpeedFigure) -> Observation:
    return Observation(name=name, value=_shown(one, figure), unit=figure.unit)


def _losses(verdict: GateVerdict, limit: float) -> Iterator[Observation]:
    shares = (("loss", verdict.loss.nominal), ("loss-low", verdict.loss.low), ("loss-high", verdict.loss.high))
    for name, share in shares:
        if math.isfinite(share):
            held = Limit(high=100 * limit) if name == "loss" else None
            yield Observation(name=name, value=100 * share, unit="%", limit=held)
    if verdict.drift is not None:
        yield Observation(name="drift", value=100 * verdict.drift, unit="%")
