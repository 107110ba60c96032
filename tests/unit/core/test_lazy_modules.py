"""A package has its modules without loading them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from vllm_qualify import checks
from vllm_qualify.checks import engine_end, load
from vllm_qualify.core import lazy_modules


def test_modules_and_names_are_found() -> None:
    """A module by its own name, and what the package has of one of them."""
    found = lazy_modules.of("vllm_qualify.checks", engine_end=("Death",))

    assert (found("load"), found("Death")) == (load, engine_end.Death)


@pytest.mark.parametrize("name", ["nonsense", "_private", "__path"])
def test_what_there_is_not_is_an_attribute_error(name: str) -> None:
    """As of every module, so that hasattr and from ... import say it in their own way."""
    assert not hasattr(checks, name)


def test_naming_a_package_loads_none_of_it() -> None:
    """That is what it is for."""
    code = "import sys, vllm_qualify.checks; print([name for name in sys.modules if 'checks.' in name])"

    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert said.stdout.strip() == "[]"
