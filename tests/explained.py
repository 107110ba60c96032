"""What counts as an explanation of a death whose reason is known, and what misleads."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection

from vllm_qualify.core.records import Certainty, Diagnosis

LOOKED_UP = "E00"
"""No known cause: what was raised, and where and about what, from the sources."""


def explains(found: Diagnosis | None, *, causes: Collection[str], names: Collection[str]) -> bool:
    """Tell whether a diagnosis says what was wrong.

    Args:
        found: the diagnosis.
        causes: ids that mean what was wrong; a look-up in the sources may always do so.
        names: words of which it must hold one beside the lines that it quotes, such as the option that was wrong.
    """
    if found is None or found.cause not in {*causes, LOOKED_UP}:
        return False
    said = " ".join(value for value in dataclasses.asdict(found).values() if isinstance(value, str))
    return any(name in said for name in names)


def misleads(found: Diagnosis | None, *, causes: Collection[str]) -> bool:
    """Tell whether a diagnosis is certain of another cause, which is worse than to know none."""
    return found is not None and found.certainty is Certainty.CERTAIN and found.cause not in {*causes, LOOKED_UP}
