"""Every Python that the package says it runs on, as far as it is on this machine."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.package import environments
from tests.package.distributions import Distributions
from vllm_qualify import __version__
from vllm_qualify.core.shipped import HOME

PROJECT = tomllib.loads((HOME / "pyproject.toml").read_text())["project"]
PYTHONS = [word.rpartition(" ")[2] for word in PROJECT["classifiers"] if re.search(r":: Python :: 3\.\d+$", word)]


def test_the_oldest_python_is_the_one_that_is_required() -> None:
    """Installers read one of them, people the other."""
    assert PROJECT["requires-python"] == f">={PYTHONS[0]}"
    assert [f"3.{minor}" for minor in range(11, 15)] == PYTHONS


@pytest.mark.parametrize("version", PYTHONS)
def test_it_installs_and_collects(version: str, built: Distributions, folder: Path, tmp_path: Path) -> None:
    """From wheels alone, in an empty environment; with every warning of that Python an error."""
    python = environments.find_python(version)
    if python is None:
        pytest.skip(f"Python {version} is not on this machine; install it (uv python install {version})")
    made = environments.install(tmp_path / "env", built.wheel, python=python, home=tmp_path / "home")

    said = made.run("vllm-qualify", "--version", cwd=folder)
    collected = made.run("vllm-qualify", "run", "--collect-only", "-q", cwd=folder)

    assert (said.returncode, said.stdout, said.stderr) == (0, f"vllm-qualify {__version__}\n", "")
    assert (collected.returncode, collected.stderr) == (0, "")
    assert "test_deploy.py::test_starts[" in collected.stdout
