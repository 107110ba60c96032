from __future__ import annotations

from collections.abc import Mapping

from vllm_qualify.container.engine import ContainerEngine
from vllm_qualify.system.process_runner import CompletedProcess
from vllm_qualify.targets.container import restore
from vllm_qualify.targets.container.host import ContainerHost

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
