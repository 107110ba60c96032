"""Takes and keeps the lock of a run on a namespace, so that no two runs change the same production."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime

from vllm_qualify.edge import identity
from vllm_qualify.kube import lease, snapshot
from vllm_qualify.kube.lease import Holder
from vllm_qualify.kube.objects import Object
from vllm_qualify.kube.refusals import Kind, Refused
from vllm_qualify.targets import removing
from vllm_qualify.targets.fencing import Fence
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
        self._fence = Fence(site)
        self._tried = False
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def lost(self) -> str:
        """Who has the lock that was ours, and what to do; ``""`` as long as nobody saw it lost."""
        return self._fence.lost

    def check(self) -> None:
        """Make sure that it is ours, right before something is changed by another way than ``fenced``.

        Raises:
            Lost: it is not.
            Refused: the cluster does not say.
        """
        self._fence.check()

    def fenced(self, site: Site) -> Site:
        """The same place, where nothing is changed unless the lock is ours."""
        return self._fence.around(site)

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

    def release(self, *, insist_seconds: float = 0.0) -> None:
        """Give it back; does nothing where it is not ours.

        Args:
            insist_seconds: how long even a refusal is no answer.
        """
        self._over.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if not self._tried:
            return
        patience = self._site.kubectl.patience_seconds
        site = self._site.unstoppable(patience_seconds=patience, insist_seconds=insist_seconds)
        removing.remove(site, "Lease", lease.NAME, ours=lambda found: lease.unbroken(lease.holder(found), self.me))
        self._tried = False

    def _take_once(self) -> bool:
        """``False`` when the answer of the server leaves it open, so that it must be looked at again."""
        at, found = self._site.clock(), self._site.find("Lease", lease.NAME)
        holder = lease.holder(found) if found is not None else None
        if holder is not None and lease.same(holder, self.me):
            # Written by an attempt whose answer was lost, it may be about to lapse: the first change renews it.
            self._fence.taken(holder, at=at - lease.SECONDS)
            self.me = holder
            return True
        if holder is not None:
            self._refuse_living(holder)
        if self._site.find("Secret", snapshot.NAME) is not None:
            raise Unfinished(_unfinished(found))
        self.me = replace(self.me, transitions=holder.transitions + 1 if holder is not None else 0)
        try:
            self._write(found)
        except Refused as refusal:
            if refusal.kind in {Kind.EXISTS, Kind.CONFLICT, Kind.MISSING, Kind.GONE, Kind.TRANSIENT}:
                return False
            raise
        self._fence.taken(self.me, at=at)
        return True

    def _write(self, found: Object | None) -> None:
        wanted = lease.lease(self.me, namespace=self._site.namespace)
        if found is None:
            self._site.kubectl.create(wanted)
        else:
            self._site.kubectl.replace(lease.instead(wanted, of=found))

    def _refuse_living(self, holder: Holder) -> None:
        if not identity.gone(holder, now=datetime.now(UTC)):
            raise Held(
                f"another run has the namespace {self._site.namespace}: {holder}; wait until it ends. If it is dead, "
                f"its lock lapses {lease.SECONDS} s after its last sign of life, and `vllm-qualify restore` clears up"
            )

    def _renew(self) -> None:
        while not self.lost and not self._over.wait(lease.RENEW_SECONDS):
            self._fence.renew()


def _unfinished(found: Object | None) -> str:
    run = f"run {lease.holder(found).run}" if found is not None else "an earlier run"
    return (
        f"{run} ended without putting production back, and its snapshot is still there; finish it with "
        "`vllm-qualify restore`, then start again"
    )
