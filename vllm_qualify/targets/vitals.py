"""Looks at an engine until it is known whether it lives; for both targets. The decision is ``client.liveness``'s."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from vllm_qualify.checks import UNHEALTHY, Death, Hang
from vllm_qualify.client import liveness
from vllm_qualify.client.exchanges import HttpReply
from vllm_qualify.client.liveness import BLIP_SECONDS, COMPLETION, EngineCondition, EngineState, Look
from vllm_qualify.targets.base import Unavailable

_PAUSE_SECONDS = 0.5


class HealthClient(Protocol):
    """The part of a client that is needed here."""

    def health(self) -> HttpReply:
        """Ask ``/health``."""

    def one_token(self, model: str, *, deadline_seconds: float) -> HttpReply:
        """Ask for the shortest completion there is."""


def asked(client: HealthClient, *, model: str, deadline_seconds: float) -> Look:
    """Ask a running engine for its health; where that is well and a model is named, for a completion as well.

    A server answers for its health although the engine behind it stands still.
    """
    look = Look(reply=client.health())
    if not look.well or not model:
        return look
    return Look(reply=client.one_token(model, deadline_seconds=deadline_seconds), asked=COMPLETION)


def examine(
    look: Callable[[], Look],
    *,
    limit_seconds: float,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
    who: str = "process",
) -> EngineCondition:
    """Look until it is decided; of an engine that is well, once.

    Args:
        look: looks once; when that was is written down here.
        limit_seconds: of silence, beyond which an engine hangs.
        clock: seconds, as ``system.clock`` counts them.
        sleep: lets seconds pass.
        who: what runs: ``process`` or ``container``.
    """
    since, looks = clock(), list[Look]()
    while True:
        looks.append(replace(look(), at=clock()))
        found = liveness.judge(looks, since=since, limit_seconds=limit_seconds, who=who)
        if found.state is not EngineState.UNSURE:
            return found
        sleep(_PAUSE_SECONDS)


def end(condition: EngineCondition, post_mortem: Callable[[str], Death]) -> Death | Hang | None:
    """What a condition says became of the engine; ``None`` for one that lives.

    Args:
        condition: as it was found.
        post_mortem: looks for the cause, given the reason.

    Raises:
        Unavailable: the engine could not be asked, which says nothing about it.
    """
    if condition.state is EngineState.UNREACHED:
        raise Unavailable(condition.reason)
    if condition.state is EngineState.DIED:
        return post_mortem(condition.reason)
    if condition.state is EngineState.UNHEALTHY:
        return replace(post_mortem(condition.reason), word=UNHEALTHY)
    if condition.state is EngineState.HUNG:
        return Hang(reason=condition.reason, seconds=condition.seconds)
    if condition.seconds >= BLIP_SECONDS:
        return Hang(reason=condition.reason, seconds=condition.seconds, over=True)
    return None
