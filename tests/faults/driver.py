"""One injection: a run as a user starts it, something done in the middle of it, and a look at what is left."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests.faults import aftermath, crew, rules, runs
from tests.faults.matrix import Actor, Fault, Injection, Signal
from tests.faults.rules import Effect
from tests.faults.runs import Run
from tests.faults.site import KUBELET, NotReady, Site, settled

# A kubelet that was killed takes some seconds to say again that its pods are ready, which no run can hasten.
_SETTLE_SECONDS = 20.0
_NODE_SECONDS = 60.0
# Somebody who works against a run may make it wait for pods as long as a run ever waits.
_AMONG_OTHERS_SECONDS = 420.0
_PARTS = {Fault.ETCD: "etcd", Fault.KUBELET: KUBELET}


class Met(Protocol):
    """What was done to a run."""

    @property
    def signal(self) -> Signal:
        """How it was ended."""

    @property
    def fault(self) -> Fault:
        """What went wrong."""

    @property
    def actor(self) -> Actor:
        """Who else was there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one injection.

    Attributes:
        injected: the signal reached a run in the phase that was meant, or the actor began in it.
        hits: how many requests the fault met, how many processes it ended, or how often the actor wrote.
        exit_code: of the run; ``None`` when it never ended by itself.
        seconds: from the start of the run until production was looked at.
        problems: what was not as it must be; empty when production was restored.
        untidy: how the run ended that was not as a run ends, although production may be well.
        kept: where journal, output and objects of a failure are.
    """

    injection: Met
    injected: bool
    hits: int = 0
    exit_code: int | None = None
    seconds: float = 0.0
    problems: tuple[str, ...] = ()
    untidy: tuple[str, ...] = ()
    kept: Path | None = None

    @property
    def restored(self) -> bool:
        """Production was as before."""
        return not self.problems

    @property
    def faulted(self) -> bool:
        """The fault that was meant to happen did."""
        return self.injection.fault is not Fault.NONE and self.hits > 0


def inject(site: Site, injection: Injection, *, keep: Path) -> Result:
    """Do one injection, and set production up anew if it was not restored, or if somebody else has written to it.

    Args:
        site: where production serves.
        injection: what to do.
        keep: gets a folder with everything known about a failure.

    Raises:
        NotReady: the node does not come back.
    """
    if problems := settled(site.node_problems, seconds=_NODE_SECONDS):
        raise NotReady("; ".join(problems))
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(dir=site.folder, prefix="run-") as name,
        runs.started(site, Path(name), phase=injection.phase) as run,
    ):
        done = _disturbed(site, run, injection)
        problems = done.problems
        problems += settled(lambda: [*site.problems(injection.actor), *run.left()], seconds=_SETTLE_SECONDS)
        untidy = list(run.untidy()) if done.injected and injection.signal is not Signal.SIGKILL else []
        result = Result(
            injection=injection,
            injected=done.injected,
            hits=done.hits,
            exit_code=run.process.poll(),
            seconds=time.monotonic() - began,
            problems=tuple(problems),
            untidy=tuple(untidy),
            kept=runs.keep(site, run, keep / injection.slug, problems + untidy) if problems or untidy else None,
        )
    if problems or injection.actor is not Actor.NONE:
        site.set_up()
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    """What was done, and what is wrong with how the run went on; production itself was not looked at yet."""

    injected: bool
    hits: int
    problems: list[str]


def _disturbed(site: Site, run: Run, injection: Injection) -> _Done:
    """Wait for the phase, let the fault or the actor begin, send the signal, and see the run out."""
    if not run.reached():
        never = f"the run ended before the phase {injection.phase.value} was met"
        return _Done(injected=False, hits=0, problems=[never, *_ended(site, run, injection)])
    with contextlib.ExitStack() as stack:
        if injection.actor is Actor.NONE:
            hits = stack.enter_context(_faulty(site, injection.fault))
            _end(run, injection)
            return _Done(injected=True, problems=_ended(site, run, injection), hits=hits())
        hits = stack.enter_context(crew.at_work(site, injection.actor))
        _end(run, injection)
        ended = runs.ended(run, seconds=_AMONG_OTHERS_SECONDS)
        again = runs.restore(site, run) if injection.signal is Signal.SIGKILL else None
    problems = ended or aftermath.problems(site, run, injection.actor, again)
    return _Done(injected=True, problems=problems, hits=hits())


def _end(run: Run, injection: Injection) -> None:
    """Let the run go on and send the signal: at once, before it goes on, where there is no delay."""
    if not injection.delay_seconds:
        run.send(injection.signal)
    run.hold.release()
    if injection.delay_seconds:
        time.sleep(injection.delay_seconds)
        run.send(injection.signal)


@contextlib.contextmanager
def _faulty(site: Site, fault: Fault) -> Iterator[Callable[[], int]]:
    """Let the fault begin; what is given says how often it happened so far."""
    if part := _PARTS.get(fault):
        killed = int(site.kill(part))
        yield lambda: killed
    elif fault is not Fault.NONE:
        armed = site.proxy.arm(rules.RULES[Effect(fault.value)])
        yield lambda: armed.hits
    else:
        yield lambda: 0


def _ended(site: Site, run: Run, injection: Injection) -> list[str]:
    """Wait for the end of the run, and restore what a killed one left."""
    if never := runs.ended(run):
        return never
    if injection.signal is Signal.SIGKILL:
        done = runs.restore(site, run)
        return [f"restore ended with {done.exit_code}"] if done.exit_code else _unended(done.exit_code)
    code = run.process.returncode
    return [f"the run ended with {code}: it could not restore"] if code == runs.NOT_RESTORED else []


def _unended(code: int | None) -> list[str]:
    return [f"restore did not end within {runs.RESTORE_SECONDS:.0f} s"] if code is None else []
