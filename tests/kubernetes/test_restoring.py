from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import holding
from tests.faults.holding import Hold
from tests.kubernetes.home_lab import HomeLab

QUICK = ("-k", "starts or health or put_back")
_PATIENCE_SECONDS = 300.0


@pytest.fixture(autouse=True)
def candidate(home_lab: HomeLab) -> Iterator[str]:
    """A candidate that qualifies; whatever a test left, production is put back after it."""
    yield home_lab.candidate("v0.8.5.post1", repository="restored/vllm-openai")
    if home_lab.leftovers():
        home_lab.restore("--overwrite")


def held(home_lab: HomeLab, hold: Hold, run: subprocess.Popen[str]) -> None:
    """Wait until a run has come to where it is held."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not hold.held:
        assert run.poll() is None, home_lab.ended(run).said
        assert time.monotonic() < deadline
        time.sleep(0.05)


def started(home_lab: HomeLab, candidate: str, **at: Hold) -> subprocess.Popen[str]:
    """A run that is held at its first steps of some phases, so that no test counts on how long a run takes."""
    holds = holding.variable(*(hold.at(phase) for phase, hold in at.items()))
    run = home_lab.start("--image", candidate, *QUICK, "-p", "tests.faults.holding", **holds)
    held(home_lab, next(iter(at.values())), run)
    return run


def test_killed_without_mercy_and_restored_by_another_command(
    home_lab: HomeLab, candidate: str, tmp_path: Path
) -> None:
    """After SIGKILL production is away, the next run refuses to start, and `vllm-qualify restore` finishes it."""
    before = home_lab.snapshot()
    run = started(home_lab, candidate, qualify=Hold(tmp_path))
    run.kill()
    run.communicate()
    changed = home_lab.snapshot()

    refused = home_lab.qualify("--image", candidate, *QUICK)
    code, said = home_lab.restore()

    assert changed != before
    assert refused.code == 10
    assert "vllm-qualify restore" in refused.said
    assert (code, home_lab.snapshot(), home_lab.leftovers()) == (0, before, []), said
    assert "production answers as Qwen/Qwen2.5-7B-Instruct-AWQ" in said


def test_restore_can_be_run_again(home_lab: HomeLab) -> None:
    """Where nothing was left, nothing is done and nothing is wrong."""
    before = home_lab.snapshot()

    code, said = home_lab.restore()

    assert code == 0
    assert "nothing was left" in said
    assert home_lab.snapshot() == before


def test_a_second_run_is_refused_and_told_who_holds_the_lock(home_lab: HomeLab, candidate: str, tmp_path: Path) -> None:
    """Two runs at once: the second changes nothing and names the first; restore refuses as well while that lives."""
    hold = Hold(tmp_path)
    run = started(home_lab, candidate, apply=hold)

    second = home_lab.qualify("--image", candidate, *QUICK)
    code, said = home_lab.restore()
    hold.release()
    first = home_lab.ended(run)

    # Requirements were left out, so nothing is decided.
    assert first.code == 10
    assert second.code == 10
    assert f"process {run.pid}" in second.said
    assert code == 10
    assert f"process {run.pid}" in said


def test_a_humans_edit_is_noticed_and_not_fought(home_lab: HomeLab, candidate: str, tmp_path: Path) -> None:
    """Somebody edits the Deployment in the middle: the run stops, leaves that edit, says so, and exits with 20."""
    before = home_lab.snapshot()
    hold = Hold(tmp_path)
    run = started(home_lab, candidate, qualify=hold)
    home_lab.say("set", "env", "deployment/vllm-server", "EDITED=by-hand")
    hold.release()
    stopped = home_lab.ended(run)
    edited = json.dumps(home_lab.snapshot())
    left = home_lab.restore()
    code, _ = home_lab.restore("--overwrite")

    assert stopped.code == 20, stopped.said
    assert "was changed by somebody else (kubectl-set at" in stopped.restored["message"]
    assert "EDITED" in edited
    assert left[0] == 20
    assert code == 0
    assert home_lab.snapshot() == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_run_in_order(
    home_lab: HomeLab, candidate: str, number: signal.Signals, tmp_path: Path
) -> None:
    """Ctrl-C, SIGTERM and a lost terminal end the run with production back; a second signal changes nothing."""
    before = home_lab.snapshot()
    away, back = Hold(tmp_path / "away"), Hold(tmp_path / "back")
    run = started(home_lab, candidate, apply=away, restore=back)
    run.send_signal(number)
    away.release()
    held(home_lab, back, run)
    run.send_signal(number)
    back.release()
    ended = home_lab.ended(run)

    assert home_lab.snapshot() == before, ended.said
    assert home_lab.leftovers() == []
    assert ended.restored["outcome"] == "passed"
    assert "production was away for" in ended.restored["message"]
