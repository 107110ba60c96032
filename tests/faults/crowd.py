"""Many injections, on several labs side by side, with a line for each and one for all; for the command and the test."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.faults import driver, sleepers
from tests.faults.driver import Result
from tests.faults.matrix import Actor, Fault, Injection
from tests.faults.site import Site
from tests.faults.sleepers import Nap

Say = Callable[[str], None]


def run(sites: Sequence[Site], injections: Sequence[Injection | Nap], *, keep: Path, say: Say) -> tuple[Result, ...]:
    """Do all injections, each site its own one at a time.

    Args:
        sites: labs with production in them.
        injections: what to do.
        keep: gets a folder for each failure.
        say: takes a line of progress at a time.
    """
    left: queue.SimpleQueue[Injection | Nap] = queue.SimpleQueue()
    for injection in injections:
        left.put(injection)
    done: list[Result] = []
    broken: list[BaseException] = []

    def work(site: Site) -> None:
        try:
            for injection in _taken(left, broken):
                done.append(_done(site, injection, keep=keep))
                say(f"[{len(done):>3}/{len(injections)}] {line(done[-1])}")
        except BaseException as error:  # noqa: BLE001 (raised again below, by the thread that waits)
            broken.append(error)

    workers = [threading.Thread(target=work, args=(site,)) for site in sites]
    for worker in workers:
        worker.start()
    _join(workers, broken)
    if broken:
        raise broken[0]
    return tuple(done)


def _done(site: Site, injection: Injection | Nap, *, keep: Path) -> Result:
    if isinstance(injection, Nap):
        return sleepers.inject(site, injection, keep=keep)
    return driver.inject(site, injection, keep=keep)


def _join(workers: Sequence[threading.Thread], broken: list[BaseException]) -> None:
    """Wait for all of them; Ctrl-C lets each end the injection that it is at, for its lab goes when they have ended."""
    while alive := [worker for worker in workers if worker.is_alive()]:
        try:
            alive[0].join()
        except KeyboardInterrupt as error:
            broken.append(error)


def _taken(left: queue.SimpleQueue[Injection | Nap], broken: list[BaseException]) -> Iterator[Injection | Nap]:
    with contextlib.suppress(queue.Empty):
        while not broken:
            yield left.get_nowait()


def line(result: Result) -> str:
    """One injection in one line; a failure with what is wrong and where to look."""
    among = result.injection.actor is not Actor.NONE
    idle = " (had nothing to do)" if among else "" if result.injection.fault is Fault.NONE else " (met nothing)"
    fault = f" x{result.hits}" if result.hits else idle
    said = f"{result.injection}{fault}: exit {result.exit_code}, {result.seconds:.1f} s"
    if result.restored and not result.untidy:
        return f"{said}, restored"
    outcome = "restored, but" if result.restored else "NOT RESTORED:"
    return f"{said}, {outcome} {'; '.join(result.problems + result.untidy)}; see {result.kept}"


def closing(results: Sequence[Result]) -> tuple[str, str]:
    """What to say of all injections in the end: about the faults, and the one line that counts."""
    meant = [one for one in results if one.injection.fault is not Fault.NONE]
    happened = sum(one.faulted for one in meant)
    injected = [one for one in results if one.injected]
    unmet = len(results) - len(injected)
    faults = f"API and node faults that really happened: {happened} of {len(meant)}"
    among = [one for one in results if one.injection.actor is not Actor.NONE]
    faults += f"; actors that wrote: {sum(one.hits > 0 for one in among)} of {len(among)}" if among else ""
    late = f"; {unmet} runs ended before their phase was met" if unmet else ""
    untidy = sum(bool(one.untidy) for one in results)
    late += f"; {untidy} runs did not end in order" if untidy else ""
    restored = sum(one.restored for one in injected)
    return faults + late, f"injections {len(injected)}, restored {restored}"
