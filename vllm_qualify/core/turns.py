"""The turns of a run, and under which name the cases of each stand in its events. Pure.

A candidate's turn is called by its image. A baseline's has a name of its own, which no image reference can be since it
has no tag: production may run the very image that is tried.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vllm_qualify.core.records import Role

BASELINE, BASELINE_AGAIN = "baseline", "baseline-again"
"""The values of their roles; a collection needs no more of the records than that."""
CURRENT = "production today"
"""What the fact of the baseline's turn says of production as it serves."""


def role(turn: str) -> Role:
    """What a turn is for, by its name."""
    from vllm_qualify.core.records import Role  # noqa: PLC0415 - as above.

    return Role(turn) if turn in {BASELINE, BASELINE_AGAIN} else Role.CANDIDATE


def name(role: Role, image: str) -> str:
    """The name of a turn.

    Args:
        role: what it is for.
        image: what runs in it.
    """
    return role.value if role.value in {BASELINE, BASELINE_AGAIN} else image
