from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.faults import crowd, driver, matrix
from tests.faults.driver import Result
from tests.faults.matrix import Fault, Injection, Phase, Signal


def injection(fault: Fault = Fault.CONFLICT) -> Injection:
    """One of the matrix."""
    return Injection(signal=Signal.SIGTERM, phase=Phase.APPLY, fault=fault)


def test_every_injection_is_done_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Several sites share the work; each injection has a line and a result."""
    lines: list[str] = []
    sites: list[Any] = ["first", "second"]
    monkeypatch.setattr(driver, "inject", lambda _, each, **__: Result(injection=each, injected=True))

    done = crowd.run(sites, matrix.sample(1, 40, whole=matrix.every()), keep=tmp_path, say=lines.append)

    assert {each.injection for each in done} == set(matrix.sample(1, 40, whole=matrix.every()))
    assert len(done) == len(lines) == 40


def test_a_site_that_breaks_ends_the_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing is called done when a lab can no longer be set up."""

    def breaks(*_: object, **__: object) -> Result:
        raise RuntimeError("no lab")

    monkeypatch.setattr(driver, "inject", breaks)
    sites: list[Any] = ["only"]

    with pytest.raises(RuntimeError, match="no lab"):
        crowd.run(sites, matrix.sample(1, 10, whole=matrix.every()), keep=tmp_path, say=lambda _: None)


def test_the_closing_line_counts_what_really_happened() -> None:
    """A run that ended too early is no injection, and a fault that met nothing is no fault."""
    results = (
        Result(injection=injection(), injected=True, hits=2),
        Result(injection=injection(), injected=True, hits=0),
        Result(injection=injection(Fault.NONE), injected=True, problems=("lost",)),
        Result(injection=injection(), injected=False, hits=1, problems=("too early",)),
    )

    faults, last = crowd.closing(results)

    assert faults == "API and node faults that really happened: 2 of 3; 1 runs ended before their phase was met"
    assert last == "injections 3, restored 2"


def test_a_failure_says_what_is_wrong_and_where_to_look() -> None:
    """The line of an injection has the problems and the folder; that of a success has neither."""
    good = Result(injection=injection(), injected=True, exit_code=2, seconds=9.96)
    bad = Result(injection=injection(), injected=True, hits=1, problems=("replicas",), kept=Path("reports/faults/x"))

    assert crowd.line(good) == "SIGTERM in apply, fault: 409 (met nothing): exit 2, 10.0 s, restored"
    assert "x1" in crowd.line(bad)
    assert crowd.line(bad).endswith("NOT RESTORED: replicas; see reports/faults/x")
