from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ends import ended
from tests.faults import aftermath, crew, driver, runs
from tests.faults.driver import Result
from tests.faults.matrix import Actor, Fault, Injection, Phase, Signal
from tests.faults.rules import Armed, Rule
from tests.faults.site import NotReady

# Is held in a phase unless it is to end with 0, waits for SIGTERM or SIGINT, and ends as its arguments say.
_RUN = """
import json, pathlib, signal, subprocess, sys
journal = pathlib.Path(sys.argv[1]) / "2026" / "journal.jsonl"
journal.parent.mkdir(parents=True)
def end(*_):
    with journal.open("a") as more:
        more.write(json.dumps({"type": "run-finished"}) + "\\n")
    sys.exit(int(sys.argv[2]))
for kind in (signal.SIGTERM, signal.SIGINT):
    signal.signal(kind, end)
if len(sys.argv) > 3:
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
if sys.argv[2] != "0":
    (journal.parents[2] / "held").touch()
while sys.argv[2] != "0":
    signal.pause()
"""


class Place:
    """A site whose production is what a test says."""

    def __init__(self, folder: Path, *problems: str) -> None:
        self.folder = folder
        self.settings = folder / "qualify.toml"
        self.snapshot: dict[str, Any] = {}
        self.done: list[str] = []
        self.asleep: list[str] = []
        self._problems = list(problems)
        self.proxy = self

    def arm(self, rule: Rule) -> Armed:
        self.done.append(f"armed {rule.effect.value}")
        return Armed(rule)

    def disarm(self) -> None:
        self.done.append("disarmed")

    def environment(self, **more: str) -> dict[str, str]:
        return os.environ | more

    def kill(self, part: str) -> bool:
        self.done.append(f"killed {part}")
        return True

    def node_problems(self) -> list[str]:
        return self.asleep

    def objects(self) -> dict[str, Any]:
        return {"pods": []}

    def problems(self, _actor: Actor) -> list[str]:
        return self._problems

    def witnessed(self) -> list[dict[str, str]]:
        return []

    def set_up(self) -> None:
        self.done.append("set up anew")


def inject(
    monkeypatch: pytest.MonkeyPatch,
    place: Place,
    *run: str,
    signal: Signal = Signal.SIGTERM,
    phase: Phase = Phase.LOCK,
    fault: Fault = Fault.NONE,
    restore: int = 0,
) -> Result:
    """Do an injection to a run that does as its arguments say."""
    site: Any = place
    ends = [sys.executable, "-c", f"raise SystemExit({restore})"]
    monkeypatch.setattr(runs, "command", lambda _, reports: [sys.executable, "-c", _RUN, str(reports), *run])
    monkeypatch.setattr(runs, "restore_command", lambda _: ends)
    monkeypatch.setattr(driver, "_SETTLE_SECONDS", 0.0)
    return driver.inject(site, Injection(signal=signal, phase=phase, fault=fault), keep=place.folder / "keep")


