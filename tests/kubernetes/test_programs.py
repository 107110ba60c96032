from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

_OWN = Path(__file__).parents[2] / "lab" / "go" / "own"


@pytest.mark.skipif(shutil.which("go") is None, reason="the lab's own programs were not tested: go is not on PATH")
def test_the_labs_own_programs_pass_their_own_tests() -> None:
    """The scripted server shows each behaviour, and the runtime wrapper drops seccomp and nothing else."""
    argv = ["go", "test", "./scripted", "./runtime"]
    done = subprocess.run(argv, cwd=_OWN, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)

    assert done.returncode == 0, done.stdout
