"""What is done to a run, as data: signals in every phase with every fault of the API, and actors in every phase. Pure.

The driver does it.
"""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

_DELAYS_SECONDS = (0.0, 0.1, 0.4)


class Signal(Enum):
    """How somebody ends a run, if anybody does."""

    NONE = "no signal"
    SIGINT = "SIGINT"
    SIGINT_TWICE = "SIGINT twice"
    SIGTERM = "SIGTERM"
    SIGHUP = "SIGHUP"
    SIGKILL = "SIGKILL then restore"


class Phase(Enum):
    """The steps of the transaction, in their order, as the journal names them."""

    LOCK = "lock"
    CAPTURE = "capture"
    PREPARE = "prepare"
    TAKE_DOWN = "take-down"
    APPLY = "apply"
    QUALIFY = "qualify"
    RESTORE = "restore"
    VERIFY = "verify"
    UNLOCK = "unlock"


class Fault(Enum):
    """What goes wrong in the cluster, or on the way to it, at the same moment."""

    NONE = "none"
    UNAVAILABLE = "503"
    HANG = "hang"
    RESET = "reset"
    RESET_COMMITTED = "reset after commit"
    CONFLICT = "409"
    EXPIRED = "410"
    STALE = "stale read"
    ETCD = "etcd restart"
    KUBELET = "kubelet restart"


class Actor(Enum):
    """Who else writes to the namespace, from that moment on; lab/actors.py has the stand-ins."""

    NONE = "nobody"
    GITOPS = "GitOps at once"
    GITOPS_LATE = "GitOps after 3 s"
    AUTOSCALER = "autoscaler to 2"
    SCALER_FROM_ZERO = "autoscaler from 0"
    WEBHOOK = "webhook"
    WEBHOOK_OF_PODS = "webhook of the pod template"
    ANNOTATOR = "annotator"
    RESTARTER = "rollout restart"
    EVICTOR = "eviction"
    NODE_PRESSURE = "failed pod"
    COLLEAGUE = "edit by hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Injection:
    """One thing done to one run.

    Attributes:
        actor: begins as the phase does, and goes on until the run is over.
        delay_seconds: from the beginning of the phase to the fault and the signal.
    """

    signal: Signal
    phase: Phase
    fault: Fault = Fault.NONE
    actor: Actor = Actor.NONE
    delay_seconds: float = 0.0

    def __str__(self) -> str:
        """For people."""
        late = f" {self.delay_seconds:g} s into it" if self.delay_seconds else ""
        what = f"fault: {self.fault.value}" if self.actor is Actor.NONE else f"actor: {self.actor.value}"
        return f"{self.signal.value} in {self.phase.value}{late}, {what}"

    @property
    def slug(self) -> str:
        """As the name of a folder."""
        what = self.fault if self.actor is Actor.NONE else self.actor
        return "-".join(each.name.lower().replace("_", "-") for each in (self.phase, self.signal, what))


def every() -> tuple[Injection, ...]:
    """Every fault; the delays differ, so that runs are met at different points of a phase."""
    delays = itertools.cycle(_DELAYS_SECONDS)
    signals = [each for each in Signal if each is not Signal.NONE]
    return tuple(
        # After the last step there is hardly anything left to interrupt.
        Injection(signal=signal, phase=phase, fault=fault, delay_seconds=0.0 if phase is Phase.UNLOCK else delay)
        for (signal, phase, fault), delay in zip(itertools.product(signals, Phase, Fault), delays, strict=False)
    )


def actors() -> tuple[Injection, ...]:
    """Every actor in every phase, with a run that comes to its end and with one that is killed and restored."""
    endings = (Signal.NONE, Signal.SIGKILL)
    somebody = [each for each in Actor if each is not Actor.NONE]
    return tuple(
        Injection(signal=signal, phase=phase, actor=actor)
        for signal, phase, actor in itertools.product(endings, Phase, somebody)
    )


def cover(seed: int, *, whole: Sequence[Injection]) -> tuple[Injection, ...]:
    """The fewest injections of a matrix in which every signal, phase, fault and actor of it occurs.

    Args:
        seed: chooses who meets whom; the same one gives the same.
        whole: ``every()`` or ``actors()``.
    """
    missing = {kind for injection in whole for kind in _kinds(injection)}
    chosen: list[Injection] = []
    for injection in _spread(seed, whole, first=lambda one: -len(missing.intersection(_kinds(one)))):
        if not missing:
            break
        chosen.append(injection)
        missing.difference_update(_kinds(injection))
    return tuple(chosen)


def sample(seed: int, count: int, *, whole: Sequence[Injection]) -> tuple[Injection, ...]:
    """Part of a matrix, in which signals, phases, faults and actors occur about equally often.

    Args:
        seed: chooses the sample; the same one gives the same.
        count: how many; from twelve on everything occurs.
        whole: ``every()``, ``actors()``, or both.
    """
    return tuple(itertools.islice(_spread(seed, whole), count))


def _spread(
    seed: int, whole: Sequence[Injection], *, first: Callable[[Injection], int] = lambda _: 0
) -> Iterator[Injection]:
    """A matrix, by what ``first`` says of each, and so that everything occurs about equally often."""
    left = list(whole)
    random.Random(seed).shuffle(left)  # noqa: S311 (repeatable, not secret)
    used: Counter[Enum] = Counter()
    while left:
        seldom = [(first(one), sum(used[kind] for kind in _kinds(one)), place) for place, one in enumerate(left)]
        yield (chosen := left.pop(min(seldom)[-1]))
        used.update(_kinds(chosen))


def _kinds(injection: Injection) -> Iterator[Enum]:
    yield from (injection.signal, injection.phase, injection.fault, injection.actor)
