"""Takes and keeps the lock of a run on a namespace, so that no two runs change the same production."""

from __future__ import annotations

import threading
from dataclasses import replace

from vllm_qualify.core.errors import UserError
from vllm_qualify.core.outcomes import EXIT_UNDECIDED
from vllm_qualify.kube import lease, objects, snapshot
from vllm_qualify.kube.lease import Holder
from vllm_qualify.kube.objects import Object
from vllm_qualify.kube.refusals import RefusalKind, Refused
from vllm_qualify.targets.kubernetes import holder as living
from vllm_qualify.targets.kubernetes import removal
from vllm_qualify.targets.kubernetes.fence import Fence
from vllm_qualify.targets.kubernetes.namespace import POLL_SECONDS, Namespace

# Counted, since time also passes while a holder is watched, and while the machine sleeps.
_TRIES = 60


class LockHeld(UserError):
    """Somebody else has the lock; the message says who, since when, and what to do."""

    exit_code = EXIT_UNDECIDED


class Unfinished(UserError):
    """An earlier run ended without putting production back; the message says how that is finished."""

    exit_code = EXIT_UNDECIDED


class LeaseLock:
    """The Lease of a run; mutable because a thread renews it.

    Args:
        site: where.
        me: as whom it is held.

    Attributes:
        before: the run that had it and died; ``""`` where none did.
    """

    def __init__(self, site: Namespace, me: Holder) -> None:
        self._site = site
        self.me = me
        self.before = ""
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

    def fenced(self, site: Namespace) -> Namespace:
        """The same place, where nothing is changed unless the lock is ours."""
        return self._fence.around(site)

    def take(self, *, finishing: bool = False) -> None:
        """Take it and keep it renewed.

        Args:
            finishing: what an earlier run left is put back under this lock.

        Raises:
            Held: somebody who lives has it.
            Unfinished: production is as a run left it that did not come to its end.
            Refused: the cluster would not have it.
        """
        self._tried = True
        for _ in range(_TRIES):
            if self._take_once(finishing=finishing):
                break
            self._site.sleep(POLL_SECONDS)
        else:
            raise Refused("the lock could not be taken: the API server does not answer", kind=RefusalKind.TRANSIENT)
        self._thread = threading.Thread(target=self._renew, name="lease", daemon=True)
        self._thread.start()

    def abandon(self) -> None:
        """Renew it no more; whoever comes next sees that nobody lives who has it."""
        self._over.set()

    def release(self, *, insist_seconds: float = 0.0) -> None:
        """Give it back; does nothing where it is not ours.

        Args:
            insist_seconds: how long even a refusal is no answer.
        """
        self.abandon()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if not self._tried:
            return
        patience = self._site.kubectl.patience_seconds
        site = self._site.unstoppable(patience_seconds=patience, insist_seconds=insist_seconds)
        removal.remove(site, "Lease", lease.NAME, ours=lambda found: lease.unbroken(lease.holder(found), self.me))
        self._tried = False

    def _take_once(self, *, finishing: bool) -> bool:
        """``False`` when the answer of the server leaves it open, so that it must be looked at again."""
        at, found = self._site.clock(), self._site.find("Lease", lease.NAME)
        holder = lease.holder(found) if found is not None else None
        if holder is not None and lease.same(holder, self.me):
            # Written by an attempt whose answer was lost, it may be about to lapse: the first change renews it.
            self._fence.taken(holder, at=at - lease.SECONDS)
            self.me = holder
            return True
        if holder is not None:
            self._refuse_living(holder, finishing=finishing)
        if not finishing and (secret := self._site.find("Secret", snapshot.NAME)) is not None:
            raise Unfinished(_unfinished(secret))
        self.me = replace(self.me, transitions=holder.transitions + 1 if holder is not None else 0)
        at = self._site.clock()
        try:
            self._write(found)
        except Refused as refusal:
            if refusal.kind in {
                RefusalKind.EXISTS,
                RefusalKind.CONFLICT,
                RefusalKind.MISSING,
                RefusalKind.GONE,
                RefusalKind.TRANSIENT,
            }:
                return False
            raise
        self._fence.taken(self.me, at=at)
        return True

    def _write(self, found: Object | None) -> None:
        wanted = lease.lease(self.me, namespace=self._site.namespace)
        if found is None:
            self._site.kubectl.create(wanted)
        else:
            self._site.kubectl.replace(objects.instead(wanted, of=found))

    def _refuse_living(self, holder: Holder, *, finishing: bool) -> None:
        if living.lives(self._site, holder):
            raise LockHeld(_held(holder, self._site.namespace, finishing=finishing))
        self.before = holder.run

    def _renew(self) -> None:
        while not self.lost and not self._over.wait(lease.RENEW_SECONDS):
            self._fence.renew()


def _held(holder: Holder, namespace: str, *, finishing: bool) -> str:
    if finishing:
        return f"the run that holds production is still alive: {holder}; end it first, it puts production back itself"
    return (
        f"another run holds the namespace {namespace}: {holder}; wait until it ends. If it dies, its lock expires "
        f"{lease.SECONDS} s after its last sign of life, and `vllm-qualify restore` cleans up"
    )


def _unfinished(secret: Object) -> str:
    return (
        f"run {objects.run_of(secret) or 'unknown'} ended without putting production back, and its snapshot still "
        "exists; run `vllm-qualify restore`, then start again"
    )
