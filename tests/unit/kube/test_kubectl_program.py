"""The program kubectl as a process of this machine: missing, hanging, and with a memory of its own."""

from __future__ import annotations

import errno
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from vllm_qualify.kube import kubectl
from vllm_qualify.kube.kubectl import Kubectl
from vllm_qualify.kube.refusals import RefusalKind, Refused


def test_what_kubectl_remembers_goes_with_the_process() -> None:
    """An exec makes kubectl keep what it found out of the API: in one folder of the run, and not in the user's home."""
    script = (
        "import os; from vllm_qualify.kube.kubectl import Kubectl; made = Kubectl(context='x');"
        "first, second = (made.execute_argv('ml', 'x', 'c', ['true'])[3].partition('=')[2] for _ in range(2));"
        "print(first, first == second and os.path.isdir(first))"
    )

    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    folder, there = ended.stdout.split()

    assert (Path(folder).name.startswith("vllm-qualify-kubectl-"), there) == (True, "True")
    assert not Path(folder).exists()


def test_a_disk_that_is_full_does_not_keep_an_exec_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is remembered then, not even in the user's home."""

    def full(**_: object) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "mkdtemp", full)
    kubectl._memory.cache_clear()

    assert kubectl.Kubectl(context="home").execute_argv("ml", "x", "c", ["true"])[3] == "--cache-dir=/dev/null"
    kubectl._memory.cache_clear()


def test_a_machine_without_kubectl() -> None:
    """A real process is tried for; what is to be done is said."""
    client = Kubectl(context="home", program="no-such-kubectl")

    with pytest.raises(Refused, match="there is no no-such-kubectl; install kubectl") as problem:
        client.get("/version")

    assert problem.value.kind is RefusalKind.NO_KUBECTL


def test_a_kubectl_that_hangs_is_ended(tmp_path: Path) -> None:
    """A real process, which is killed with whatever it started."""
    program = tmp_path / "kubectl"
    program.write_text(f"#!{sys.executable}\nimport time\ntime.sleep(60)\n")
    program.chmod(0o755)
    client = Kubectl(context="home", program=str(program), patience_seconds=0)

    with pytest.raises(TimeoutError, match=r"did not end within 0\.2 s"):
        client.execute("ml", "x", "vllm", ["true"], seconds=0.2)
