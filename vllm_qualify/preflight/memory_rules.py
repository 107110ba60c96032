"""Rules of GPU memory: do weights, activations and the KV cache of one full-length request fit? Pure."""

from __future__ import annotations

from collections.abc import Iterator

from vllm_qualify.preflight import memory
from vllm_qualify.preflight.commands import Command
from vllm_qualify.preflight.facts import MEMORY_FROM_NAME
from vllm_qualify.preflight.memory import Estimate, Wish
from vllm_qualify.preflight.models import ModelFacts
from vllm_qualify.preflight.question import Question
from vllm_qualify.preflight.ruling import Answer, Change, ChangeKind, Way, weakest
from vllm_qualify.records import Certainty, Severity

_LEAST_LENGTH = 1024
_LENGTH = "--max-model-len"
_MOST_UTILIZATION = 0.95
_UTILIZATION = "--gpu-memory-utilization"
# How many sequences and tokens at least a step has where the command line does not say (cards below 70 GB).
_SEQUENCES, _TOKENS = 256, 2048


def fits(question: Question) -> Iterator[Answer]:
    """P12: the KV cache that is left holds one request of the full length; else vLLM ends at its start (E29, E30)."""
    model, command = question.model, question.command
    if model is None or command is None:
        yield _not_looked_at("the model's configuration is not known" if model is None else "the command is not known")
        return
    if question.node.memory_mib is None:
        yield _unverified("the memory of the GPU is not known", "give --gpu, or let the probe look")
        return
    wish = wished(command)
    found = memory.estimate(model, memory_mib=question.node.memory_mib, wish=wish)
    length = _length(command, model)
    if found is None or not length:
        yield _not_looked_at("the model's configuration does not tell its dimensions")
        return
    yield _judged(question, model, found, wish, length)


def length(question: Question) -> Iterator[Answer]:
    """P13: the length that is asked for is one that the model's configuration allows (E32)."""
    model, command = question.model, question.command
    wanted = command.number(_LENGTH) if command else None
    if model is None or not model.max_length or not wanted or wanted <= model.max_length:
        return
    if question.env.get("VLLM_ALLOW_LONG_MAX_MODEL_LEN") == "1":
        return
    way = _flag_way(_LENGTH, str(model.max_length))
    yield Answer(
        severity=Severity.BLOCK,
        certainty=weakest(model.certainty, Certainty.PROBABLE),
        actual=f"{_LENGTH} {wanted:.0f} is longer than the {model.max_length} of the model's configuration (E32)",
        path=_LENGTH,
        source=model.source,
        ways=(way,),
    )


def wished(command: Command) -> Wish:
    """What the command line asks for of the memory."""
    defaults = Wish()
    kv_type = command.value("--kv-cache-dtype") or ""
    long = int(command.number(_LENGTH) or 0) if command.value("--no-enable-chunked-prefill") is not None else 0
    utilization = command.number(_UTILIZATION) or defaults.utilization
    return Wish(
        utilization=min(utilization, 1.0),
        max_num_seqs=int(command.number("--max-num-seqs") or _SEQUENCES),
        batched_tokens=max(int(command.number("--max-num-batched-tokens") or _TOKENS), long),
        parallel=max(int(command.number("--tensor-parallel-size", "-tp") or 1), 1),
        kv_bits=8 if kv_type.startswith("fp8") else 0,
        eager=command.value("--enforce-eager") is not None,
    )


def _judged(question: Question, model: ModelFacts, found: Estimate, wish: Wish, length: int) -> Answer:
    largest, worst = found.tokens(found.cache), found.tokens(found.cache_low)
    most = min(largest, model.max_length) if model.max_length else largest
    said = (
        f"about {found.used:.0f} of {question.node.memory_mib} MiB in use: weights {found.weights:.0f}, activations "
        f"and others {found.activations:.0f}, KV cache {max(found.cache, 0):.0f} MiB for {largest} tokens; a request "
        f"has up to {length}, the largest length that fits is about {most}"
    )
    sure = weakest(Certainty.PROBABLE, model.certainty, _memory_certainty(question))
    if worst >= length:
        return Answer(severity=Severity.NOTE, actual=said, certainty=sure, path=_LENGTH, source=model.source)
    fits_at_best = found.tokens(found.cache_high) >= length
    shorter = _shorter(worst)
    return Answer(
        severity=Severity.BLOCK,
        # Between the bounds nobody can tell without the card.
        certainty=Certainty.POSSIBLE if fits_at_best else sure,
        actual=f"{said}; {'it may not fit' if fits_at_best else 'it does not fit'} ({'E30' if largest else 'E29'})",
        path=_LENGTH,
        remedy="try it; the bounds of the estimate lie on both sides" if fits_at_best else "",
        source=model.source,
        ways=(*shorter, *_more(question, model, wish, length)) or _other_card(),
    )


def _shorter(tokens: int) -> tuple[Way, ...]:
    """The length that fits even at worst, in whole KiB tokens as people write it."""
    value = tokens // _LEAST_LENGTH * _LEAST_LENGTH
    return (_flag_way(_LENGTH, str(value)),) if value >= _LEAST_LENGTH else ()


def _more(question: Question, model: ModelFacts, wish: Wish, length: int) -> tuple[Way, ...]:
    """A larger share of the memory, where that is enough."""
    larger = Wish(
        utilization=_MOST_UTILIZATION,
        max_num_seqs=wish.max_num_seqs,
        batched_tokens=wish.batched_tokens,
        parallel=wish.parallel,
        kv_bits=wish.kv_bits,
        eager=wish.eager,
    )
    found = memory.estimate(model, memory_mib=question.node.memory_mib or 0, wish=larger)
    enough = found is not None and wish.utilization < _MOST_UTILIZATION and found.tokens(found.cache_low) >= length
    return (_flag_way(_UTILIZATION, f"{_MOST_UTILIZATION:g}"),) if enough else ()


def _other_card() -> tuple[Way, ...]:
    return ((Change(kind=ChangeKind.NODE, text="take a GPU with more memory, or a smaller model"),),)


def _flag_way(name: str, value: str) -> Way:
    return (Change(kind=ChangeKind.FLAG, text=f"write {name} {value}", name=name, value=value),)


def _memory_certainty(question: Question) -> Certainty:
    return MEMORY_FROM_NAME if "memory_mib" in question.node.assumed else Certainty.CERTAIN


def _length(command: Command, model: ModelFacts) -> int:
    return int(command.number(_LENGTH) or 0) or model.max_length


def _not_looked_at(why: str) -> Answer:
    return Answer(severity=Severity.NOTE, certainty=Certainty.POSSIBLE, actual=f"not looked at: {why}")


def _unverified(actual: str, remedy: str) -> Answer:
    return Answer(severity=Severity.BLOCK, certainty=Certainty.POSSIBLE, actual=actual, remedy=remedy)
