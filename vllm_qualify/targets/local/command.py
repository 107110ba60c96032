"""From the operator's command line to the one that a CPU build gets: what needs the GPU is left out, and said. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from packaging.version import Version

from vllm_qualify.arguments import command_line, parser_report

# What names the GPU, its memory or its kernels, and what the local target sets itself: the model, its name, the
# address, the number format.
_LEFT_OUT = frozenset({
    "--api-key",
    "--attention-backend",
    "--cpu-offload-gb",
    "--device",
    "--download-dir",
    "--dtype",
    "--gpu-memory-utilization",
    "--host",
    "--kv-cache-dtype",
    "--load-format",
    "--model",
    "--pipeline-parallel-size",
    "--port",
    "--quantization",
    "--revision",
    "--served-model-name",
    "--swap-space",
    "--tensor-parallel-size",
    "--tokenizer",
    "--tokenizer-revision",
    "-pp",
    "-q",
    "-tp",
})  # fmt: skip
_REASONING_SWITCH = Version("0.9")


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalArguments:
    """What of a manifest's arguments runs here, what does not, and what was added."""

    kept: tuple[str, ...]
    left_out: tuple[str, ...]
    added: tuple[str, ...] = ()


def local_arguments(words: Sequence[str], *, reasoning_parser: str, release: Version | None) -> LocalArguments:
    """Split a manifest's arguments into those that a CPU build takes and those that it does not.

    A positional word is the model, which is replaced by the canary.

    Args:
        words: the arguments of the manifest.
        reasoning_parser: the parser to switch on; ``""`` for none.
        release: the vLLM release that is to take the arguments.
    """
    groups = command_line.split(words)
    kept = [group for group in groups if group.flag and command_line.canonical(group.flag) not in _LEFT_OUT]
    left = [group for group in groups if not group.flag or command_line.canonical(group.flag) in _LEFT_OUT]
    return LocalArguments(
        kept=tuple(word for group in kept for word in group.argv),
        left_out=tuple(parser_report.blank(str(group), command_line.secrets(group.argv)) for group in left),
        added=_reasoning_arguments(reasoning_parser, release),
    )


def _reasoning_arguments(parser: str, release: Version | None) -> tuple[str, ...]:
    """Up to 0.8 a parser acts only with ``--enable-reasoning``, which later releases refuse; see vLLM #18538."""
    if not parser:
        return ()
    switch = ("--enable-reasoning",) if release is not None and release < _REASONING_SWITCH else ()
    return (*switch, "--reasoning-parser", parser)
