"""What stands between doing and telling: frozen records, written by a run and read by every report. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from vllm_qualify.core.advisories import AdvisoryOutlook
from vllm_qualify.core.limits import Limit
from vllm_qualify.core.remedies import Remedy
from vllm_qualify.core.requirements import Requirement


class Outcome(Enum):
    """What one case came to."""

    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    NOT_APPLICABLE = "not-applicable"
    BLOCKED = "blocked"
    BROKEN = "broken"


class Role(Enum):
    """What a turn of a run was for."""

    CANDIDATE = "candidate"
    BASELINE = "baseline"
    BASELINE_AGAIN = "baseline-again"


class Certainty(Enum):
    """How far a diagnosis may be trusted."""

    CERTAIN = "certain"
    PROBABLE = "probable"
    POSSIBLE = "possible"


class Severity(Enum):
    """What a finding means for what was to be done."""

    BLOCK = "block"
    WARN = "warn"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One measured or observed fact: a number with its unit, or a word."""

    name: str
    value: bool | float | str
    unit: str = ""
    limit: Limit | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A file that was kept.

    Attributes:
        name: what it is.
        path: relative to the folder of the run.
        media_type: as in ``text/plain``.
    """

    name: str
    path: str
    media_type: str = "text/plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line of a log.

    Attributes:
        number: counted from 1.
        text: the line as it stands.
    """

    number: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """Why something failed: the first cause, not its last echo.

    Attributes:
        cause: stable id, such as ``E01``.
        title: the cause in a few words.
        certainty: how far it may be trusted.
        remedy: what to do next.
        lines: the lines of the log that show it.
        reference: where it was seen before: issues as ``owner/repository#number``, files as ``vllm: path``.
        wrapper: it only repeats that something died; the log does not show the cause.
        origin: where in the sources it was raised and what that part does; ``""`` where that is not known.
        message: the exception as the log has it, its type and all lines of its message; ``""`` where none was raised.
    """

    cause: str
    title: str
    certainty: Certainty
    remedy: str = ""
    lines: tuple[LogLine, ...] = ()
    reference: str = ""
    wrapper: bool = False
    origin: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a rule found before anything was tried.

    Attributes:
        severity: whether it stands in the way.
        title: what must hold, in one sentence.
        subject: what it is about: ``applications/vllm/deployment.yaml:24``, ``node k3s-gpu-worker``.
        path: the field within it, ``spec.strategy.type``; ``""`` where there is none.
        expected: what should be there.
        actual: what is there.
        remedy: what to do next.
        certainty: how far it may be trusted.
        waived: the operator's reason why it does not matter; ``""`` where it does.
        brief: what is wrong in a few words; ``""`` in journals of releases that did not write it.
        source: the files or threads that the facts were read from.
        remedies: what would remove it, one as good as the other.
        unknown: what is not known, so that the rule cannot tell; ``""`` where it can.
        manifests: those that it is about; none where it holds for all.
    """

    id: str
    severity: Severity
    title: str
    subject: str
    path: str = ""
    expected: str = ""
    actual: str = ""
    remedy: str = ""
    certainty: Certainty = Certainty.CERTAIN
    waived: str = ""
    brief: str = ""
    source: str = ""
    remedies: tuple[Remedy, ...] = ()
    unknown: str = ""
    manifests: tuple[str, ...] = ()

    @property
    def blocks(self) -> bool:
        """It stands in the way and nobody waived it."""
        return self.severity is Severity.BLOCK and not self.waived

    @property
    def unverified(self) -> bool:
        """It may stand in the way, and the facts at hand cannot tell."""
        return self.blocks and self.certainty is Certainty.POSSIBLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a pure judge made of measurements; a case record without its time and place.

    Attributes:
        material: what comparisons with another turn need beside the observations, as plain JSON; for the journal alone.
    """

    outcome: Outcome
    message: str = ""
    observations: tuple[Observation, ...] = ()
    diagnosis: Diagnosis | None = None
    material: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRecord:
    """One case on one candidate, or on the baseline.

    Attributes:
        image: the candidate, as it was named; of the baseline the name of its turn.
        requirement: id of the requirement, such as ``LOAD``.
        id: the case within it, such as ``LOAD/first-token``.
        sentence: what must hold, in one sentence.
        started: wall-clock time in UTC.
        seconds: how long it took, set-up included.
    """

    image: str
    requirement: str
    id: str
    sentence: str
    outcome: Outcome
    message: str = ""
    observations: tuple[Observation, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    diagnosis: Diagnosis | None = None
    material: dict[str, Any] = field(default_factory=dict)
    started: datetime
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """What ran in place of the image itself, where the target cannot run the image.

    Attributes:
        distribution: the package that was installed.
        version: its version.
        exact: whether it is built from exactly the release of the image.
        note: what else is to be known of it.
    """

    distribution: str
    version: str
    exact: bool
    note: str = ""

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """Why a candidate was not tried at all.

    Attributes:
        ruled_out: facts alone speak against it; otherwise the run had no need of it any more, or no time.
        reason: in one sentence.
        certainty: how far that may be trusted.
        remedy: what would change it; ``""`` where nothing is known to.
    """

    ruled_out: bool
    reason: str
    certainty: Certainty = Certainty.CERTAIN
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateRecord:
    """All that is known of one candidate in one run.

    Attributes:
        environment: variables that were set for the run, over what the manifests say.
        interrupted: the run was cut short in this candidate's turn; more of its cases may have been to come.
        aside: why it was not tried; ``None`` for one that was to be.
        role: what its turn was for; a baseline is no candidate, and has no verdict.
        advisories: what was recorded about its release's security; ``None`` where nothing is known of that.
    """

    image: str
    target: str
    role: Role = Role.CANDIDATE
    stand_in: StandIn | None = None
    facts: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    cases: tuple[CaseRecord, ...] = ()
    interrupted: bool = False
    aside: Skipped | None = None
    advisories: AdvisoryOutlook | None = None
    requirements: tuple[Requirement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """A whole run, folded from its journal.

    Attributes:
        finished: ``None`` when it was killed.
        takes_production_away: the target did so for the run, and had to put it back.
        cluster: context of the cluster that the settings name, whether or not the run was for it; ``""`` for none.
        stopped: why it ended before its first case; ``""`` where it did not.
        pick: ``newest`` where the run looked for the newest that qualifies; ``""`` where all were to be tried.
        baseline: what they are compared with; ``None`` where nothing was asked for.
        baseline_again: the same, measured once more after the last candidate.
        findings: what was found before the first candidate's turn.
        production: the cases that belong to no candidate: whether production was put back.
        requirements: the operator's own, which candidates were held to beside the shipped ones.
    """

    run: str
    started: datetime
    finished: datetime | None = None
    target: str
    takes_production_away: bool = False
    cluster: str = ""
    stopped: str = ""
    pick: str = ""
    facts: dict[str, str] = field(default_factory=dict)
    candidates: tuple[CandidateRecord, ...] = ()
    baseline: CandidateRecord | None = None
    baseline_again: CandidateRecord | None = None
    findings: tuple[Finding, ...] = ()
    production: tuple[CaseRecord, ...] = ()
    requirements: tuple[Requirement, ...] = ()
