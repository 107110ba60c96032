"""The prediction that the findings make together. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from vllm_qualify.core.records import Certainty, Finding, Severity
from vllm_qualify.core.remedies import Change, Remedy, told
from vllm_qualify.core.rules import weakest


class PredictedVerdict(Enum):
    """What is predicted of an image before anything is tried."""

    SHOULD_WORK = "should-work"
    NEEDS_OVERRIDE = "needs-override"
    CANNOT_VERIFY = "cannot-verify"
    WILL_NOT_WORK = "will-not-work"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What is predicted, why, and what would change it.

    Attributes:
        verdict: the prediction.
        certainty: how far it may be trusted; that something works is at most probable before it was tried.
        reason: the first finding in its way, in one sentence; ``""`` where none is.
        finding: that finding.
        remedies: what would change it, one as good as the other; of ``needs-override`` there is exactly one, which
            removes everything that stands in the way.
    """

    verdict: PredictedVerdict
    certainty: Certainty
    reason: str = ""
    finding: Finding | None = None
    remedies: tuple[Remedy, ...] = ()

    @property
    def rules_out(self) -> bool:
        """It need not be tried: it will certainly not work, and no change of the manifest would help."""
        return self.verdict is PredictedVerdict.WILL_NOT_WORK and self.certainty is Certainty.CERTAIN

    @property
    def change(self) -> str:
        """What would change it, in words; ``""`` where nothing is known to."""
        return told(self.remedies)


def verdict(findings: Sequence[Finding]) -> Prediction:
    """Predict from findings of the rules; a waived one counts nothing."""
    blocks = [one for one in findings if one.blocks]
    sure = [one for one in blocks if one.certainty is not Certainty.POSSIBLE]
    hopeless = [one for one in sure if _override(one) is None]
    if hopeless:
        # Of several, one that is certain decides: it alone would be enough.
        first = min(hopeless, key=lambda one: tuple(Certainty).index(one.certainty))
        return _because(PredictedVerdict.WILL_NOT_WORK, first, first.remedies)
    unsure = [one for one in blocks if one.certainty is Certainty.POSSIBLE]
    if unsure:
        return _because(PredictedVerdict.CANNOT_VERIFY, (sure or unsure)[0], (sure or unsure)[0].remedies)
    if sure:
        return _because(PredictedVerdict.NEEDS_OVERRIDE, sure[0], (_together(sure),))
    shown = (one.certainty for one in findings if one.severity is Severity.NOTE)
    return Prediction(verdict=PredictedVerdict.SHOULD_WORK, certainty=weakest(Certainty.PROBABLE, *shown))


def _because(result: PredictedVerdict, finding: Finding, remedies: tuple[Remedy, ...]) -> Prediction:
    return Prediction(
        verdict=result,
        certainty=finding.certainty if result is not PredictedVerdict.CANNOT_VERIFY else Certainty.POSSIBLE,
        reason=f"{finding.id} {finding.actual or finding.title}",
        finding=finding,
        remedies=remedies,
    )


def _override(finding: Finding) -> Remedy | None:
    """The first remedy that the operator's manifest can carry alone."""
    return next((one for one in finding.remedies if one.changes and one.in_manifest), None)


def _together(findings: Iterable[Finding]) -> Remedy:
    """What removes all of them; a change that several ask for counts once."""
    changes: dict[tuple[str, str], Change] = {}
    for remedy in filter(None, map(_override, findings)):
        for change in remedy.changes:
            changes.setdefault((change.name, change.text if not change.name else ""), change)
    return Remedy(changes=tuple(changes.values()))
