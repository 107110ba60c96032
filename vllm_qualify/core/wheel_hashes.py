"""The hashes to which wheels that are executed are held: every release that was known when this was published. Pure.

A wheel is code that runs on the machine of whoever qualifies. What an index serves under a known name must be what it
served when somebody looked.
"""

from __future__ import annotations

import functools
import importlib.resources
from collections.abc import Mapping


@functools.cache
def known() -> Mapping[str, str]:
    """The line of each pinned requirement, with its hashes, as ``--require-hashes`` takes it."""
    return read(
        importlib.resources.files("vllm_qualify.targets.local.locks").joinpath("wheels.txt").read_text(encoding="utf-8")
    )


def line(requirement: str) -> str | None:
    """A requirement such as ``vllm==0.12.0`` with its hashes; ``None`` for a release that nobody pinned."""
    return known().get(requirement)


def read(text: str) -> dict[str, str]:
    """The pinned requirements of a text; comments and blank lines are skipped."""
    lines = (each.strip() for each in text.splitlines())
    return {each.partition(" ")[0]: each for each in lines if each and not each.startswith("#")}
