"""The policy in ``qualify.toml``: what rules a candidate out though nothing was measured. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vllm_qualify.config.values import NO_OTHER_KEYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What rules a candidate out though nothing was measured.

    Attributes:
        advisories: severity from which on a published advisory that applies with your arguments and model rules a
            candidate out; one of which that cannot be told, or whose severity is not recorded, never does.
    """

    __pydantic_config__ = NO_OTHER_KEYS

    advisories: Literal["none", "low", "medium", "high", "critical"] = "none"
