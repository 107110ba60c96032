"""Asks a server through the packages that real callers use, each in a process of its own; called by suite shape.

They take long to import, and change what a process has of logging and event loops. The packages are no requirement of
the harness; where none of its Pythons has one, that is told.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from vllm_qualify.core import foreign
from vllm_qualify.system import caches, process_runner

DEADLINE_SECONDS = 120.0
_LONGEST = 400
_KEPT = ("HOME", "LANG", "PATH", "SSL_CERT_FILE", "TMPDIR")


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectWay:
    """How a program on this machine reaches a server by itself.

    Attributes:
        url: of the server, without ``/v1``.
        key: that it is asked with; ``""`` for none.
    """

    url: str
    key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageRun:
    """What a package made of a server.

    Attributes:
        package: its name.
        version: of it.
        steps: what went wrong in each, ``""`` where nothing did.
        missing: why it was not tried.
        broken: why it told nothing.
    """

    package: str
    version: str = ""
    steps: Mapping[str, str] = field(default_factory=dict)
    missing: str = ""
    broken: str = ""


def tried(package: str, way: DirectWay | None, model: str, *, python: str | None = None) -> PackageRun:
    """Let a package ask a server.

    Args:
        package: ``openai`` or ``litellm``.
        way: to the server; ``None`` where no program on this machine can reach it.
        model: that it serves.
        python: one that has the package; ``None`` looks for it.
    """
    if way is None:
        said = "no program on this machine reaches the server: it is asked from inside its pod or container"
        return PackageRun(package=package, missing=said)
    found = python or interpreter(package)
    if not found:
        return PackageRun(package=package, missing=f"there is no {package} here; install vllm-qualify[clients]")
    from vllm_qualify.client import _package_script  # noqa: PLC0415 - with asyncio, which only that process needs.

    asked = json.dumps({"package": package, "url": way.url, "model": model})
    env = {name: text for name in _KEPT if (text := os.environ.get(name))}
    # The list of prices of LiteLLM would come from the network.
    env |= {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "NO_PROXY": "*", _package_script.KEY_VARIABLE: way.key}
    try:
        # Isolated: beside the script lies a module that is called like one of the packages.
        argv = (found, "-I", _package_script.__file__)
        ended = process_runner.run(argv, env=env, stdin=asked, deadline_seconds=DEADLINE_SECONDS)
    except (OSError, TimeoutError) as error:
        return PackageRun(package=package, broken=f"the process that asks through {package} did not end: {error}")
    return _read(package, ended)


def interpreter(package: str) -> str:
    """A Python that has the package: the harness' own, else one of the environments in the cache; ``""`` for none."""
    if importlib.util.find_spec(package) is not None:
        return sys.executable
    made = (Path(folder) for folder in sorted((caches.default().root / "litellm").glob("*")))
    return next(
        (str(one / "bin" / "python") for one in made if any(one.glob(f"lib/python*/site-packages/{package}"))), ""
    )


def _read(package: str, ended: process_runner.CompletedProcess) -> PackageRun:
    told = foreign.json_mapping((ended.stdout.strip().splitlines() or [""])[-1])
    steps = {str(name): foreign.text(said) for name, said in foreign.mapping(told.get("steps")).items()}
    if ended.exit_code or not steps:
        said = " ".join(ended.stderr.split())[-_LONGEST:]
        return PackageRun(package=package, broken=f"{package} ended with exit code {ended.exit_code}: {said}")
    return PackageRun(package=package, version=foreign.text(told.get("version")), steps=steps)
