"""What an engine's words are taken for, and how its command line is spoken to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from vllm_qualify.container import engine
from vllm_qualify.container.engine import ContainerEngine, EngineFault, EngineRefused
from vllm_qualify.system.process_runner import CompletedProcess


class Scripted:
    """A process runner that answers what a test tells it, and remembers what it was asked."""

    def __init__(self, *answers: CompletedProcess) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[list[str], Mapping[str, str]]] = []

    def __call__(self, argv: list[str], *, env: Mapping[str, str], **_how: object) -> CompletedProcess:
        """Answer the next question."""
        self.asked.append((argv, env))
        return self._answers.pop(0)


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("Cannot connect to the Docker daemon at unix:///var/run/docker.sock.", EngineFault.UNREACHED),
        ("Error: No such container: vllm", EngineFault.MISSING),
        ('Error: no container with name or ID "x" found: no such container', EngineFault.MISSING),
        ("Error: docker.io/a:b: image not known", EngineFault.MISSING),
        ('Conflict. The container name "/vllm-qualify-lock" is already in use by container', EngineFault.IN_USE),
        ("driver failed programming: Bind for 0.0.0.0:8000 failed: port is already allocated", EngineFault.IN_USE),
        (
            'OCI runtime create failed: runc create failed: exec: "vllm": executable file not found in $PATH: unknown',
            EngineFault.IMAGE,
        ),
        ("nvidia-container-cli: requirement error: unsatisfied condition: cuda>=12.9", EngineFault.IMAGE),
        (
            'plugin type="bridge" failed (add): failed to locate iptables: exec: "iptables": executable file not found',
            EngineFault.OTHER,
        ),
        ('could not select device driver "" with capabilities: [[gpu]]', EngineFault.OTHER),
        ("", EngineFault.OTHER),
    ],
)
def test_what_an_engine_says_is_told_apart(said: str, fault: EngineFault) -> None:
    """A missing network program of the host is nobody's image, whatever words it shares with a missing entrypoint."""
    assert engine.refused("docker", said).fault is fault


def test_secrets_are_handed_over_and_changes_are_told() -> None:
    """The value stands in the environment of the command, and not in the line that is journalled."""
    told: list[list[str]] = []
    run = Scripted(CompletedProcess(exit_code=0, stdout="id\n"))
    spoken = ContainerEngine(program="podman", run=run, on_change=lambda argv: told.append(list(argv)))

    spoken.change("create", "--env", "ANY_NAME", "a:b", variables={"ANY_NAME": "a value"})

    (argv, env) = run.asked[0]
    assert told == [argv] == [["podman", "create", "--env", "ANY_NAME", "a:b"]]
    assert env["ANY_NAME"] == "a value"


def test_both_streams_of_a_log_come_in_their_order() -> None:
    """Engines keep them apart; a line that has no stamp stays behind its own."""
    out = "2026-11-27T00:00:01Z one\n2026-11-27T00:00:03Z three\n"
    err = "2026-11-27T00:00:02Z two\n  more\n"
    spoken = ContainerEngine(program="docker", run=Scripted(CompletedProcess(exit_code=0, stdout=out, stderr=err)))

    words = [line.split()[-1] for line in spoken.log("x").splitlines()]

    assert words == ["one", "two", "more", "three"]


def test_what_is_not_there_is_none() -> None:
    """And anything else that an engine refuses is an error with its own words."""
    gone = CompletedProcess(exit_code=1, stderr="Error: No such object: x")
    broken = CompletedProcess(exit_code=1, stderr="Error: storage is corrupt")
    spoken = ContainerEngine(program="docker", run=Scripted(gone, broken))

    assert spoken.container("x") is None
    with pytest.raises(EngineRefused, match="storage is corrupt"):
        spoken.container("x")


@pytest.mark.parametrize(
    ("answer", "by_hand"),
    [
        (CompletedProcess(exit_code=0, stdout='{"status":"kill"}\n'), True),
        (CompletedProcess(exit_code=0, stdout="\n"), False),
        (CompletedProcess(exit_code=125, stderr="Error: events are not kept"), False),
    ],
    ids=["killed", "by itself", "no record"],
)
def test_an_end_that_somebody_asked_for_is_known_by_the_events(answer: CompletedProcess, by_hand: bool) -> None:  # noqa: FBT001
    """A server that is stopped ends well or not, as its release likes; only the engine knows who asked."""
    spoken = ContainerEngine(program="docker", run=Scripted(answer))

    assert spoken.ended_by_hand("x", since=datetime(2026, 11, 27, tzinfo=UTC)) is by_hand
