"""Rule of several GPUs: are there as many as the command line asks for, and can the model be shared among them? Pure.

Sources: ``ModelConfig.verify_with_parallel_config`` of all releases (heads), the attention classes of the models (heads
of keys and values), ``vllm/distributed/utils.py`` (widths), ``vllm/model_executor/layers/quantization`` (groups).
"""

from __future__ import annotations

from collections.abc import Iterator

from vllm_qualify.core.records import Certainty
from vllm_qualify.core.remedies import write_flag
from vllm_qualify.core.rules import RuleResult, row, weakest
from vllm_qualify.preflight.models import ModelFacts
from vllm_qualify.preflight.question import Question
from vllm_qualify.preflight.serve_command import ServeCommand

TENSOR = ("--tensor-parallel-size", "-tp")
PIPELINE = ("--pipeline-parallel-size", "-pp")
_DATA = ("--data-parallel-size", "-dp")
_LOCAL = ("--data-parallel-size-local", "-dpl")
# With one of these other nodes may bring GPUs as well, or each process runs one copy of several.
_OTHER_NODES = (
    "--data-parallel-address", "--data-parallel-backend", "--data-parallel-external-lb", "--data-parallel-hybrid-lb",
    "--data-parallel-rank", "--data-parallel-start-rank", "--headless", "--master-addr", "--nnodes", "--node-rank",
)  # fmt: skip
_RAY = "ray"
_VISIBLE = ("CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES")
_METHODS_IN_GROUPS = frozenset({"awq", "awq_marlin", "gptq", "gptq_marlin"})
_MOST = 1000


def shared(question: Question) -> Iterator[RuleResult]:
    """P31: there are as many GPUs as are asked for, and the model's heads and widths can be shared among them."""
    command, model = question.command, question.model
    if command is None:
        return
    tensor = _size(command, *TENSOR)
    yield from _counted(question, command, tensor * _size(command, *PIPELINE))
    if model is not None and tensor > 1:
        yield from _divided(model, tensor)


def _counted(question: Question, command: ServeCommand, world: int) -> Iterator[RuleResult]:
    """The number of GPUs against those of the node, and of the container."""
    copies = _size(command, *(_LOCAL if command.has(*_LOCAL) else _DATA))
    wanted = world * copies
    have, where, sure = _available(question)
    if wanted <= have:
        return
    elsewhere = any(command.has(name) for name in _OTHER_NODES)
    elsewhere |= (command.value("--distributed-executor-backend") or "") == _RAY or "RAY_ADDRESS" in question.env
    said = f"the command line requests {wanted} GPUs, {where}"
    name = TENSOR[0]
    remedy = write_flag(name, have)
    alone = copies == 1 and _size(command, *PIPELINE) == 1
    yield RuleResult(
        certainty=Certainty.POSSIBLE if elsewhere or not sure else Certainty.PROBABLE,
        actual=f"{said}; other nodes may add more" if elsewhere else said,
        path=name,
        remedy="" if sure and not elsewhere else "give --gpus with the number of GPUs of the node, or try it",
        source="vllm/config/parallel.py, vllm/executor",
        remedies=(remedy,) if alone else (),
    )


def _available(question: Question) -> tuple[int, str, bool]:
    """How many GPUs the container sees, in words, and whether that is known."""
    node, manifest = question.node, question.manifest
    if manifest.gpus is not None and (manifest.gpus < node.gpus or not node.gpus_told):
        return manifest.gpus, f"the manifest gives {manifest.gpus} to the container", True
    listed = next((value for name in _VISIBLE if (value := question.env.get(name))), "")
    few = len(listed.split(",")) if listed and listed not in {"all", "void", "none"} else node.gpus
    if few < node.gpus:
        return few, f"a variable limits it to {few} ({listed})", True
    said = (
        f"the node has {node.gpus}"
        if node.gpus_told
        else "the node is assumed to have one, because --gpus is not given"
    )
    return node.gpus, said, node.gpus_told


def _divided(model: ModelFacts, tensor: int) -> Iterator[RuleResult]:
    """What of the model cannot be cut into as many parts, with the largest number of parts that it can be cut into."""
    found = _indivisible(model, tensor)
    if found is None:
        return
    said, certainty = found
    fitting = next((size for size in range(tensor - 1, 0, -1) if _indivisible(model, size) is None), 1)
    remedy = write_flag(TENSOR[0], fitting)
    yield RuleResult(
        certainty=weakest(model.certainty, certainty),
        actual=said,
        path=TENSOR[0],
        source="; ".join(filter(None, (model.source, "ModelConfig.verify_with_parallel_config"))),
        remedies=(remedy,),
    )


def _indivisible(model: ModelFacts, tensor: int) -> tuple[str, Certainty] | None:
    """Why so many GPUs cannot share a model, and how sure that is; ``None`` where they can."""
    heads, kv, width = model.heads, model.kv_heads, model.intermediate
    if heads and heads % tensor:
        return f"{heads} attention heads cannot be split across {tensor} GPUs", Certainty.CERTAIN
    if kv and (kv % tensor if kv >= tensor else tensor % kv) and not model.latent:
        said = f"{kv} key-value heads can be neither split across {tensor} GPUs nor repeated on them"
        return said, Certainty.PROBABLE
    if width and width % tensor:
        said = f"the width of {width} of the feed-forward part cannot be split across {tensor} GPUs"
        return said, Certainty.PROBABLE
    if width and model.group and model.quantization in _METHODS_IN_GROUPS and width // tensor % model.group:
        said = (
            f"each of {tensor} GPUs would get {width // tensor} of the feed-forward part's {width}, which is "
            f"not a multiple of the {model.group} weights that share a scale"
        )
        return said, Certainty.PROBABLE
    return None


def _size(command: ServeCommand, *names: str) -> int:
    """A number of GPUs or copies; 1 where none is given, or one that the parser refuses."""
    number = command.number(*names)
    return max(min(int(number), _MOST), 1) if number is not None else 1


RULES = (row("P31", "split across GPUs", "there are as many GPUs as requested, and the model can be split", shared),)
