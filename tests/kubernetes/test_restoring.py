from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.kubernetes.home_lab import HomeLab

QUICK = ("-k", "starts or health or put_back")
_PATIENCE_SECONDS = 300.0


@pytest.fixture(autouse=True)
def candidate(home_lab: HomeLab) -> Iterator[str]:
    """A candidate that qualifies; whatever a test left, production is put back after it."""
    yield home_lab.candidate("v0.8.5.post1", repository="restored/vllm-openai")
    home_lab.restore("--overwrite")


def reached(home_lab: HomeLab, phase: str, run: subprocess.Popen[str]) -> None:
    """Wait until a run has come to a phase."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while phase not in _phases(home_lab):
        assert run.poll() is None, run.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _phases(home_lab: HomeLab) -> list[str]:
    newest = max(home_lab.reports.glob("2*/journal.jsonl"), default=None)
    lines = newest.read_text().splitlines() if newest else []
    events: list[dict[str, Any]] = [json.loads(line) for line in lines if line.endswith("}")]
    return [event["phase"] for event in events if event["type"] == "step"]


def started(home_lab: HomeLab, phase: str, candidate: str, *more: str) -> subprocess.Popen[str]:
    """A run that has come to a phase."""
    for old in home_lab.reports.glob("2*"):
        (old / "journal.jsonl").unlink(missing_ok=True)
    run = home_lab.start("--image", candidate, *QUICK, *more)
    reached(home_lab, phase, run)
    return run


def test_killed_without_mercy_and_restored_by_another_command(home_lab: HomeLab, candidate: str) -> None:
    """After SIGKILL production is away, the next run refuses to start, and `vllm-qualify restore` finishes it."""
    before = home_lab.snapshot()
    run = started(home_lab, "qualify", candidate)
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


def test_a_second_run_is_refused_and_told_who_holds_the_lock(home_lab: HomeLab, candidate: str) -> None:
    """Two runs at once: the second changes nothing and names the first; restore refuses as well while that lives."""
    run = started(home_lab, "apply", candidate)

    # Both at once: each must come while the first run lives, on a busy machine as well.
    other = home_lab.start("--image", candidate, *QUICK)
    code, said = home_lab.restore()
    second = home_lab.ended(other)

    # Requirements were left out, so nothing is decided.
    assert home_lab.ended(run).code == 10
    assert second.code == 10
    assert f"process {run.pid}" in second.said
    assert code == 10
    assert f"process {run.pid}" in said


def test_a_humans_edit_is_noticed_and_not_fought(home_lab: HomeLab, candidate: str) -> None:
    """Somebody edits the Deployment in the middle: the run stops, leaves that edit, says so, and exits with 20."""
    before = home_lab.snapshot()
    run = started(home_lab, "qualify", candidate)
    home_lab.say("set", "env", "deployment/vllm-server", "EDITED=by-hand")
    ended = home_lab.ended(run)
    edited = json.dumps(home_lab.snapshot())
    left = home_lab.restore()
    code, _ = home_lab.restore("--overwrite")

    assert ended.code == 20, ended.said
    assert "was changed by somebody else (kubectl-set at" in ended.restored["message"]
    assert "EDITED" in edited
    assert left[0] == 20
    assert code == 0
    assert home_lab.snapshot() == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_run_in_order(home_lab: HomeLab, candidate: str, number: signal.Signals) -> None:
    """Ctrl-C, SIGTERM and a lost terminal end the run with production back; a second signal changes nothing."""
    before = home_lab.snapshot()
    run = started(home_lab, "apply", candidate)
    run.send_signal(number)
    time.sleep(0.5)
    run.send_signal(number)
    ended = home_lab.ended(run)

    assert home_lab.snapshot() == before, ended.said
    assert home_lab.leftovers() == []
    assert ended.restored["outcome"] == "passed"
    assert "production was away for" in ended.restored["message"]
