"""Puts production's containers back for a run that did not come to its end; behind ``vllm-qualify restore``."""

from __future__ import annotations

from dataclasses import replace

from vllm_qualify.checks.production import Restoration
from vllm_qualify.container.inspection import Container
from vllm_qualify.core.errors import UserError
from vllm_qualify.core.outcomes import EXIT_UNDECIDED
from vllm_qualify.kube import identity
from vllm_qualify.targets.container import host_lock, restore
from vllm_qualify.targets.container import snapshot as snapshots
from vllm_qualify.targets.container.access import ContainerAccess
from vllm_qualify.targets.container.host import ContainerHost
from vllm_qualify.targets.container.snapshot import LOCK
from vllm_qualify.targets.kind import PATIENCE_SECONDS

_NOTHING = Restoration(checked=("nothing was left to put back",))


class StillHeld(UserError):
    """The run that has the lock lives, or may live where nobody can look from here."""

    exit_code = EXIT_UNDECIDED


def recover(
    access: ContainerAccess, *, overwrite: bool, keep: bool, patience_seconds: float = PATIENCE_SECONDS
) -> Restoration:
    """Finish what was left; nothing is done where nothing was left.

    Args:
        access: the way to the engine.
        overwrite: finish also for a run of another machine, of which it is not known whether it lives.
        keep: leave production as it is, and forget how it was.
        patience_seconds: how long an engine that does not answer is asked again.

    Raises:
        StillHeld: the run still lives, or may.
        UnreadableSnapshot: the lock does not say what production was.
        EngineRefused: the engine does not answer.
    """
    host = access.host.unstoppable(patience_seconds)
    found = host.find(LOCK) or _candidate(host)
    if found is None:
        return _NOTHING
    kept, holder = snapshots.snapshot(found.labels), snapshots.holder(found.labels)
    lives = identity.seen(holder)
    if lives or (lives is None and not overwrite):
        where = "" if lives else "; give --overwrite if you know that it does not run any more"
        raise StillHeld(f"{host_lock.held(found, engine=host.engine.program)}{where}")
    host = replace(host, run=kept.run)
    host.say(f"putting production back as run {kept.run} found it at {kept.taken:%Y-%m-%d %H:%M:%S} UTC")
    if keep:
        restore.sweep(host)
        restore.unlock(host)
        return Restoration(checked=("everything stays as it is now, and what the run had made is removed",))
    return restore.restore(replace(access, host=host), kept)


def _candidate(host: ContainerHost) -> Container | None:
    """A candidate that a run left, where somebody removed the lock: it carries the same labels."""
    left = host.insisting(lambda: host.engine.containers(f"label={snapshots.SNAPSHOT}"))
    return host.find(left[0]) if left else None
