"""The lab's small images: what holds pods, and servers whose behaviour a test chooses."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from pathlib import Path

from lab import oci

PAUSE = "lab/pause:1"

_CANARY = Path(__file__).parents[1] / "canary"
_ANSWERS = ("documents.jsonl", "sums.jsonl", "tools.jsonl")
# Under these names the server stands in for what the harness runs in an image besides it.
_NAMES = ("/usr/bin/nvidia-smi", "/usr/bin/python3")


class Style(Enum):
    """How official images start their server, and so what the arguments of a manifest must look like."""

    MODULE = ("python3", "-m", "vllm.entrypoints.openai.api_server")
    SERVE = ("vllm", "serve")


def pause(programs: Path) -> oci.Image:
    """The image that holds the namespaces of each pod."""
    return oci.image([oci.layer({"/pause": (programs / "pause").read_bytes()})], entrypoint=["/pause"])


def scripted(programs: Path, *, style: Style = Style.MODULE, env: Mapping[str, str] | None = None) -> oci.Image:
    """A stand-in server.

    Args:
        programs: folder of the lab's programs.
        style: its entry point.
        env: its behaviour; see lab/go/own/scripted/behaviour.go.
    """
    server, probe = (programs / "scripted").read_bytes(), (programs / "probe").read_bytes()
    files = {"/usr/local/bin/vllm": server, "/usr/local/bin/probe": probe}
    held = oci.layer(files, links=dict.fromkeys(_NAMES, "/usr/local/bin/vllm"))
    answers = oci.layer(
        {f"/canary/{name}": (_CANARY / name).read_bytes() for name in _ANSWERS if (_CANARY / name).is_file()}
    )
    path = {"PATH": "/usr/local/bin:/usr/bin:/bin"}
    return oci.image([held, answers], entrypoint=style.value, env=path | dict(env or {}))
