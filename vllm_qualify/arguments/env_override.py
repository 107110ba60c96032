"""Environment variables that somebody asks for by ``--env``: of a run, and of the plan that follows it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from vllm_qualify.core import redaction
from vllm_qualify.core.errors import UserError

_VARIABLE = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)=(?P<value>.*)", re.DOTALL)


class BadOverride(UserError, ValueError):
    """What was written after ``--env`` cannot be used; the message says what to write."""


def read(words: Iterable[str]) -> dict[str, str]:
    """Read what was written after ``--env``.

    Raises:
        BadOverride: a word is no NAME=VALUE, or two give the same variable different values.
    """
    found: dict[str, str] = {}
    for name, value in map(_pair, words):
        if found.setdefault(name, value) != value:
            raise BadOverride(f"--env {name} is given twice, with different values; give it once")
    return found


def public(words: Iterable[str]) -> dict[str, str]:
    """Read what was written after ``--env`` and will be read by others, in reports and patches.

    Raises:
        BadOverride: a word is no NAME=VALUE, or its value is a secret.
    """
    found = read(words)
    for name in (name for name, value in found.items() if _secret(name, value)):
        raise BadOverride(
            f"--env {name} looks like a secret, and its value would be readable by others; put it into a Secret, "
            "which the manifest names by valueFrom"
        )
    return found


def _pair(word: str) -> tuple[str, str]:
    match = _VARIABLE.fullmatch(word)
    if match is None:
        got = redaction.text(word)
        raise BadOverride(f"--env takes NAME=VALUE, such as LD_LIBRARY_PATH=/usr/lib/x86_64-linux-gnu; got {got!r}")
    return match["name"], match["value"]


def _secret(name: str, value: str) -> bool:
    """A secret by its own look, or by that of its name."""
    pair, written = f"{name}={value}", f'name: {name}\n  value: "{value}"'
    return redaction.text(pair) != pair or redaction.MARK in redaction.text(written)
