"""What tests of the commands share."""

from __future__ import annotations

from pathlib import Path

import pytest

from vllm_qualify import preflight
from vllm_qualify.preflight import node_lookup
from vllm_qualify.preflight.launch_specs import BadInput


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without a qualify.toml, on a machine without a GPU."""

    def none() -> preflight.NodeFacts:
        raise BadInput("no node was given, and this machine shows no GPU")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(node_lookup, "of_this_machine", none)
