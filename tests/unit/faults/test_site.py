from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.faults.site import Site


class Node(Site):
    """A site whose node is what a test says."""

    def get(self, *what: str) -> Any:
        return {"items": [{"status": self.snapshot[name]} for name in what]}


def node(*, gpus: str = "1", ready: str = "True", killed: int | None = None) -> Node:
    """A node as its API object shows it, of which the kubelet was killed in a second of the same minute."""
    status: dict[str, Any] = {
        "conditions": [
            {"type": "DiskPressure", "status": "False"},
            {"type": "Ready", "status": ready, "lastHeartbeatTime": "2026-11-23T10:00:05Z"},
        ],
        "allocatable": {"nvidia.com/gpu": gpus} if gpus else {},
    }
    nowhere: Any = None
    at = None if killed is None else datetime(2026, 11, 23, 10, 0, killed, tzinfo=UTC)
    return Node(lab=nowhere, proxy=nowhere, folder=Path(), snapshot={"nodes": status}, kubelet_killed_at=at)


def test_a_node_that_offers_its_gpu_is_well() -> None:
    """Also when its kubelet was killed before its last word."""
    assert node().node_problems() == []
    assert node(killed=4).node_problems() == []


@pytest.mark.parametrize("gpus", ["0", ""])
def test_a_node_without_its_device_plugin_is_not(gpus: str) -> None:
    """A kubelet that starts again offers no GPU until its plugin has registered."""
    assert "offers no GPU" in node(gpus=gpus).node_problems()[0]


def test_a_node_that_is_not_ready_is_not() -> None:
    """Whatever it offers."""
    assert "not ready" in node(ready="Unknown").node_problems()[0]


@pytest.mark.parametrize("killed", [5, 6])
def test_an_old_word_of_a_killed_kubelet_does_not_count(killed: int) -> None:
    """Times of conditions have whole seconds, so the same second may be before it."""
    assert node(killed=killed).node_problems() == ["the kubelet that was killed has not come back"]
