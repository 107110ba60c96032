"""The turns of a run, and under which name the cases of each stand in its events. Pure.

A candidate's turn is called by its image. A baseline's has a name of its own, which no image reference can be since it
has no tag: production may run the very image that is tried.
"""

from __future__ import annotations

from vllm_qualify.core.records import Role

BASELINE = Role.BASELINE.value
BASELINE_AGAIN = Role.BASELINE_AGAIN.value
_ROLES = {BASELINE: Role.BASELINE, BASELINE_AGAIN: Role.BASELINE_AGAIN}


def role(turn: str) -> Role:
    """What a turn is for, by its name."""
    return _ROLES.get(turn, Role.CANDIDATE)


def name(role: Role, image: str) -> str:
    """The name of a turn.

    Args:
        role: what it is for.
        image: what runs in it.
    """
    return image if role is Role.CANDIDATE else role.value
