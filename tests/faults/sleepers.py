"""A run that sleeps in the middle, while somebody restores and runs anew, and that wakes up then; never two owners.

The sleeper is stopped with everything it started, as a laptop stops it that is closed. Its lock lapses, a restore puts
production back as from another machine, and where that is the moment to wake, another run begins.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.faults import holding, production, proxy, runs, upstream, verdicts
from tests.faults.driver import Result
from tests.faults.matrix import Actor, Fault, Phase, Signal
from tests.faults.proxy import Proxy
from tests.faults.runs import Run
from tests.faults.site import Site, settled

_SETTLE_SECONDS = 20.0
_OWNED = ("/deployments/", "/secrets", "/leases")
_RESTORES = (Phase.RESTORE, Phase.VERIFY, Phase.UNLOCK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Nap:
    """When a run sleeps, and when it wakes.

    Attributes:
        phase: of the sleeper, when it is stopped.
        during: the phase of the restore, or of the other run, in which it wakes; ``None``: when that has ended.
        by_restore: it wakes while production is being restored, otherwise while another run has it.
    """

    phase: Phase
    during: Phase | None
    by_restore: bool
    signal: Signal = Signal.NONE
    fault: Fault = Fault.NONE
    actor: Actor = Actor.NONE

    def __str__(self) -> str:
        """For people."""
        other = "a restore" if self.by_restore else "another run"
        when = f"in {self.during.value} of {other}" if self.during else f"after {other}"
        return f"asleep in {self.phase.value}, awake {when}"

    @property
    def slug(self) -> str:
        """As the name of a folder."""
        return str(self).replace(",", "").replace(" ", "-")


def every() -> tuple[Nap, ...]:
    """All pairs of phases."""
    restored = [Nap(phase=one, during=other, by_restore=True) for one, other in itertools.product(Phase, _RESTORES)]
    run = [Nap(phase=one, during=other, by_restore=False) for one, other in itertools.product(Phase, (*Phase, None))]
    return (*restored, *run)


def inject(site: Site, nap: Nap, *, keep: Path) -> Result:
    """Let one run sleep and wake, and set production up anew if it was not restored.

    Args:
        site: where production serves.
        nap: when.
        keep: gets a folder with everything known about a failure.
    """
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        mine, others = (_folder(site, stack) for _ in range(2))
        seen, environment = stack.enter_context(_watched(site, mine))
        sleeper = stack.enter_context(runs.started(site, mine, phase=nap.phase, **holding.apart(), **environment))
        injected = sleeper.reached()
        problems = _met(site, nap, sleeper, others, seen) if injected else ["the run ended before its phase"]
        problems += settled(lambda: [*site.problems(), *sleeper.left()], seconds=_SETTLE_SECONDS)
        result = Result(
            injection=nap,
            injected=injected,
            exit_code=sleeper.process.poll(),
            seconds=time.monotonic() - began,
            problems=tuple(problems),
            untidy=(),
            kept=runs.keep(site, sleeper, keep / nap.slug, problems, others) if problems else None,
        )
    if problems:
        site.set_up()
    return result


def _folder(site: Site, stack: contextlib.ExitStack) -> Path:
    return Path(stack.enter_context(tempfile.TemporaryDirectory(dir=site.folder, prefix="run-")))


@contextlib.contextmanager
def _watched(site: Site, folder: Path) -> Iterator[tuple[Proxy, dict[str, str]]]:
    """A way to the API server of its own, so that it is known who wrote."""
    with proxy.running(site.proxy.upstream) as between:
        path = folder / "kubeconfig"
        path.write_text(upstream.kubeconfig(between.url, context=production.CONTEXT))
        yield between, {"KUBECONFIG": str(path)}


def _met(site: Site, nap: Nap, sleeper: Run, folder: Path, seen: Proxy) -> list[str]:
    os.killpg(sleeper.process.pid, signal.SIGSTOP)
    sleeper.hold.release()
    held = nap.during if nap.by_restore else None
    found = _other(site, nap, sleeper, seen, _Other(folder=folder / "restore", phase=held, argv=_restore(site)))
    if not nap.by_restore:
        found += _other(site, nap, sleeper, seen, _Other(folder=folder / "run", phase=nap.during, wakes=True))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Other:
    """Who is at work while the sleeper sleeps, and whether the sleeper wakes beside it."""

    folder: Path
    phase: Phase | None
    argv: tuple[str, ...] = ()
    wakes: bool = False

    @property
    def expected(self) -> int:
        """How it must end: a run is left undecided, since it asks next to nothing."""
        return 0 if self.argv else 10


def _restore(site: Site) -> tuple[str, ...]:
    return (sys.executable, "-m", "tests.faults.holding", "restore", "--config", str(site.settings))


def _other(site: Site, nap: Nap, sleeper: Run, seen: Proxy, other: _Other) -> list[str]:
    other.folder.mkdir()
    where = other.phase or Phase.LOCK
    wakes = other.wakes or nap.by_restore
    with runs.started(site, other.folder, phase=where, argv=other.argv, **holding.apart()) as run:
        if other.phase is None:
            run.hold.release()
        else:
            run.reached()
        found = _woken(nap, sleeper, seen) if wakes and other.phase is not None else []
        run.hold.release()
        found += [f"{'restore' if other.argv else 'the other run'}: {one}" for one in runs.ended(run)]
        if wakes and other.phase is None:
            found += _woken(nap, sleeper, seen)
        found += _wrong(site, run, other)
    return found + _blame(site, sleeper)


def _wrong(site: Site, run: Run, other: _Other) -> list[str]:
    code = run.process.returncode
    said = (other.folder / "output.txt").read_text(errors="replace")[-300:]
    found = [] if code == other.expected else [f"{other.folder.name} ended with {code}: {said}"]
    return found + _blame(site, run)


def _blame(site: Site, run: Run) -> list[str]:
    witnessed = [verdicts.seen(line) for line in site.witnessed()]
    image, version = production.CANDIDATE, production.CANDIDATE_VERSION
    return list(verdicts.wrong(run.events(), witnessed, image=image, version=version))


def _woken(nap: Nap, sleeper: Run, seen: Proxy) -> list[str]:
    """Let the sleeper go on to its end; it must change nothing that another one has by now."""
    before = len(seen.writes)
    os.killpg(sleeper.process.pid, signal.SIGCONT)
    found = [f"the sleeper: {one}" for one in runs.ended(sleeper)]
    # Before it has the lock it has nothing to lose, and may well be the next to get it.
    if nap.phase is not Phase.LOCK:
        late = [one for one in seen.writes[before:] if any(each in one for each in _OWNED)]
        found += [f"two owners: the sleeper did {one}" for one in late]
    return found
