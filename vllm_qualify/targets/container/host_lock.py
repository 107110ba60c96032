"""The lock of a run: a container with a fixed name that is never started; for the transaction around production."""

from __future__ import annotations

from vllm_qualify.container.engine import EngineFault, EngineRefused
from vllm_qualify.container.inspection import Container
from vllm_qualify.container.spec import ContainerSpec
from vllm_qualify.kube import identity
from vllm_qualify.kube.lease import Holder
from vllm_qualify.targets.base import Interfered, NotReady
from vllm_qualify.targets.container import snapshot as snapshots
from vllm_qualify.targets.container.host import ContainerHost
from vllm_qualify.targets.container.snapshot import LOCK, HostSnapshot


def take(host: ContainerHost, image: str, kept: HostSnapshot, *, me: Holder) -> str:
    """Take it and write down what production is; gives the id by which it is known for ours.

    Args:
        host: whose it is.
        image: any image that the engine has; nothing of it runs.
        kept: what production is.
        me: who takes it.

    Raises:
        NotReady: somebody has it.
        EngineRefused: the engine would not.
    """
    host.step("lock", f"make container {LOCK}, which holds the lock and what production is")
    try:
        return host.make(ContainerSpec(image=image), name=LOCK, labels=snapshots.labels(kept, me))
    except EngineRefused as problem:
        if problem.fault is not EngineFault.IN_USE or (found := host.find(LOCK)) is None:
            raise
        raise NotReady(held(found, engine=host.engine.program)) from problem


def held(found: Container, *, engine: str) -> str:
    """Who has the lock, and what to do."""
    holder = snapshots.holder(found.labels)
    if identity.seen(holder) is False:
        return (
            f"run {holder.run} was ended before it put production back ({holder}); "
            f"run `vllm-qualify restore --engine {engine}` first"
        )
    return (
        f"another run uses this engine: {holder}; wait until it ends, or, if it does not run any more, run "
        f"`vllm-qualify restore --engine {engine}`"
    )


def check(host: ContainerHost, lock: str) -> None:
    """Make sure that the lock is still ours.

    Raises:
        Interfered: somebody removed it.
        EngineRefused: the engine does not tell.
    """
    found = host.find(LOCK)
    if found is None or found.id != lock:
        raise Interfered(
            f"container {LOCK} was removed during the run, so another run may have begun; this run stops. Leave that "
            "container alone while a run is under way"
        )
