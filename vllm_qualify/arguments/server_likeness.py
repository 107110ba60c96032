"""What speaks for a container as the one that serves vLLM: its image, its command line, its GPU. Pure.

Read by whatever chooses one of several: containers of a pod, services of Compose, commands of a script.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from vllm_qualify.arguments import command_line
from vllm_qualify.arguments.shell import script

_RUNS, RUNS_VLLM, _GPU = 4, 2, 1
# Images of vLLM's surroundings bear its name as well.
_NOT_THE_SERVER = re.compile(r"bench|exporter|gateway|operator|proxy|router")
# Options of vLLM that no other server has by these names; they tell an image of one's own.
_OPTIONS = frozenset({"--enforce-eager", "--gpu-memory-utilization", "--max-model-len", "--max-num-seqs"})
_IN_A_SCRIPT = re.compile(r"\bvllm\s+serve\b|\bvllm\.entrypoints\.")


def weight(image: str, *, entrypoint: Sequence[str], arguments: Sequence[str], gpu: bool) -> int:
    """How much speaks for a container; from `RUNS_VLLM` on, its image or its command line is vLLM's.

    Args:
        image: reference as it is written.
        entrypoint: what replaces the image's; empty where that runs.
        arguments: of the entrypoint.
        gpu: it asks for one.
    """
    words = [*entrypoint, *arguments]
    name = image.rpartition("/")[2].partition("@")[0]
    serves = ("vllm" in name and not _NOT_THE_SERVER.search(name)) or (
        not entrypoint and not _OPTIONS.isdisjoint(command_line.canonical(word.partition("=")[0]) for word in words)
    )
    return _RUNS * _runs_vllm(words) + RUNS_VLLM * serves + _GPU * gpu


def _runs_vllm(words: Sequence[str]) -> bool:
    if command_line.starts_server(words):
        return True
    inner = script.script_of(words)
    return inner is not None and _IN_A_SCRIPT.search(inner[0]) is not None
