"""The table of behaviours: the simulator keeps every row of it, as the lab's own program does in its own tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import behaviours
from tests.behaviours import Behaviour
from tests.simulated_engine import Engine, SimulatedTransport
from tests.simulated_script import Fault, Silent, taught

ROWS = behaviours.table().values()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_table_is_kept(row: Behaviour) -> None:
    """Asked what shows it, the simulated engine answers as the row says, and the exchange ends so."""
    read: list[bytes] = []
    transport = SimulatedTransport(Engine(taught(row.settings, model="m")))

    end = transport.exchange(
        row.method,
        f"http://engine{row.path}",
        lambda _status, _at, data: read.append(data),
        body=row.request,
        headers={},
        deadline_seconds=5.0,
    )

    said = b"".join(read).decode()
    assert end.status == row.status
    assert row.holds in said
    assert row.lacks not in said
    assert (end.failure.kind.name.lower() if end.failure else "") == row.failure


def test_every_way_in_which_a_stream_goes_wrong_is_in_the_table() -> None:
    """A fault that stands in no row would be known to one of the two engines alone."""
    planted = {row.settings["STREAM"] for row in ROWS if "STREAM" in row.settings}

    assert planted == {fault.value for fault in Fault} - {Fault.NONE.value}


def test_every_silent_fault_is_in_the_table() -> None:
    """As with streams."""
    planted = {row.settings["SILENT"] for row in ROWS if "SILENT" in row.settings}

    assert planted == {fault.value for fault in Silent} - {Silent.NONE.value}


def test_every_setting_is_documented() -> None:
    """Whoever makes an image for the lab finds each in the list of variables, and the one that names a row."""
    text = (Path(__file__).parents[2] / "docs" / "development" / "lab.md").read_text(encoding="utf-8")

    settings = {f"SCRIPTED_{name}" for row in ROWS for name in (*row.settings, "BEHAVIOUR")}
    assert {name for name in settings if f"`{name}" not in text} == set()


def test_what_the_simulator_does_not_know_is_said() -> None:
    """A row that only the other engine was taught would pass for an honest one here."""
    with pytest.raises(ValueError, match="the simulator does not know NO_SUCH; teach it"):
        taught({"NO_SUCH": "1"}, model="m")


def test_what_a_planted_fault_does_to_a_case_is_known() -> None:
    """Every row but the honest ones says which case notices it."""
    assert [row.name for row in ROWS if bool(row.noticed or row.beside) == row.name.startswith("honest")] == []
