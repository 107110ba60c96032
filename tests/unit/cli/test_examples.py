"""Every example in the help of a command runs as it stands there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.cli.command_lines import ROOT, fill
from vllm_qualify.cli import exit_codes

# What no machine of the tests has, and how the command says so.
LACKING = {"preflight": "this machine shows no GPU", "restore": "home-lab"}
EXAMPLES = [(name, one.command, told) for name, told in exit_codes.told() for one in told.examples]
IDS = [f"{name}-{number}" for name, told in exit_codes.told() for number, _ in enumerate(told.examples)]


@pytest.fixture(scope="module", name="programs")
def _programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The harness as a program, which may not be installed where tests run, and a kubectl that has one log."""
    folder = tmp_path_factory.mktemp("bin")
    lines = {
        "vllm-qualify": f'exec {sys.executable} -m vllm_qualify "$@"',
        "kubectl": '[ "$1" = logs ] || exit 1\necho "torch.OutOfMemoryError: CUDA out of memory."',
    }
    for name, line in lines.items():
        (folder / name).write_text(f"#!/bin/sh\n{line}\n")
        (folder / name).chmod(0o755)
    return folder


@pytest.mark.parametrize(("name", "command", "told"), EXAMPLES, ids=IDS)
def test_an_example_runs(name: str, command: str, told: exit_codes.CommandHelp, programs: Path, tmp_path: Path) -> None:
    """It ends with a code of its command, and is a mistake only where the machine lacks what it asks for."""
    fill(tmp_path)
    env = {"PATH": f"{programs}{os.pathsep}{os.defpath}", "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}

    before = "mkdir -p ~/.config/fish/completions; vllm-qualify history --add reports >/dev/null"
    done = subprocess.run(
        ["bash", "-c", f"{before}; {command}"],  # noqa: S607 - as whoever reads the help has it
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode in told.all_codes
    assert "Traceback" not in done.stderr
    assert done.returncode != 4 or LACKING.get(name, "nothing") in done.stderr
