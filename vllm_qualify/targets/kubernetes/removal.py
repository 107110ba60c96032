"""Deletes what a run made for itself, and nothing that has its name by now; used wherever a run clears up."""

from __future__ import annotations

from collections.abc import Callable

from vllm_qualify.kube import objects
from vllm_qualify.kube.objects import Object
from vllm_qualify.kube.refusals import RefusalKind, Refused
from vllm_qualify.targets.kubernetes import conditional_put
from vllm_qualify.targets.kubernetes.namespace import POLL_SECONDS, Namespace


def remove(
    site: Namespace, kind: str, name: str, *, ours: Callable[[Object], bool], grace_seconds: int | None = None
) -> bool:
    """Delete an object by the uid and the resourceVersion with which it was seen to be ours.

    Args:
        site: where.
        kind: as manifests write it.
        name: how it is called.
        ours: tells whether an object of that name is the one that is meant.
        grace_seconds: what its pods get to end; ``None`` leaves it to them.

    Returns:
        Whether one was deleted; there may be none, or one that is not ours.

    Raises:
        Refused: it may not be deleted, or the server did not answer in time.
    """
    deadline = site.clock() + site.kubectl.patience_seconds
    found: Object | None = None

    def missing() -> str:
        nonlocal found
        found = site.find(kind, name)
        return "" if found is not None and ours(found) else "this run created none"

    # One look proves neither that it is gone nor that it is another's.
    while not conditional_put.surely(site, missing):
        try:
            site.kubectl.delete(kind, site.namespace, name, grace_seconds=grace_seconds, **objects.only(found or {}))
        except Refused as refusal:
            # It was changed since it was read, by a renewal that came late or by whoever has its name by now.
            if refusal.kind is not RefusalKind.CONFLICT or site.clock() > deadline:
                raise
        else:
            return True
        site.sleep(POLL_SECONDS)
    return False


def pod(site: Namespace, name: str, *, run: str) -> None:
    """Delete a pod that a run made for itself, at once.

    Raises:
        Refused: as ``remove``.
    """
    remove(site, "Pod", name, ours=lambda found: objects.run_of(found) == run, grace_seconds=0)
