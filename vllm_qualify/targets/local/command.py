"""From the operator's command line to the one that an engine of this machine gets: what is left out is said. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from packaging.version import Version

from vllm_qualify.arguments import command_line, parser_report

# What the local target sets itself, what belongs to the operator's model, which a canary takes the place of, and what
# spreads it over several GPUs.
_REPLACED = frozenset({
    "--api-key",
    "--download-dir",
    "--enable-auto-tool-choice",
    "--host",
    "--load-format",
    "--model",
    "--pipeline-parallel-size",
    "--port",
    "--quantization",
    "--revision",
    "--served-model-name",
    "--tensor-parallel-size",
    "--tokenizer",
    "--tokenizer-revision",
    "--tool-call-parser",
    "--tool-parser-plugin",
    "-pp",
    "-q",
    "-tp",
})  # fmt: skip
# What names the GPU, its memory or its kernels, and the number format, which is another one there.
_FOR_A_GPU = frozenset({
    "--attention-backend",
    "--cpu-offload-gb",
    "--device",
    "--dtype",
    "--gpu-memory-utilization",
    "--kv-cache-dtype",
    "--swap-space",
})  # fmt: skip
# More of the operator's model and of several GPUs.
_OF_THE_MODEL = frozenset({
    "--data-parallel-size",
    "--distributed-executor-backend",
    "--enable-expert-parallel",
    "--hf-config-path",
    "--hf-overrides",
    "--lora-modules",
    "--rope-scaling",
    "--rope-theta",
    "--speculative-config",
    "--speculative-model",
    "-dp",
    "-sc",
})  # fmt: skip
_REASONING_SWITCH = Version("0.9")
_TOOL_CALLS = Version("0.6")

TOOL_PARSERS: Mapping[str, str] = MappingProxyType({"ml": "hermes"})
"""The parser for what the canary of a mode writes when it calls a tool; see canary/README.md."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalArguments:
    """What of a manifest's arguments runs here, what does not, and what was added."""

    kept: tuple[str, ...]
    left_out: tuple[str, ...]
    added: tuple[str, ...] = ()


def local_arguments(
    words: Sequence[str],
    *,
    reasoning_parser: str,
    tool_parser: str = "",
    release: Version | None,
    gpu: bool = False,
    dtype: str = "",
) -> LocalArguments:
    """Split a manifest's arguments into those that an engine here takes and those that it does not.

    A positional word is the model, which is replaced by the canary.

    Args:
        words: the arguments of the manifest.
        reasoning_parser: the parser to switch on; ``""`` for none.
        tool_parser: the same for calls of tools; the operator's own is for the model whose place the canary takes.
        release: the vLLM release that is to take the arguments.
        gpu: it runs on one GPU and takes what is for one; otherwise it is a CPU build.
        dtype: the number format that the operator set for this machine; ``""``: on a GPU the manifest's own counts.
    """
    outside = _REPLACED | (_OF_THE_MODEL if gpu else _FOR_A_GPU) | ({"--dtype"} if dtype else set())
    groups = command_line.split(words)
    kept = [group for group in groups if group.flag and command_line.canonical(group.flag) not in outside]
    left = [group for group in groups if group not in kept]
    return LocalArguments(
        kept=tuple(word for group in kept for word in group.argv),
        left_out=tuple(parser_report.blank(str(group), command_line.secrets(group.argv)) for group in left),
        added=(*_reasoning_arguments(reasoning_parser, release), *_tool_arguments(tool_parser, release)),
    )


def _reasoning_arguments(parser: str, release: Version | None) -> tuple[str, ...]:
    """Up to 0.8 a parser acts only with ``--enable-reasoning``, which later releases refuse; see vLLM #18538."""
    if not parser:
        return ()
    switch = ("--enable-reasoning",) if release is not None and release < _REASONING_SWITCH else ()
    return (*switch, "--reasoning-parser", parser)


def _tool_arguments(parser: str, release: Version | None) -> tuple[str, ...]:
    """Nothing before 0.6.0, the first release that has parsers for calls; see the catalogue."""
    if not parser or (release is not None and release < _TOOL_CALLS):
        return ()
    return ("--enable-auto-tool-choice", "--tool-call-parser", parser)
