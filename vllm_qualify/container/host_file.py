"""Tells what starts vLLM on a host without Kubernetes from a manifest: Compose file, quadlet, unit, script. Pure."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Any

QUADLET, UNIT = ".container", ".service"
_COMMAND = re.compile(r"\s*(?:#!|(?:exec |nohup |sudo )*(?:docker|nerdctl|podman|vllm|python3?) )")
_SCRIPTS = frozenset({".bash", ".sh"})


def is_start(path: PurePath, text: str) -> bool:
    """Whether a file is a script, a unit or a quadlet, by its name or its beginning."""
    return path.suffix in {QUADLET, UNIT, *_SCRIPTS} or _COMMAND.match(text) is not None


def is_compose(data: Any) -> bool:
    """Whether a YAML document is a Compose file, not an object of Kubernetes."""
    return isinstance(data, dict) and "kind" not in data and isinstance(data.get("services"), dict)
