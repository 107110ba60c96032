"""One line of what ``vllm-qualify doctor`` says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class CheckStatus(Enum):
    """Whether something is there; ``INFO`` where nothing depends on it."""

    OK = "ok"
    MISSING = "missing"
    WRONG = "wrong"
    INFO = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineCheck:
    """One line of the report. ``remedy`` says what to do about it, ``""`` when there is nothing to do."""

    topic: str
    status: CheckStatus
    text: str
    remedy: str = ""
