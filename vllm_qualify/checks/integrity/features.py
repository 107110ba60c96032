"""What only some manifests switch on: speculative decoding, LoRA adapters, and models that do not generate. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vllm_qualify.arguments import command_line
from vllm_qualify.client.exchanges import ChatReply, HttpReply
from vllm_qualify.core import foreign
from vllm_qualify.core.limits import Limit
from vllm_qualify.core.records import Judgement, Observation, Outcome

LEAST_ACCEPTED = 0.05
"""Below this share, what is drafted costs more than it saves with any draft model."""
_POOLING_TASKS = {"embed": "embed", "embedding": "embed", "score": "score", "classify": "classify", "reward": "reward"}


def speculates(argv: Sequence[str]) -> bool:
    """Whether a command line switches speculative decoding on, in the spelling of any release."""
    known = {"--speculative-config", "-sc", "--speculative-model"}
    return any(group.flag and command_line.canonical(group.flag) in known for group in command_line.split(argv))


def speculative(metrics: Mapping[str, float], *, wanted: bool) -> Judgement:
    """Where speculative decoding is on, some of what is drafted must be accepted.

    Args:
        metrics: the counters, after requests were answered.
        wanted: the manifest switches it on.
    """
    sums = {name.removesuffix("_total").removeprefix("vllm:"): value for name, value in metrics.items()}
    drafted, accepted = sums.get("spec_decode_num_draft_tokens"), sums.get("spec_decode_num_accepted_tokens")
    if not drafted or accepted is None:
        if wanted:
            return Judgement(
                outcome=Outcome.WARNED,
                message="the manifest switches speculative decoding on, and the server counts no drafted token",
            )
        message = "no speculative decoding is configured, and the server drafts nothing"
        return Judgement(outcome=Outcome.NOT_APPLICABLE, message=message)
    share = accepted / drafted
    seen = (
        Observation(name="drafted", value=drafted, unit="tokens"),
        Observation(name="accepted", value=share, limit=Limit(low=LEAST_ACCEPTED)),
    )
    said = f"{100 * share:.0f} % of {drafted:.0f} drafted tokens are accepted"
    outcome = Outcome.WARNED if share < LEAST_ACCEPTED else Outcome.PASSED
    return Judgement(
        outcome=outcome,
        message=said if outcome is Outcome.PASSED else f"{said}: it costs more than it saves",
        observations=seen,
        material={"accepted": share},
    )


def adapters(argv: Sequence[str]) -> tuple[str, ...]:
    """The names of the LoRA adapters of a command line, written as ``name=path`` or as JSON."""
    found: list[str] = []
    for group in command_line.split(argv):
        if group.flag and command_line.canonical(group.flag) == "--lora-modules":
            found += [name for value in group.values if (name := _adapter(value))]
    return tuple(found)


def _adapter(value: str) -> str:
    try:
        return foreign.text(foreign.mapping(json.loads(value)).get("name"))
    except ValueError:
        return value.partition("=")[0]


def lora(names: Sequence[str], listed: Sequence[str], answers: Mapping[str, ChatReply]) -> Judgement:
    """Every LoRA adapter of the manifest must be listed and answer under its name.

    Args:
        names: by the manifest.
        listed: by ``/v1/models``.
        answers: to a completion of one token, by the name that was asked.
    """
    if not names:
        return Judgement(outcome=Outcome.NOT_APPLICABLE, message="the manifest names no LoRA adapters")
    missing = [name for name in names if name not in listed]
    silent = [f"{name}: {answers[name].problems[0]}" for name in names if name in answers and answers[name].problems]
    seen = (Observation(name="adapters", value=", ".join(listed)),)
    if missing:
        message = f"/v1/models does not list the LoRA adapters {', '.join(missing)}"
        return Judgement(outcome=Outcome.FAILED, message=message, observations=seen)
    if silent:
        message = f"listed LoRA adapters do not answer: {'; '.join(silent)}"
        return Judgement(outcome=Outcome.FAILED, message=message, observations=seen)
    message = f"served by name: {', '.join(names)}"
    return Judgement(outcome=Outcome.PASSED, message=message, observations=seen)


def pooling_task(argv: Sequence[str]) -> str:
    """What a command line makes a model do in place of generating: ``embed``, ``score`` ...; ``""`` for nothing."""
    told = {
        command_line.canonical(group.flag): group.values[0]
        for group in command_line.split(argv)
        if group.flag and group.values
    }
    for option in ("--task", "--convert"):
        if task := _POOLING_TASKS.get(told.get(option, "")):
            return task
    return "embed" if told.get("--runner") == "pooling" else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooled:
    """What a model that does not generate makes of three inputs: one, the same again, and another."""

    first: HttpReply
    again: HttpReply
    other: HttpReply


def pooling(task: str, got: Pooled | None) -> Judgement:
    """The same input must give the same numbers and another input others, all of one length and finite.

    Args:
        task: by the manifest; ``""`` for a model that generates.
        got: the answers; ``None`` where nothing was asked.
    """
    if got is None:
        why = f"the task {task} is not asked here" if task else "the manifest serves a model that generates"
        return Judgement(outcome=Outcome.NOT_APPLICABLE, message=why)
    replies = (got.first, got.again, got.other)
    if broken := [str(reply) for reply in replies if reply.problems]:
        return Judgement(outcome=Outcome.FAILED, message=f"the task {task}: {broken[0]}")
    first, again, other = (numbers(reply) for reply in replies)
    seen = (Observation(name="dimensions", value=len(first)),)
    wrong = (
        ("an answer holds no finite numbers", not (first and again and other)),
        ("answers differ in length", len({len(first), len(again), len(other)}) > 1),
        ("the same input gives other numbers", _distance(first, again) > SAME),
        ("another input gives the same numbers", _distance(first, other) <= SAME),
    )
    if problem := next((said for said, holds in wrong if holds), ""):
        return Judgement(outcome=Outcome.FAILED, message=f"the task {task}: {problem}", observations=seen)
    message = f"the task {task}: {len(first)} numbers, the same for the same input and others for another"
    return Judgement(outcome=Outcome.PASSED, message=message, observations=seen, material={"dimensions": len(first)})


SAME = 1e-2
"""Distance as a share of the length; half-precision kernels round to some 1e-3."""


def numbers(reply: HttpReply) -> tuple[float, ...]:
    """The first vector or score; empty where there is none, or one that is not finite."""
    first = next(iter(foreign.mappings(foreign.json_mapping(reply.body).get("data"))), {})
    found = first.get("embedding", first.get("score"))
    listed = found if isinstance(found, list) else [found]
    read = [float(one) for one in listed if isinstance(one, (int, float))]
    return tuple(read) if len(read) == len(listed) and all(map(math.isfinite, read)) else ()


def _distance(one: Sequence[float], other: Sequence[float]) -> float:
    length = math.hypot(*one)
    return math.dist(one, other) / length if length and len(one) == len(other) else 0.0
