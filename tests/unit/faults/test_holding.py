from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tests.faults import holding
from tests.faults.holding import Hold


def test_a_run_is_held_at_the_first_step_of_its_phase_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before that it goes on, and after it was let go it is held by no later step."""
    hold, said = Hold(tmp_path), []
    monkeypatch.setenv(holding.VARIABLE, holding.variable(hold.at("apply"), "other=x")[holding.VARIABLE])
    step = holding.at(lambda phase, what: said.append(f"{phase}: {what}"))

    step("lock", "a")
    assert not hold.held
    held = threading.Thread(target=step, args=("apply", "b"))
    held.start()
    while not hold.held:
        assert held.is_alive()
    hold.release()
    held.join()
    step("apply", "c")

    assert said == ["lock: a", "apply: b", "apply: c"]


def test_nothing_is_held_without_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plugin alone changes nothing."""
    monkeypatch.delenv(holding.VARIABLE, raising=False)
    said: list[str] = []

    holding.at(lambda phase, _what: said.append(phase))("apply", "x")

    assert said == ["apply"]
