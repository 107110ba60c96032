"""Whether an advisory can be reached with the operator's own arguments and model, by what it needs. Pure.

Called by ``outlook``. People read from its text what an advisory needs (``catalogue_maker/advisory_needs.toml``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from vllm_qualify.core.advisories import Applicability
from vllm_qualify.preflight.question import Question
from vllm_qualify.preflight.serve_command import ServeCommand, UnknownValue

_OFFICIAL = "vllm/vllm-openai"
_MULTIMODAL = ("ForConditionalGeneration", "VLForCausalLM", "VLMoeForCausalLM", "VisionForCausalLM")
_WORDS = {
    Applicability.APPLIES: "; in use here",
    Applicability.UNKNOWN: "",
    Applicability.DOES_NOT: "; not in use here",
}


def judged(needs: str, questions: Iterable[Question]) -> tuple[Applicability, str]:
    """Whether what needs this applies to one of the starts, and why.

    Args:
        needs: the use without which an advisory cannot be reached, as the catalogue has it.
        questions: of one image, one for each way in which it is started; none: nobody knows how.
    """
    found = {applicability(needs, question) for question in questions}
    verdict = next((one for one in Applicability if one in found), Applicability.UNKNOWN)
    if not needs:
        return verdict, "what it needs is not on record"
    return verdict, f"needs: {needs}{_WORDS[verdict]}"


def applicability(needs: str, question: Question) -> Applicability:
    """Whether what needs this applies to one start; what nobody has read of it cannot be told."""
    tell = NEEDS.get(needs)
    if tell is None or question.command is None:
        return Applicability.UNKNOWN
    try:
        return tell(question, question.command)
    except UnknownValue:
        return Applicability.UNKNOWN


def _when(*, holds: bool) -> Applicability:
    return Applicability.APPLIES if holds else Applicability.DOES_NOT


def _perhaps(*, holds: bool) -> Applicability:
    """Of what can be reached in other ways too."""
    return Applicability.APPLIES if holds else Applicability.UNKNOWN


def _api_key(question: Question, command: ServeCommand) -> Applicability:
    return _when(holds="VLLM_API_KEY" in question.env or command.has("--api-key"))


def _several_nodes(_question: Question, command: ServeCommand) -> Applicability:
    nodes, pipeline = command.number("--nnodes"), command.number("--pipeline-parallel-size")
    return _when(holds=max(nodes or 1, pipeline or 1) > 1 or command.value("--distributed-executor-backend") == "ray")


def _multimodal(question: Question, _command: ServeCommand) -> Applicability:
    if question.model is None or not question.model.architectures:
        return Applicability.UNKNOWN
    return _when(holds=any(name.endswith(_MULTIMODAL) for name in question.model.architectures))


def _gguf(_question: Question, command: ServeCommand) -> Applicability:
    return _when(holds=".gguf" in command.model.casefold() or command.value("--quantization") == "gguf")


def _own_build(question: Question, _command: ServeCommand) -> Applicability:
    return Applicability.DOES_NOT if question.image.repository.endswith(_OFFICIAL) else Applicability.UNKNOWN


NEEDS: Mapping[str, Callable[[Question, ServeCommand], Applicability]] = {
    "API key": _api_key,
    "GGUF model": _gguf,
    "KV transfer": lambda _question, command: _when(holds=command.has("--kv-transfer-config")),
    "model revision": lambda _question, command: _when(holds=command.has("--revision", "--code-revision")),
    "multimodal model": _multimodal,
    "own image build": _own_build,
    "prompt embeddings": lambda _question, command: _perhaps(holds=command.has("--enable-prompt-embeds")),
    "remote code": lambda _question, command: _perhaps(holds=command.has("--trust-remote-code")),
    "several nodes": _several_nodes,
    "tool parser qwen3_coder": lambda _question, command: _when(
        holds=command.value("--tool-call-parser") == "qwen3_coder"
    ),
}
"""What an advisory may need, by the words of ``catalogue_maker/advisory_needs.toml``."""
