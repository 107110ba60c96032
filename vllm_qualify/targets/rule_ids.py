"""The ids of all rules, for whoever reads waivers; apart from the tables, which are slow to load."""

from __future__ import annotations

from collections.abc import Collection


def known() -> Collection[str]:
    """All of them."""
    from vllm_qualify.targets.rules import RULES  # noqa: PLC0415 - as the module says.

    return RULES
