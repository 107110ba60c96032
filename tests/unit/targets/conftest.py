"""What tests of the targets share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.targets.home import Home
from tests.unit.targets.whole import Whole, settings


@pytest.fixture
def home() -> Iterator[Home]:
    """A cluster on which production serves; whoever asked for what no server knows has failed."""
    made = Home()
    yield made
    made.close()
    assert made.api.complaints == []


@pytest.fixture
def whole(home: Home, tmp_path: Path) -> Whole:
    """The target on that cluster, for one candidate and both modes."""
    return Whole(home=home, settings=settings(tmp_path))
