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
    """One line of the report.

    Attributes:
        topic: what was looked at, such as uv or target local.
        status: whether it is there.
        text: what was found.
        remedy: what to do about it; empty where there is nothing to do.
    """

    topic: str
    status: CheckStatus
    text: str
    remedy: str = ""
