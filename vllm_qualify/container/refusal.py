"""What of the operator's containers cannot be read or carried. Pure."""

from __future__ import annotations

from vllm_qualify.core.errors import UserError


class UnreadableContainer(UserError, ValueError):
    """A container that cannot be read from what was given; the message says why, and what to give instead."""
