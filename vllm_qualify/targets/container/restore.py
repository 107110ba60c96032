"""Puts production back by its container's own id and proves it; at the end of a run, and by ``vllm-qualify restore``.

A container of production is stopped and started, never removed, never made anew, never updated. It can be done again
at any time: everything it needs is in the labels of the lock.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from vllm_qualify.checks.production import Restoration
from vllm_qualify.container.engine import EngineFault, EngineRefused
from vllm_qualify.container.inspection import Container
from vllm_qualify.kube.serving import BadManifest
from vllm_qualify.targets.container import subjects
from vllm_qualify.targets.container.access import ContainerAccess
from vllm_qualify.targets.container.host import ContainerHost
from vllm_qualify.targets.container.snapshot import LOCK, HostSnapshot, KeptContainer

READY_SECONDS = 900.0
"""How long production may take to serve again; it has to load its model."""
_PORT_SECONDS = 60.0
"""How long a port that production needs may belong to somebody else before that is a problem."""
_AGAIN_SECONDS = 20.0
"""How long production's container may have ended before it is started once more."""


@dataclass(kw_only=True)
class _Findings:
    """Gathers what is found on the way; mutable because one thing that fails does not end the rest."""

    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)


def restore(access: ContainerAccess, kept: HostSnapshot, *, ready_seconds: float = READY_SECONDS) -> Restoration:
    """Remove what the run made, start what ran before, wait until it serves, and give the lock back.

    Args:
        access: the way to production; its host should be patient.
        kept: how production was.
        ready_seconds: how long it may take to serve.
    """
    host, found = replace(access.host, run=kept.run), _Findings()
    access = replace(access, host=host)
    with _noted(found):
        sweep(host)
    back: list[tuple[Container, KeptContainer]] = []
    # What held the GPU goes first: what served comes back last.
    for one in sorted(kept.containers, key=lambda each: each.running):
        with _noted(found):
            back.extend((live, one) for live in _put_back(host, one, found))
    for live, one in back:
        with _noted(found):
            _prove_serving(access, live, one.served, found, ready_seconds=ready_seconds)
    with _noted(found):
        _prove_still(host, kept, found)
    if not found.problems:
        with _noted(found):
            unlock(host)
            # An engine that had to be waited for may have been restarted, and production with it.
            again = _Findings()
            _prove_still(host, kept, again)
            found.problems.extend(again.problems)
    return Restoration(problems=tuple(found.problems), notes=tuple(found.notes), checked=tuple(found.checked))


def sweep(host: ContainerHost) -> None:
    """Remove everything that the run made, but for the lock.

    Raises:
        EngineRefused: the engine would not.
    """
    for each in host.own():
        found = host.find(each)
        if found is not None and found.name != LOCK:
            host.step("restore", f"remove container {found.name}, which the run made")
            host.insisting(lambda each=each: host.remove(each))  # type: ignore[misc]


def unlock(host: ContainerHost) -> None:
    """Remove the volumes of candidates and the lock, once nothing needs what it holds.

    Raises:
        EngineRefused: the engine would not.
    """
    for each in host.volumes():
        host.step("unlock", f"remove volume {each}, which the run made")
        host.insisting(lambda each=each: host.engine.change("volume", "rm", each))  # type: ignore[misc]
    found = host.find(LOCK)
    if found is not None and found.id in host.own():
        host.step("unlock", f"remove container {LOCK}")
        host.insisting(lambda: host.remove(found.id))


def _put_back(host: ContainerHost, kept: KeptContainer, found: _Findings) -> Iterator[Container]:
    """Start what ran, stop what did not; gives what has to serve."""
    live = host.find(kept.id)
    if live is None:
        yield from _replaced(host, kept, found)
        return
    if live.image_id != kept.image_id:
        found.problems.append(f"container {kept.name} has another image than before, though it has the same id")
        return
    if not kept.running:
        if live.state.running:
            found.notes.append(f"container {kept.name} was started meanwhile by somebody else, and was left running")
        return
    if not live.state.running:
        host.step("restore", f"start container {kept.name} again")
        _start(host, live)
    yield live


def _replaced(host: ContainerHost, kept: KeptContainer, found: _Findings) -> Iterator[Container]:
    """Its container is no more: another one of that name is somebody's own doing, and left as it is."""
    other = host.find(kept.name)
    if other is None:
        lost = found.problems if kept.running else found.notes
        lost.append(f"container {kept.name} was removed meanwhile by somebody else; create and start it as you did")
    else:
        found.notes.append(f"container {kept.name} was recreated by somebody else meanwhile, and was left as it is")
        if kept.running and not other.state.running:
            found.problems.append(f"container {kept.name} does not run: {other.state}; start it")
        elif kept.running:
            yield other


def _start(host: ContainerHost, live: Container) -> None:
    """Start it; a port that is still being given up belongs to nobody in a moment."""
    until = host.clock() + _PORT_SECONDS
    while True:
        try:
            host.insisting(lambda: host.start(live))
        except EngineRefused as problem:
            if problem.fault is not EngineFault.IN_USE or host.clock() >= until:
                raise
            host.sleep(1.0)
        else:
            return


def _prove_serving(
    access: ContainerAccess, one: Container, served: tuple[str, ...], found: _Findings, *, ready_seconds: float
) -> None:
    host, said = access.host, ["it was not asked"]
    host.step("verify", f"wait until container {one.name} runs and answers as before")
    manifest, again = subjects.manifest(one.spec, name=one.name), host.clock() + _AGAIN_SECONDS

    def serves() -> bool:
        nonlocal again
        live = host.find(one.id)
        if live is None or not live.state.running:
            said[:] = [f"container {one.name} is gone" if live is None else f"container {one.name}: {live.state}"]
            # A policy restarts it within moments; an engine that was itself killed meanwhile may not.
            if live is not None and host.clock() >= again:
                again = host.clock() + _AGAIN_SECONDS
                host.step("restore", f"start container {one.name} again, since it ended")
                _start(host, live)
            return live is None
        said[:] = [access.problem(live, manifest, served) if served else ""]
        return not said[0]

    if not host.until(serves, seconds=ready_seconds) or said[0]:
        found.problems.append(f"container {one.name} was started, but production does not serve: {said[0]}")
    elif served:
        found.checked.append(f"container {one.name} ({one.id[:12]}) answers as {', '.join(served)}")
    else:
        found.notes.append(f"container {one.name} runs; it did not answer before the run, so nothing was asked of it")


def _prove_still(host: ContainerHost, kept: HostSnapshot, found: _Findings) -> None:
    """Loading takes minutes, in which somebody may have changed what was put back."""
    for one in kept.serving:
        live = host.find(one.id)
        if live is not None and live.state.running and live.image_id == one.image_id:
            found.checked.append(f"container {one.name} has its id and its image")
        elif live is not None and not found.problems:
            found.problems.append(f"container {one.name} does not run any more: {live.state}")


@contextmanager
def _noted(found: _Findings) -> Iterator[None]:
    """What cannot be put back is noted, and the rest is put back all the same."""
    try:
        yield
    except (EngineRefused, BadManifest) as problem:
        found.problems.append(str(problem))
