"""Rules of GPU memory: do weights, activations and the KV cache of one full-length request fit? Pure.

`estimated` gives the figures themselves, for whoever holds them against a measurement.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from packaging.version import Version

from vllm_qualify.core.records import Certainty, Severity
from vllm_qualify.core.remedies import ChangeKind, Remedy, one_change, write_flag
from vllm_qualify.core.rules import RuleResult, row, unverified, weakest
from vllm_qualify.preflight import memory, step_limits
from vllm_qualify.preflight.facts import MEMORY_FROM_NAME
from vllm_qualify.preflight.memory import Estimate, MemoryRequest
from vllm_qualify.preflight.models import ModelFacts
from vllm_qualify.preflight.question import Question
from vllm_qualify.preflight.serve_command import ServeCommand, UnknownValue

_AUTOMATIC = frozenset({"-1", "auto"})
_LEAST_LENGTH = 1024
_LENGTH = "--max-model-len"
_MOST_UTILIZATION = 0.95
_UTILIZATION = "--gpu-memory-utilization"
# With one of these the share does not decide how large the KV cache is.
_OWN_CACHE = ("--kv-cache-memory-bytes", "--num-gpu-blocks-override")


def estimated(question: Question) -> Estimate | None:
    """What preflight expects of the GPU's memory, to be held against what was measured; amounts in MiB.

    Call it with `vllm_qualify.preflight.about(image, node=..., manifest=..., model=...)`, where ``node`` knows the
    memory of one GPU. Of the answer, ``used`` (low, nominal, high) is what nvidia-smi shows of each GPU,
    ``cache_tokens`` what the log calls the GPU KV cache size, ``cache`` its available KV cache memory, and ``source``
    where the figures come from.

    Returns:
        ``None`` where the model, the command or the memory is not known.
    """
    try:
        return _estimated(question)
    except UnknownValue:
        return None


def _estimated(question: Question) -> Estimate | None:
    """The same for rules, which tell what is not known.

    Raises:
        UnknownValue: the command leaves open what the estimate needs.
    """
    model, command, size = question.model, question.command, question.node.memory_mib
    if model is None or command is None or not size or command.has(*_OWN_CACHE):
        return None
    wish = wished(question, command, model)
    return memory.estimate(model, memory_mib=size, wish=wish, version=_version(question))


def fits(question: Question) -> Iterator[RuleResult]:
    """P12: the KV cache that is left holds one request of the full length; else vLLM ends at its start (E29, E30)."""
    model, command = question.model, question.command
    if model is None or command is None:
        yield _not_looked_at("the model's configuration is not known" if model is None else "the command is not known")
        return
    if question.node.memory_mib is None:
        yield unverified("the memory of the GPU is not known", "give --gpu, or run preflight on the node")
        return
    if command.has(*_OWN_CACHE):
        yield _not_looked_at(f"one of {', '.join(_OWN_CACHE)} says how large the KV cache is")
        return
    if (command.value(_LENGTH) or "").lower() in _AUTOMATIC:
        yield _not_looked_at(f"{_LENGTH} {command.value(_LENGTH)} uses the longest that fits")
        return
    found, length = _estimated(question), _length(command, model)
    if found is None or not length:
        yield _not_looked_at("the model's configuration does not give its dimensions")
        return
    yield _judged(question, model, found, length)


def beside(question: Question) -> Iterator[RuleResult]:
    """P27: what a release takes beside its share has room; it is wanted at the start or by a large request (E31)."""
    found = _estimated(question)
    if found is None or found.wanted.high <= found.memory:
        return
    likely = found.wanted.nominal > found.memory
    said = (
        f"beyond its share the release uses {found.beside.grouped} MiB, so the process needs {found.wanted.grouped} of "
        f"{found.memory:,} MiB; {'that is' if likely else 'that may be'} more than the GPU has (E31)"
    )
    share = max(int((1 - found.beside.nominal / found.memory) * 100) / 100, 0.5)
    remedies = (write_flag(_UTILIZATION, f"{share:g}"),) if likely else ()
    yield RuleResult(
        certainty=weakest(found.certainty, Certainty.PROBABLE if likely else Certainty.POSSIBLE),
        actual=said,
        path=_UTILIZATION,
        remedy="" if remedies else f"lower {_UTILIZATION} if the log reports out of memory",
        source=found.source,
        remedies=remedies,
    )


def length(question: Question) -> Iterator[RuleResult]:
    """P13: the length that is asked for is one that the model's configuration allows (E32)."""
    model, command = question.model, question.command
    wanted = command.number(_LENGTH) if command else None
    if model is None or not model.max_length or not wanted or wanted <= model.max_length:
        return
    if question.env.get("VLLM_ALLOW_LONG_MAX_MODEL_LEN") == "1":
        return
    remedy = write_flag(_LENGTH, str(model.max_length))
    yield RuleResult(
        certainty=weakest(model.certainty, Certainty.PROBABLE),
        actual=f"{_LENGTH} {wanted:.0f} is longer than the {model.max_length} of the model's configuration (E32)",
        path=_LENGTH,
        source=model.source,
        remedies=(remedy,),
    )


