"""kubectl of the lab's own build, against one lab; arguments are lists and never pass a shell."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

from lab.places import Lab


class Refused(Exception):
    """kubectl ended with an error; the message holds its arguments and what it said."""


def run(lab: Lab, *arguments: str, stdin: str = "", timeout_seconds: float = 60.0) -> str:
    """What kubectl prints.

    Raises:
        Refused: it ended with an error.
        TimeoutExpired: it took longer.
    """
    done = subprocess.run(
        argv(lab, *arguments),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=timeout_seconds,
        check=False,
        env=_environment(lab),
    )
    if done.returncode:
        raise Refused(f"kubectl {' '.join(arguments)} ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout


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
    return [str(lab.programs / "kubectl"), f"--kubeconfig={lab.kubeconfig}", *arguments]


def _environment(lab: Lab) -> dict[str, str]:
    # Its caches of discovery lie in HOME, and go with the lab.
    return os.environ | {"HOME": str(lab.folder)}
