"""What the history keeps of a run: frozen types that ``recording`` makes and ``store`` keeps. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from vllm_qualify.core.outcomes import Verdict
from vllm_qualify.core.records import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedFigure:
    """One figure of one turn.

    Attributes:
        name: a key of ``figures.FIGURES``.
        low: lower end of its interval; ``None`` where it has none, and so ``high``.
    """

    name: str
    value: float
    unit: str = ""
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedTurn:
    """One image in one run.

    Attributes:
        image: as it was named.
        role: what its turn was for.
        verdict: ``None`` for a baseline, which gets none.
        summary: the verdict in a sentence.
        cause: id of the first cause, such as ``E01``; ``""`` where nothing was diagnosed.
        reason: the first cause in words, or what was said of the gravest case; ``""`` where nothing failed.
        hardware: the GPUs by name, or the processor where engines ran on it; ``""`` where neither is known.
        driver: of the GPUs; ``""`` where none was seen.
        facts: of the turn, as the run recorded them: digest, arguments, and more.
        figures: in the order of ``figures.FIGURES``.
    """

    image: str
    role: Role = Role.CANDIDATE
    verdict: Verdict | None = None
    summary: str = ""
    cause: str = ""
    reason: str = ""
    hardware: str = ""
    driver: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    figures: tuple[RecordedFigure, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRun:
    """One run; its name and its start together name no other.

    Attributes:
        started: in UTC.
        finished: ``None`` where it was killed, or goes on.
        node: the name of the place where its engines ran, such as context and node of a cluster; ``""`` for none.
        model: what was served in the everyday mode; ``""`` where the run did not tell.
        harness: with its version.
        facts: of the run, as it recorded them.
        turns: of baselines and candidates, in the order of the run.
    """

    name: str
    started: datetime
    finished: datetime | None = None
    target: str = ""
    node: str = ""
    model: str = ""
    harness: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    turns: tuple[RecordedTurn, ...] = ()
