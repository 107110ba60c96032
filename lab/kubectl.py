"""kubectl of the lab's own build, against one lab; arguments are lists and never pass a shell."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from typing import Any

from lab.places import Lab

# A call of kubectl lives for a blink, of which it spends a third on translations of its help and on garbage. The French
# ones are few, and of nothing that is read here; of that codeset no other program has any.
BRIEF = {"GOGC": "400", "LC_MESSAGES": "fr_FR.kubectl"}


class Refused(RuntimeError):
    """kubectl ended with an error; the message holds its arguments and what it said."""


def run(lab: Lab, *arguments: str) -> str:
    """What kubectl prints for a lab; raises what ``call`` raises."""
    return call(argv(lab, *arguments))


def call(command: Sequence[str], *, stdin: str = "", timeout_seconds: float = 60.0) -> str:
    """What a command line of kubectl prints.

    Args:
        command: the whole of it.
        stdin: what it reads.
        timeout_seconds: how long it may take.

    Raises:
        Refused: it ended with an error.
        TimeoutExpired: it took longer.
    """
    done = subprocess.run(
        command, input=stdin, capture_output=True, text=True, timeout=timeout_seconds, check=False, env=environment()
    )
    if done.returncode:
        raise Refused(f"{' '.join(command[1:])} ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def environment() -> dict[str, str]:
    """What kubectl sees: no proxy, since the cluster is on this machine."""
    return os.environ | BRIEF | {"NO_PROXY": "*", "no_proxy": "*"}


def maybe_json(lab: Lab, *arguments: str) -> dict[str, Any] | None:
    """What kubectl prints as JSON; ``None`` if it was refused or there is nothing."""
    try:
        said = run(lab, *arguments)
    except Refused:
        return None
    found: dict[str, Any] | None = json.loads(said) if said.strip() else None
    return found


def argv(lab: Lab, *arguments: str) -> list[str]:
    """The command line, for callers that keep the process."""
    # What it remembers of the API goes with the lab.
    cache = lab.folder / "kubectl"
    return [str(lab.programs / "kubectl"), f"--kubeconfig={lab.kubeconfig}", f"--cache-dir={cache}", *arguments]
