"""Takes and keeps the lock of a run on a namespace, so that no two runs change the same production."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import replace
from datetime import UTC, datetime

from vllm_qualify.edge import identity
from vllm_qualify.kube import lease, paths, snapshot
from vllm_qualify.kube.lease import Holder
from vllm_qualify.kube.objects import Object
from vllm_qualify.kube.refusals import Kind, Refused
from vllm_qualify.targets import writing
from vllm_qualify.targets.site import POLL_SECONDS, Site


class Held(RuntimeError):
    """Somebody else has the lock; the message says who, since when, and what to do."""


class Unfinished(RuntimeError):
    """An earlier run ended without putting production back; the message says how that is finished."""


class Lock:
    """The Lease of a run; mutable because a thread renews it.

    Args:
        site: where.
        me: as whom it is held.
    """

    def __init__(self, site: Site, me: Holder) -> None:
        self._site = site
        self.me = me
        self._tried = False
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._path = paths.path("Lease", site.namespace, lease.NAME)

    def take(self) -> None:
        """Take it and keep it renewed.

        Raises:
            Held: somebody who lives has it.
            Unfinished: production is as a run left it that did not come to its end.
            Refused: the cluster would not have it.
        """
        self._tried = True
        deadline = self._site.clock() + self._site.kubectl.patience_seconds
        while not self._take_once():
            if self._site.clock() > deadline:
                raise Refused("the lock could not be taken: the API server does not answer", kind=Kind.TRANSIENT)
            self._site.sleep(POLL_SECONDS)
        self._thread = threading.Thread(target=self._renew, name="lease", daemon=True)
        self._thread.start()

    def release(self) -> None:
        """Give it back; does nothing where it is not ours."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if not self._tried:
            return
        site = self._site.unstoppable(patience_seconds=self._site.kubectl.patience_seconds)
        ours: list[Object] = []

        def missing() -> str:
            found = site.find("Lease", lease.NAME)
            ours[:] = [found] if found is not None and lease.same(lease.holder(found), self.me) else []
            return "" if ours else "there is no Lease of this run"

        writing.surely(site, missing)
        for found in ours:
            self._delete(site, found)
        self._tried = False

    def _delete(self, site: Site, found: Object) -> None:
        try:
            site.kubectl.delete("Lease", site.namespace, lease.NAME, uid=found["metadata"]["uid"])
        except Refused as refusal:
            # Another one has its name by now, which somebody else took.
            if refusal.kind is not Kind.CONFLICT:
                raise

    def _take_once(self) -> bool:
        """``False`` when the answer of the server leaves it open, so that it must be looked at again."""
        found = self._site.find("Lease", lease.NAME)
        if found is not None and lease.same(lease.holder(found), self.me):
            return True
        if found is not None:
            self._refuse_living(lease.holder(found))
        if self._site.find("Secret", snapshot.NAME) is not None:
            raise Unfinished(_unfinished(found))
        wanted = lease.lease(self.me, namespace=self._site.namespace)
        try:
            self._write(wanted, found)
        except Refused as refusal:
            if refusal.kind in {Kind.EXISTS, Kind.CONFLICT, Kind.MISSING, Kind.GONE, Kind.TRANSIENT}:
                return False
            raise
        return True

    def _write(self, wanted: Object, found: Object | None) -> None:
        if found is None:
            self._site.kubectl.create(wanted)
            return
        version = {"resourceVersion": found["metadata"]["resourceVersion"]}
        self._site.kubectl.replace(wanted | {"metadata": wanted["metadata"] | version})

    def _refuse_living(self, holder: Holder) -> None:
        if not identity.gone(holder, now=datetime.now(UTC)):
            raise Held(
                f"another run has the namespace {self._site.namespace}: {holder}; wait until it ends. If it is dead, "
                f"its lock lapses {lease.SECONDS} s after its last sign of life, and `vllm-qualify restore` clears up"
            )

    def _renew(self) -> None:
        """Whoever cannot renew is not interrupted for that: nobody else may start while the snapshot is there."""
        # A sign of life is no step of the transaction, and a journal of them would hide the steps.
        kubectl = replace(self._site.kubectl, patience_seconds=0, on_change=lambda _argv, _object: None)
        while not self._over.wait(lease.RENEW_SECONDS):
            with contextlib.suppress(Refused):
                found = kubectl.get(self._path)
                if found is not None and lease.same(lease.holder(found), self.me):
                    renewed = lease.lease(replace(self.me, renewed=datetime.now(UTC)), namespace=self._site.namespace)
                    version = {"resourceVersion": found["metadata"]["resourceVersion"]}
                    kubectl.replace(renewed | {"metadata": renewed["metadata"] | version})


def _unfinished(found: Object | None) -> str:
    run = f"run {lease.holder(found).run}" if found is not None else "an earlier run"
    return (
        f"{run} ended without putting production back, and its snapshot is still there; finish it with "
        "`vllm-qualify restore`, then start again"
    )
