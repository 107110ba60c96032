from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from vllm_qualify.client.openai import new_http_client
from vllm_qualify.container.engine import ContainerEngine
from vllm_qualify.system.process_runner import CompletedProcess
from vllm_qualify.targets.container import restore
from vllm_qualify.targets.container.access import ContainerAccess
from vllm_qualify.targets.container.host import ContainerHost
from vllm_qualify.targets.container.snapshot import HostSnapshot, KeptContainer

RECORDED = Path(__file__).parents[2] / "container" / "inspect"
RUN = "20261127-010507"
LIST = f"docker volume ls --quiet --filter name=vllm-qualify-{RUN}-"
NO_LOCK = CompletedProcess(exit_code=1, stderr="Error: No such container: vllm-qualify-lock")


def asked(answers: Mapping[str, CompletedProcess]) -> list[str]:
    """The command lines of an unlock on an engine with these answers, and no other."""
    lines = []

    def run(argv: list[str], **_: object) -> CompletedProcess:
        lines.append(" ".join(argv))
        return answers[lines[-1]]

    engine = ContainerEngine(program="docker", run=run)
    restore.unlock(ContainerHost(engine=engine, run=RUN, step=lambda _phase, _what: None, say=lambda _line: None))
    return lines


def test_the_volumes_of_candidates_go_with_the_lock() -> None:
    """They hold what releases compiled for the run alone; another's volume, whose name only holds ours, stays."""
    own, other = f"vllm-qualify-{RUN}-0-ml-1", f"copy-of-vllm-qualify-{RUN}-0-ml-1"
    removal = f"docker volume rm {own}"

    lines = asked(
        {
            LIST: CompletedProcess(exit_code=0, stdout=f"{own}\n{other}\n"),
            removal: CompletedProcess(exit_code=0),
            "docker container inspect vllm-qualify-lock": NO_LOCK,
        }
    )

    assert lines[:2] == [LIST, removal]
    assert not any(other in line for line in lines)


class Flaky:
    """An engine whose one container ends again after its first start; strict, with a clock that sleeping moves."""

    def __init__(self) -> None:
        self.container = json.loads((RECORDED / "docker-plain.json").read_text())
        self.image = json.loads((RECORDED / "docker-image.json").read_text())
        self.id = self.container["Id"]
        self.starts: list[float] = []
        self.now = 0.0

    def run(self, argv: list[str], **_: object) -> CompletedProcess:
        match argv[1:]:
            case ["container", "inspect", name] if name == self.id:
                running = {**self.container["State"], "Running": len(self.starts) > 1}
                return CompletedProcess(exit_code=0, stdout=json.dumps([{**self.container, "State": running}]))
            case ["container", "inspect", _]:
                return NO_LOCK
            case ["image", "inspect", _]:
                return CompletedProcess(exit_code=0, stdout=json.dumps([self.image]))
            case ["start", name] if name == self.id:
                self.starts.append(self.now)
                return CompletedProcess(exit_code=0)
            case ["ps" | "volume", *_]:
                return CompletedProcess(exit_code=0)
        raise AssertionError(argv)

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_production_that_ends_again_while_it_is_waited_for_is_started_once_more() -> None:
    """An engine that was killed meanwhile takes production along, and nobody else would start it."""
    flaky = Flaky()
    engine = ContainerEngine(program="docker", run=flaky.run)
    host = ContainerHost(
        engine=engine,
        run=RUN,
        step=lambda _phase, _what: None,
        say=lambda _line: None,
        clock=lambda: flaky.now,
        sleep=flaky.sleep,
    )
    image = str(flaky.container["Image"])
    kept = KeptContainer(id=flaky.id, name="plain", image_id=image.removeprefix("sha256:"), running=True)

    with new_http_client() as http, contextlib.ExitStack() as exits:
        access = ContainerAccess(host=host, http=http, exits=exits)
        restored = restore.restore(
            access, HostSnapshot(run=RUN, taken=datetime(2026, 11, 27, tzinfo=UTC), containers=(kept,))
        )

    assert (restored.problems, len(flaky.starts)) == ((), 2)
    assert flaky.starts[1] - flaky.starts[0] >= 20