@pytest.mark.parametrize("signal", [each for each in Signal if each not in {Signal.NONE, Signal.SIGHUP}])
def test_a_run_that_restores_is_well_whatever_ended_it(
    signal: Signal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Production is as before: nothing is kept, nothing is set up anew."""
    place = Place(tmp_path)

    result = inject(monkeypatch, place, "2", signal=signal, fault=Fault.CONFLICT)

    assert result.injected
    assert result.restored
    assert not result.untidy
    assert result.exit_code is not None
    assert place.done == ["armed 409", "disarmed"]
    assert not (tmp_path / "keep").exists()


def test_a_run_that_dies_of_a_signal_is_untidy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Production is well, but nobody gets the reports of such a run."""
    result = inject(monkeypatch, Place(tmp_path), "2", signal=Signal.SIGHUP)

    assert result.restored
    assert result.untidy == (
        "the run died of SIGHUP, expected an exit code",
        "the journal has no end, so the reports are missing",
    )
    assert result.kept is not None


def test_a_production_that_is_not_as_before_is_kept_and_set_up_anew(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Journal, output and objects stay for whoever looks into it; the next injection begins afresh."""
    place = Place(tmp_path, "replicas are 0")

    result = inject(monkeypatch, place, "2")

    assert result.problems == ("replicas are 0",)
    assert result.kept is not None
    assert {one.name for one in result.kept.iterdir()} >= {"objects.json", "output.txt", "reports", "snapshot.json"}
    assert (result.kept / "problems.txt").read_text() == "replicas are 0\n"
    assert place.done[-1] == "set up anew"


def test_no_run_begins_on_a_node_that_is_not_back(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A run that the last injection's kubelet keeps from beginning would say nothing about this one."""
    place = Place(tmp_path)
    place.asleep = ["the node offers no GPU"]
    monkeypatch.setattr(driver, "_NODE_SECONDS", 0.0)

    with pytest.raises(NotReady, match="offers no GPU"):
        inject(monkeypatch, place, "2")

    assert place.done == []


def test_a_run_that_ends_before_its_phase_is_no_injection(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing was injected, and that is a failure of its own."""
    result = inject(monkeypatch, Place(tmp_path), "0", phase=Phase.APPLY)

    assert not result.injected
    assert result.problems == ("the run ended before the phase apply was met",)


def test_a_run_that_says_it_could_not_restore_is_believed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Exit code 20 is a failure even where production looks well."""
    result = inject(monkeypatch, Place(tmp_path), "20")

    assert result.problems == ("the run ended with 20: it could not restore",)


def test_a_restore_that_fails_is_a_failure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What follows SIGKILL must end well too."""
    result = inject(monkeypatch, Place(tmp_path), "2", signal=Signal.SIGKILL, restore=1)

    assert result.problems == ("restore ended with 1",)


def test_processes_that_a_run_leaves_are_found_and_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A session of their own does not hide them."""
    result = inject(monkeypatch, Place(tmp_path), "2", "leave")

    (problem,) = result.problems
    assert "time.sleep(60)" in problem
    assert ended(int(problem.split()[3]))


@pytest.mark.parametrize(("fault", "part"), [(Fault.ETCD, "etcd"), (Fault.KUBELET, "kubelet")])
def test_parts_of_the_cluster_are_killed_and_counted(
    fault: Fault, part: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A process that ended is a fault that happened."""
    place = Place(tmp_path)

    result = inject(monkeypatch, place, "2", fault=fault)

    assert place.done[0] == f"killed {part}"
    assert result.faulted


def test_an_actor_works_until_the_run_is_over_and_production_is_set_up_anew(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It begins while the run is held, has gone when production is judged, and what it left meets no later run."""
    place = Place(tmp_path)

    @contextlib.contextmanager
    def at_work(_site: object, actor: Actor) -> Iterator[Callable[[], int]]:
        place.done.append(f"{actor.value} began")
        yield lambda: 3
        place.done.append("ended")

    monkeypatch.setattr(crew, "at_work", at_work)
    monkeypatch.setattr(aftermath, "problems", lambda *_: place.done.append("judged") or [])
    monkeypatch.setattr(runs, "command", lambda _, reports: [sys.executable, "-c", _RUN, str(reports), "2"])
    site: Any = place
    injection = Injection(signal=Signal.SIGTERM, phase=Phase.LOCK, actor=Actor.ANNOTATOR)

    result = driver.inject(site, injection, keep=tmp_path / "keep")

    assert (result.hits, result.restored) == (3, True)
    assert place.done == ["annotator began", "ended", "judged", "disarmed", "set up anew"]


def test_a_journal_that_is_being_written_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    """A line that is not whole yet is left for later."""
    nobody: Any = None
    run = runs.Run(process=nobody, folder=tmp_path, mark="")
    journal = tmp_path / "reports" / "2026" / "journal.jsonl"
    journal.parent.mkdir(parents=True)
    journal.write_bytes(b'{"type": "run-started"}\n{"type": "st')

    assert run.events() == [{"type": "run-started"}]
