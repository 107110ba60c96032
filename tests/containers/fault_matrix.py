"""What may happen to a run on a container engine, as data: signals and troubles in each step. Pure.

``injections`` does it.
"""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from tests.containers import engine_hosts
from tests.faults.matrix import Signal


class Step(Enum):
    """The steps of a run, in their order, as the journal names them."""

    PREPARE = "prepare"
    LOCK = "lock"
    TAKE_DOWN = "take-down"
    APPLY = "apply"
    QUALIFY = "qualify"
    RESTORE = "restore"
    VERIFY = "verify"
    UNLOCK = "unlock"


class Trouble(Enum):
    """What else happens at that moment."""

    NONE = "nothing else"
    CANDIDATE_REMOVED = "somebody removes the candidate"
    CANDIDATE_STOPPED = "somebody stops the candidate"
    DAEMON_ENDED = "the daemon is restarted"
    DAEMON_KILLED = "the daemon is killed and started"
    DISK_FULL = "the disk of the reports is full"
    LOCK_REMOVED = "somebody removes the lock"
    POWER_CUT = "the machine is switched off and on, then restore"
    PORT_TAKEN = "another container takes the port for a while"
    PRODUCTION_REMOVED = "somebody removes production"
    PRODUCTION_STARTED = "somebody starts production"
    SECOND_RESTORE = "somebody restores meanwhile"
    SECOND_RUN = "another run begins"


AWAY = (Step.APPLY, Step.QUALIFY, Step.RESTORE)
"""Production does not run as these begin."""
LOCKED = (Step.TAKE_DOWN, *AWAY, Step.VERIFY, Step.UNLOCK)
_WHEN = {
    Trouble.CANDIDATE_REMOVED: (Step.QUALIFY, Step.RESTORE),
    Trouble.CANDIDATE_STOPPED: (Step.QUALIFY, Step.RESTORE),
    # Docker may not start again what ran when its daemon was killed; a run knows of it from the lock to its proof.
    Trouble.DAEMON_KILLED: (Step.TAKE_DOWN, *AWAY, Step.VERIFY),
    Trouble.DISK_FULL: LOCKED,
    Trouble.LOCK_REMOVED: LOCKED,
    Trouble.POWER_CUT: LOCKED,
    Trouble.PORT_TAKEN: (Step.APPLY,),
    Trouble.PRODUCTION_REMOVED: (Step.TAKE_DOWN, *AWAY),
    Trouble.PRODUCTION_STARTED: AWAY,
    Trouble.SECOND_RESTORE: LOCKED,
    Trouble.SECOND_RUN: LOCKED,
}
# Who cuts the power ends the run as well; and of a run that is killed, the lock is all that knows what production was.
_ALONE = frozenset({Trouble.LOCK_REMOVED, Trouble.POWER_CUT})
_OF_DAEMONS = frozenset({Trouble.DAEMON_ENDED, Trouble.DAEMON_KILLED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Injection:
    """One thing done to one run."""

    program: str
    step: Step
    signal: Signal = Signal.NONE
    trouble: Trouble = Trouble.NONE

    def __str__(self) -> str:
        """For people."""
        return f"{self.program}: {self.signal.value} in {self.step.value}, {self.trouble.value}"

    @property
    def slug(self) -> str:
        """As the name of a folder."""
        parts = (self.step.value, self.signal.name, self.trouble.name)
        return "-".join([self.program, *(part.lower().replace("_", "-") for part in parts)])


def every(programs: Sequence[str]) -> tuple[Injection, ...]:
    """Each signal in each step, and each trouble in the steps where it can happen, with and without SIGKILL."""
    found = []
    for program in programs:
        signals = itertools.product(Step, [one for one in Signal if one is not Signal.NONE])
        found += [Injection(program=program, step=step, signal=signal) for step, signal in signals]
        for trouble in Trouble:
            if trouble is Trouble.NONE or (trouble in _OF_DAEMONS and program == engine_hosts.PODMAN):
                continue
            signals_too = (Signal.NONE,) if trouble in _ALONE else (Signal.NONE, Signal.SIGKILL)
            for step, signal in itertools.product(_WHEN.get(trouble, tuple(Step)), signals_too):
                found.append(Injection(program=program, step=step, signal=signal, trouble=trouble))
    return tuple(found)


def chosen(whole: Sequence[Injection], *, seed: int, count: int | None = None) -> tuple[Injection, ...]:
    """So many of them, in which everything occurs about equally often.

    Args:
        whole: all that there are.
        seed: chooses; the same one gives the same.
        count: how many; ``None``: the fewest in which everything occurs.
    """
    left, taken = list(whole), []
    random.Random(seed).shuffle(left)  # noqa: S311 (repeatable, not secret)
    missing, used = {kind for one in whole for kind in _kinds(one)}, Counter[Enum]()
    while left and (missing if count is None else len(taken) < count):
        ranked = [
            (-len(missing & set(_kinds(one))), sum(used[kind] for kind in _kinds(one)), n) for n, one in enumerate(left)
        ]
        taken.append(left.pop(min(ranked)[-1]))
        missing -= set(_kinds(taken[-1]))
        used.update(_kinds(taken[-1]))
    return tuple(taken)


def _kinds(injection: Injection) -> Iterator[Enum]:
    yield from (injection.step, injection.signal, injection.trouble)
