"""The two stored runs that every report is made from."""

from __future__ import annotations

from pathlib import Path

import pytest

from vllm_qualify import journal
from vllm_qualify.records import RunRecord

_DATA = Path(__file__).parents[1] / "data"


@pytest.fixture(name="finished", scope="session")
def _finished() -> RunRecord:
    """Three images on the local target: two qualify, one answers nothing right."""
    return journal.read((_DATA / "journal.jsonl").read_bytes())


@pytest.fixture(name="interrupted", scope="session")
def _interrupted() -> RunRecord:
    """Four images on a cluster, killed in the third: every outcome that there is."""
    return journal.read((_DATA / "interrupted.jsonl").read_bytes())
