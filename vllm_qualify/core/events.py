"""What a run writes while it happens, each a line of its journal: frozen events, folded into records. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from vllm_qualify.core.advisories import AdvisoryOutlook
from vllm_qualify.core.records import CaseRecord, Finding, Role, Skipped, StandIn
from vllm_qualify.core.requirements import Requirement

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """A run began.

    Attributes:
        cluster: context of the cluster that the settings name, whether or not the run is for it; ``""`` for none.
        images: the candidates, those included that were set aside before.
        pick: ``newest`` where the first that qualifies ends the run; ``""`` where all are tried.
        environment: variables that are set for every candidate, over what the manifests say.
        facts: of the machine: CPU, GPU, driver, Python, harness version.
        advisories: what was recorded then about the security of each candidate's release, as far as it is known.
        requirements: the operator's own, so that reports need neither the suites nor the settings.
    """

    type: Literal["run-started"] = "run-started"
    schema: int = SCHEMA_VERSION
    run: str
    at: datetime
    target: str
    takes_production_away: bool | None = None
    cluster: str = ""
    images: tuple[str, ...]
    pick: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)
    advisories: dict[str, AdvisoryOutlook] = field(default_factory=dict)
    requirements: tuple[Requirement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateStarted:
    """A candidate's turn began, or a baseline's.

    Attributes:
        role: what the turn is for.
        stand_in: what really runs when it is not the image.
    """

    type: Literal["candidate-started"] = "candidate-started"
    at: datetime
    image: str
    target: str
    role: Role = Role.CANDIDATE
    stand_in: StandIn | None = None
    facts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateSkipped:
    """A candidate is not tried."""

    type: Literal["set-aside"] = "set-aside"
    at: datetime
    image: str
    aside: Skipped


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseStarted:
    """A case began; if nothing follows, the run was interrupted inside it."""

    type: Literal["case-started"] = "case-started"
    at: datetime
    image: str
    requirement: str
    id: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFinished:
    """A case came to its outcome."""

    type: Literal["case-finished"] = "case-finished"
    case: CaseRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingsRecorded:
    """What the rules found before the first candidate's turn."""

    type: Literal["found"] = "found"
    at: datetime
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTaken:
    """A step of the transaction around production is about to be made; written before it acts.

    Attributes:
        phase: where in the transaction, such as ``take-down``.
        what: the step in words.
        command: the command line, if it is one.
    """

    type: Literal["step"] = "step"
    at: datetime
    phase: str
    what: str
    command: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished:
    """A run ended by itself; without it the run was killed.

    Attributes:
        reason: why it ended before its first case; ``""`` where it did not.
    """

    type: Literal["run-finished"] = "run-finished"
    at: datetime
    exit_code: int
    reason: str = ""


Event = (
    RunStarted
    | CandidateStarted
    | CandidateSkipped
    | CaseStarted
    | CaseFinished
    | FindingsRecorded
    | StepTaken
    | RunFinished
)
