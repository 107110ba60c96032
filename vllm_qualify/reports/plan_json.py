"""The plan of an upgrade for programs; ``plan.schema.json`` describes it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from vllm_qualify.core import redaction
from vllm_qualify.reports import plain
from vllm_qualify.reports.upgrade import UpgradePage
from vllm_qualify.upgrade.edits import Upgrade
from vllm_qualify.upgrade.steps import UpgradeStep


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedChange:
    """One file that changes.

    Attributes:
        path: relative to where the patch is applied.
        what: what changes, a sentence each.
    """

    path: str
    what: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDocument:
    """The upgrade of production to one image.

    Attributes:
        schema: the version of this format, another one once a field changes its meaning or goes; a reader ignores
            what it does not know.
        image: what becomes production.
        files: of the plan, by what they are: upgrade.patch, rollback.patch, README.md; none where nothing changes.
        changes: what changes in the operator's files; none where they name the image already.
        by_hand: what is left to the operator, a sentence each.
        mentions: lines that name the old image as well, and that nothing executes.
        upgrade: the steps there, in their order.
        rollback: the steps back.
    """

    schema: Literal[1] = 1
    image: str
    files: Mapping[str, str]
    changes: tuple[PlannedChange, ...]
    by_hand: tuple[str, ...]
    mentions: tuple[str, ...]
    upgrade: tuple[UpgradeStep, ...]
    rollback: tuple[UpgradeStep, ...]


def document(upgrade: Upgrade, plan: UpgradePage | None, files: Mapping[str, Path]) -> dict[str, Any]:
    """A plan as plain values, before they become text; without secrets.

    Args:
        upgrade: what changes.
        plan: its page; ``None`` where nothing changes.
        files: where its files were written, by their names.
    """
    made = PlanDocument(
        image=str(upgrade.image),
        files={name: str(path) for name, path in files.items()},
        changes=tuple(plain.like(PlannedChange, change) for change in upgrade.changes),
        by_hand=tuple(upgrade.by_hand),
        mentions=tuple(upgrade.mentions),
        upgrade=plan.there if plan else (),
        rollback=plan.back if plan else (),
    )
    values: dict[str, Any] = plain.of(made, redaction.shown)
    return values
