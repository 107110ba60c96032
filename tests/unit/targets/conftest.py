"""What tests of the targets share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.targets.home import Home


@pytest.fixture
def home() -> Iterator[Home]:
    """A cluster on which production serves; whoever asked for what no server knows has failed."""
    made = Home()
    yield made
    made.close()
    assert made.api.complaints == []
