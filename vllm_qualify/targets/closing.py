"""The end of a run on a cluster: production is put back, what the run made is cleared away, the lock is given back."""

from __future__ import annotations

from collections.abc import Mapping

from vllm_qualify.judge.restoring import Restoration
from vllm_qualify.kube.objects import Object
from vllm_qualify.kube.snapshot import Snapshot
from vllm_qualify.targets import keeping, restoring
from vllm_qualify.targets.fencing import Lost
from vllm_qualify.targets.lock import Lock
from vllm_qualify.targets.reach import Reach

_UNTOUCHED = "production was not touched"


def close(
    reach: Reach, lock: Lock, *, snapshot: Snapshot | None, last: Mapping[str, Object] | None, insist_seconds: float
) -> Restoration:
    """Put production back and give the lock back; whatever goes wrong is a problem, and never a traceback.

    Args:
        reach: the way to production, which nothing stops.
        lock: of the run.
        snapshot: how production was; ``None`` where it was not captured.
        last: by name, what the run wrote last, where that is known; ``None`` where it touched nothing.
        insist_seconds: how long even a refusal is no answer.
    """
    try:
        restoration = _restored(reach, snapshot, last)
        reach.site.step("unlock", "give the Lease back")
        lock.release(insist_seconds=insist_seconds)
    except Lost as lost:
        # What stands for the way back when production is another's by now.
        return Restoration(problems=(str(lost),)) if last is not None else _untouched(str(lost))
    except Exception as error:  # noqa: BLE001
        return Restoration(problems=(f"{type(error).__name__}: {error}",))
    return restoration


def _restored(reach: Reach, snapshot: Snapshot | None, last: Mapping[str, Object] | None) -> Restoration:
    if snapshot is None:
        return _untouched()
    if last is not None:
        return restoring.restore(reach, snapshot, last=last)
    restoring.sweep(reach.site, snapshot.run)
    keeping.forget(reach.site, snapshot.run)
    return _untouched()


def _untouched(*notes: str) -> Restoration:
    return Restoration(checked=(_UNTOUCHED,), notes=notes)
