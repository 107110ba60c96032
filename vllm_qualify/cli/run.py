"""``vllm-qualify run``: the suites that come with the harness, in any folder, with every option that pytest has."""

from __future__ import annotations

import types
from collections.abc import Sequence
from pathlib import Path

import pytest

from vllm_qualify import plugin
from vllm_qualify.core import shipped

# Before pytest looks: it would compile every module in a way of its own, each time anew where it may not write.
from vllm_qualify.plugin import wiring  # noqa: F401 - imported to be imported.

_INI = Path(__file__).with_name("run.toml")


def main(words: Sequence[str]) -> int:
    """Run pytest; its exit code."""
    # A plugin that only has a name: pytest has no other way to hand something on that is no option.
    command = types.SimpleNamespace(__name__=shipped.COMMAND)
    fixed = ("-c", str(_INI), "--rootdir", str(Path.cwd()), "-p", plugin.__name__)
    return int(pytest.main([*fixed, *words], plugins=[command]))