def wished(question: Question, command: ServeCommand, model: ModelFacts) -> MemoryRequest:
    """What the command line asks for of the memory, with the release's own defaults for what it leaves open."""
    kv_type = command.value("--kv-cache-dtype") or ""
    length = _length(command, model)
    whole = length if command.has("--no-enable-chunked-prefill") else 0
    version, node = _version(question), question.node
    utilization = command.number(_UTILIZATION) or MemoryRequest().utilization
    return MemoryRequest(
        utilization=min(utilization, 1.0),
        max_num_seqs=int(command.number("--max-num-seqs") or step_limits.sequences(version, node)),
        batched_tokens=max(
            int(command.number("--max-num-batched-tokens") or step_limits.tokens(version, node, length=length)), whole
        ),
        parallel=max(int(command.number("--tensor-parallel-size", "-tp") or 1), 1),
        stages=max(int(command.number("--pipeline-parallel-size", "-pp") or 1), 1),
        kv_bits=8 if kv_type.startswith("fp8") else 0,
        eager=command.has("--enforce-eager"),
    )


def _judged(question: Question, model: ModelFacts, found: Estimate, length: int) -> RuleResult:
    tokens = found.cache_tokens
    longest = min(tokens.nominal, model.max_length or tokens.nominal)
    said = (
        f"about {found.used.grouped} of {found.memory:,} MiB in use: weights {found.weights:,.0f}, activations and "
        f"others {found.activations:,.0f}, KV cache {found.cache.grouped} MiB for {tokens.grouped} tokens; a request "
        f"has up to {length}, the largest length that fits is about {longest:.0f}"
    )
    sure = weakest(Certainty.PROBABLE, model.certainty, _memory_certainty(question))
    source = "; ".join(filter(None, (model.source, found.source)))
    if tokens.low >= length:
        return RuleResult(severity=Severity.NOTE, actual=said, certainty=sure, path=_LENGTH, source=source)
    # Between the bounds nobody can tell without the card, nor where the cache is not the same for all layers.
    may_fit = tokens.high >= length or (model.cache_varies and found.cache.high > 0)
    return RuleResult(
        certainty=Certainty.POSSIBLE if may_fit else sure,
        actual=f"{said}; {'it may not fit' if may_fit else 'it does not fit'} ({'E30' if tokens.nominal else 'E29'})",
        path=_LENGTH,
        remedy="try it; the limit lies within the bounds of the estimate" if may_fit else "",
        source=source,
        remedies=(*_shorter(int(tokens.low)), *_more(question, model, length)) or _other_card(),
    )


def _shorter(tokens: int) -> tuple[Remedy, ...]:
    """The length that fits even at worst, in whole KiB tokens as people write it."""
    value = tokens // _LEAST_LENGTH * _LEAST_LENGTH
    return (write_flag(_LENGTH, str(value)),) if value >= _LEAST_LENGTH else ()


def _more(question: Question, model: ModelFacts, length: int) -> tuple[Remedy, ...]:
    """A larger share of the memory, where that is enough."""
    if question.command is None:
        return ()
    wish = wished(question, question.command, model)
    larger = replace(wish, utilization=_MOST_UTILIZATION)
    found = memory.estimate(model, memory_mib=question.node.memory_mib or 0, wish=larger, version=_version(question))
    enough = found is not None and wish.utilization < _MOST_UTILIZATION and found.cache_tokens.low >= length
    return (write_flag(_UTILIZATION, f"{_MOST_UTILIZATION:g}"),) if enough else ()


def _other_card() -> tuple[Remedy, ...]:
    return (one_change(ChangeKind.NODE, "use a GPU with more memory, or a smaller model"),)


def _memory_certainty(question: Question) -> Certainty:
    return MEMORY_FROM_NAME if "memory_mib" in question.node.assumed else Certainty.CERTAIN


def _length(command: ServeCommand, model: ModelFacts) -> int:
    """The length that must fit; 0 where vLLM shortens it by itself, or where nobody knows."""
    asked = command.value(_LENGTH)
    if asked is not None and asked.lower() in _AUTOMATIC:
        return 0
    return int(command.number(_LENGTH) or 0) or model.max_length


def _version(question: Question) -> Version | None:
    return question.release.version if question.release else question.image.release


def _not_looked_at(why: str) -> RuleResult:
    return RuleResult(severity=Severity.NOTE, certainty=Certainty.POSSIBLE, actual=f"not checked: {why}")


RULES = (
    row("P12", "GPU memory", "GPU memory holds a request of the full length", fits),
    row(
        "P27",
        "memory beyond the share",
        "memory used beyond the share fits",
        beside,
        severity=Severity.WARN,
    ),
    row("P13", "longer than the model", "the model supports the length", length),
)
