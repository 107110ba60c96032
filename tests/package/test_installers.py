"""The installers that users have, each from files alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.package import environments
from tests.package.distributions import Distributions
from vllm_qualify import __version__

PROGRAM = "vllm-qualify"
SAYS = f"{PROGRAM} {__version__}"
PYTHON = Path(sys.executable)


def test_uv_installs_it_as_a_tool(built: Distributions, tmp_path: Path) -> None:
    """`uv tool install` puts the command where the user's programs are, and the command works."""
    places = {"UV_TOOL_DIR": str(tmp_path / "tools"), "UV_TOOL_BIN_DIR": str(tmp_path / "bin")}
    options = ("--python", str(PYTHON), *environments.without_network(PYTHON))

    environments.call_uv("tool", "install", *options, str(built.wheel), env=places)

    assert _says(tmp_path / "bin" / PROGRAM) == SAYS


def test_uvx_runs_it_without_an_installation(built: Distributions, tmp_path: Path) -> None:
    """`uvx --from WHEEL vllm-qualify` makes an environment for the one call."""
    options = ("--python", str(PYTHON), *environments.without_network(PYTHON), "--from", str(built.wheel))
    places = {"UV_TOOL_DIR": str(tmp_path / "tools")}

    said = environments.call_uv("tool", "run", *options, PROGRAM, "--version", env=places)

    assert said.strip() == SAYS


def _says(program: Path) -> str:
    """What a program says of itself, and nothing on standard error."""
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    assert said.stderr == ""
    return said.stdout.strip()
