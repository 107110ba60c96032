"""What is done to a run, as data: every signal, in every phase, with every fault of the API. Pure; the driver acts."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

_DELAYS_SECONDS = (0.0, 0.1, 0.4)


class Signal(Enum):
    """How somebody ends a run."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Injection:
    """One thing done to one run.

    Attributes:
        delay_seconds: from the beginning of the phase to the fault and the signal.
    """

    signal: Signal
    phase: Phase
    fault: Fault
    delay_seconds: float = 0.0

    def __str__(self) -> str:
        """For people."""
        late = f" {self.delay_seconds:g} s into it" if self.delay_seconds else ""
        return f"{self.signal.value} in {self.phase.value}{late}, fault: {self.fault.value}"

    @property
    def slug(self) -> str:
        """As the name of a folder."""
        return "-".join(each.name.lower().replace("_", "-") for each in (self.phase, self.signal, self.fault))


def every() -> tuple[Injection, ...]:
    """The whole matrix; the delays differ, so that runs are met at different points of a phase."""
    delays = itertools.cycle(_DELAYS_SECONDS)
    return tuple(
        # After the last step there is hardly anything left to interrupt.
        Injection(signal=signal, phase=phase, fault=fault, delay_seconds=0.0 if phase is Phase.UNLOCK else delay)
        for (signal, phase, fault), delay in zip(itertools.product(Signal, Phase, Fault), delays, strict=False)
    )


def sample(seed: int, count: int) -> tuple[Injection, ...]:
    """Part of the matrix, in which signals, phases and faults occur about equally often.

    Args:
        seed: chooses the sample; the same one gives the same.
        count: how many; from ten on every signal, phase and fault occurs.
    """
    left = list(every())
    random.Random(seed).shuffle(left)  # noqa: S311 (repeatable, not secret)
    used: Counter[Enum] = Counter()
    chosen: list[Injection] = []
    while left and len(chosen) < count:
        chosen.append(left.pop(min(range(len(left)), key=lambda place: sum(used[one] for one in _kinds(left[place])))))
        used.update(_kinds(chosen[-1]))
    return tuple(chosen)


def _kinds(injection: Injection) -> Iterator[Enum]:
    yield from (injection.signal, injection.phase, injection.fault)
