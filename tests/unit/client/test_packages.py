"""Real packages ask a server in processes of their own, and say step by step what they could not understand."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.simulated_script import Script
from tests.simulator import Clock, simulate
from vllm_qualify.client import packages
from vllm_qualify.client.packages import DirectWay

NOWHERE = DirectWay(url="http://127.0.0.1:9", key="sk-secret")


def test_the_openai_package_understands_the_simulator() -> None:
    """In every step but one: the simulator answers at once whatever it is asked, so nothing times out."""
    with simulate(Script(), clock=Clock(lockstep=False)) as simulator:
        run = packages.tried("openai", DirectWay(url=simulator.url), "canary")

    assert not run.missing + run.broken
    assert {name: said for name, said in run.steps.items() if said} == {
        "timeout": "Unexpected: was answered, where APITimeoutError was expected"
    }
    assert len(run.steps) == 8
    assert run.version


def test_an_answer_that_is_all_reasoning_is_one() -> None:
    """A reasoning model says nothing else in so few tokens."""
    script = Script(chunks=(("a",), ("b",)), reasoning=2, finish_reason="length")

    with simulate(script, clock=Clock(lockstep=False)) as simulator:
        run = packages.tried("openai", DirectWay(url=simulator.url), "canary")

    assert {name for name, said in run.steps.items() if said} == {"timeout"}


def test_a_server_that_is_not_there_fails_in_every_step() -> None:
    """With the package's own exception, and none of the key."""
    run = packages.tried("openai", NOWHERE, "m")

    assert {name for name, said in run.steps.items() if "APIConnectionError" in said} >= {"models", "answer", "async"}
    assert "sk-secret" not in str(run)


def test_where_no_program_reaches_the_server_nothing_is_tried() -> None:
    """As in a cluster, where the way leads through a pod."""
    assert "from inside its pod" in packages.tried("openai", None, "m").missing


def test_a_package_that_is_not_installed_is_told_with_its_remedy() -> None:
    """It is no requirement of the harness."""
    run = packages.tried("no_such_package", NOWHERE, "m")

    assert run.missing == "there is no no_such_package here; install vllm-qualify[clients]"


def test_the_harness_own_python_comes_first() -> None:
    """Environments of the cache are looked at for what it lacks."""
    assert packages.interpreter("openai") == sys.executable


@pytest.mark.parametrize(("name", "says"), [("false", "ended with exit code"), ("no-such-program", "did not end")])
def test_a_process_that_tells_nothing_is_our_fault(tmp_path: Path, name: str, says: str) -> None:
    """Nothing is shown of the server then."""
    program = Path("/bin") / name if name == "false" else tmp_path / name

    assert says in packages.tried("openai", NOWHERE, "m", python=str(program)).broken
