"""What Docker and Podman really said of containers, as it was recorded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from vllm_qualify.container import inspection
from vllm_qualify.container.inspection import Container

_FOLDER = Path(__file__).parent / "inspect"


def inspected(name: str) -> dict[str, Any]:
    """One recording."""
    found: dict[str, Any] = json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return found


def container(engine: str, name: str) -> Container:
    """A recorded container, read with the image that all of them were made from."""
    return inspection.container(inspected(f"{engine}-{name}"), inspected(f"{engine}-image"))
