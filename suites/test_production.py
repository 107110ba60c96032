"""RESTORE: after the last candidate, production is what it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vllm_qualify import checks

if TYPE_CHECKING:
    from vllm_qualify.plugin.recorder import Conclude
    from vllm_qualify.targets.base import ProductionTarget

pytestmark = [pytest.mark.requirement("RESTORE"), pytest.mark.level("quick")]


def test_put_back(production: ProductionTarget, conclude: Conclude) -> None:
    """Production is put back exactly as it was, and serves; how long it was away is told."""
    conclude(checks.production.put_back(production.close()))
