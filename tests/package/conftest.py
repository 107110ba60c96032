"""What users install, built from this checkout once, and an environment in which nothing else is."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tests.package import distributions, environments
from tests.package.distributions import Distributions
from tests.package.environments import Environment
from vllm_qualify.core.shipped import HOME_LAB


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Distributions:
    """The wheel and the sdist of this checkout."""
    return distributions.build(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="session")
def installed(built: Distributions, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The wheel in an environment of the Python that runs the tests."""
    folder = tmp_path_factory.mktemp("installed")
    return environments.install(folder / "env", built.wheel, python=Path(sys.executable), home=folder / "home")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of an operator: the example, without an edit, where no checkout is."""
    return Path(shutil.copytree(HOME_LAB, tmp_path / "home-lab"))
