"""The stored runs that every report is made from."""

from __future__ import annotations

from pathlib import Path

import pytest

from vllm_qualify.core import journal
from vllm_qualify.core.records import RunRecord

_DATA = Path(__file__).parents[1] / "data"
_CLUSTER = Path(__file__).parent / "data"


@pytest.fixture(name="finished", scope="session")
def _finished() -> RunRecord:
    """Three images on the local target: two qualify, one answers nothing right."""
    return journal.read((_DATA / "journal.jsonl").read_bytes())


@pytest.fixture(name="interrupted", scope="session")
def _interrupted() -> RunRecord:
    """Four images on a cluster, killed in the third: every outcome that there is."""
    return journal.read((_DATA / "interrupted.jsonl").read_bytes())


@pytest.fixture(name="restored", scope="session")
def _restored() -> RunRecord:
    """The card's three images on a cluster, one of which qualifies; production is back."""
    return journal.read((_CLUSTER / "restored.jsonl").read_bytes())


@pytest.fixture(name="lost", scope="session")
def _lost() -> RunRecord:
    """One image on a cluster, in whose turn somebody else changed production; it is not back."""
    return journal.read((_CLUSTER / "lost.jsonl").read_bytes())
