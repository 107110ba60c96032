from __future__ import annotations

from pathlib import Path

from tests.faults import driver


def test_phases_are_read_from_a_journal_that_is_being_written(tmp_path: Path) -> None:
    """Other events are passed over, a line that is not whole yet is left for later, the first step of each counts."""
    assert driver.phases(tmp_path) == []
    journal = tmp_path / "run" / "journal.jsonl"
    journal.parent.mkdir()
    journal.write_bytes(
        b'{"type": "run-started"}\n'
        b'{"type": "step", "phase": "lock", "what": "a"}\n'
        b'{"type": "step", "phase": "capture", "what": "b"}\n'
        b'{"type": "step", "phase": "lock", "what": "c"}\n'
        b'{"type": "step", "phase": "prep'
    )

    assert driver.phases(tmp_path) == ["lock", "capture"]
