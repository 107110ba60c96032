"""Lets a run write only while the lock is its own; asked right before each change of the cluster.

A run that slept, was stopped or could not reach the API for longer than its lock lasts may wake up when somebody else
has put production back, or tries candidates of their own. So each change begins with a look at the Lease. What a look
cannot close is the moment between it and the request, which ends at once where the machine is suspended in it: a change
of a Deployment names the resourceVersion read before the look, so it is refused where anybody changed that meanwhile.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from vllm_qualify.core.errors import UserError
from vllm_qualify.core.outcomes import EXIT_NOT_RESTORED
from vllm_qualify.kube import lease, objects, paths
from vllm_qualify.kube.kubectl import REQUEST_SECONDS
from vllm_qualify.kube.lease import Holder
from vllm_qualify.kube.objects import Object
from vllm_qualify.kube.refusals import RefusalKind, Refused
from vllm_qualify.targets.kubernetes import conditional_put
from vllm_qualify.targets.kubernetes.namespace import POLL_SECONDS, Namespace

# The Lease is what is looked at. A pod of our own that only pulled an image harms nobody by going.
_FREE = frozenset({("create", "Lease"), ("replace", "Lease"), ("delete", "Lease"), ("delete", "Pod")})

# Counted, since time also passes in a look during which the machine sleeps; after it at least one more is needed.
_LOOKS = 60
_REQUEST_SECONDS = 2 * REQUEST_SECONDS


class LostLock(UserError):
    """The lock is not ours any more; the message says who has it, and what to do."""

    exit_code = EXIT_NOT_RESTORED


class Fence:
    """Knows whether the lock is ours; mutable, because that is found out anew, and a lock that is lost stays lost.

    Args:
        site: where the Lease is.
    """

    def __init__(self, site: Namespace) -> None:
        # A sign of life is no step of the transaction, and a journal of them would hide the steps.
        self._kubectl = replace(site.kubectl, insistence=None, on_change=lambda _argv, _object: None)
        self._site = replace(site, kubectl=self._kubectl)
        self._path = paths.path("Lease", site.namespace, lease.NAME)
        self._me: Holder | None = None
        self._sure_at = 0.0
        self.lost = ""

    def taken(self, me: Holder, *, at: float) -> None:
        """Begin: the Lease says so.

        Args:
            me: as whom it is held.
            at: a moment before it was written, by the clock of the site.
        """
        self._me, self._sure_at = me, at

    def around(self, site: Namespace) -> Namespace:
        """The same place, where nothing is changed unless the lock is ours."""
        return replace(site, kubectl=replace(site.kubectl, guard=self._guard))

    def check(self) -> None:
        """Make sure that the lock is ours, and was renewed so lately that nobody may take it at this moment.

        Raises:
            Lost: it is not.
            Refused: the cluster does not say.
        """
        for _ in range(_LOOKS):
            if self._sure():
                return
            self._site.sleep(POLL_SECONDS)
        raise Refused("the lock could not be renewed: the API server does not answer", kind=RefusalKind.TRANSIENT)

    def renew(self) -> None:
        """Give one sign of life; a server that does not answer is asked the next time.

        Whoever cannot renew is not interrupted for that: before the next change it is looked at again.
        """
        try:
            found = self._kubectl.patient(0).get(self._path)
            if not self._stranger(found):
                self._write(found or {})
            elif said := conditional_put.surely(self._site, self._look):
                self.lost = said
        except Refused:
            return

    def _guard(self, verb: str, kind: str) -> None:
        if (verb, kind) not in _FREE:
            self.check()

    def _sure(self) -> bool:
        """``False`` when it must be looked at again: this took too long, or somebody wrote meanwhile."""
        self.lost = self.lost or conditional_put.surely(self._site, self._look)
        if self.lost:
            raise LostLock(self.lost)
        try:
            if not self._valid():
                self._write(self._kubectl.get(self._path) or {})
        except Refused as refusal:
            if refusal.kind not in {RefusalKind.CONFLICT, RefusalKind.MISSING, RefusalKind.TRANSIENT}:
                raise
            return False
        return self._valid()

    def _valid(self) -> bool:
        """It was renewed so lately that nobody takes it before the next request is through."""
        return self._site.clock() < self._sure_at + lease.SECONDS - _REQUEST_SECONDS

    def _look(self) -> str:
        return self._stranger(self._kubectl.get(self._path))

    def _stranger(self, found: Object | None) -> str:
        if self._me is None:
            raise AssertionError("the lock was not taken")
        if found is None:
            return self._said("somebody deleted its Lease, as `vllm-qualify restore` does when production is back")
        holder = lease.holder(found)
        return "" if lease.unbroken(holder, self._me) else self._said(f"it is held by {holder}")

    def _said(self, why: str) -> str:
        return (
            f"this run lost its lock on the namespace {self._site.namespace}: {why}. It changes nothing more; once no "
            "other run is active there, `vllm-qualify restore` says whether anything is left to put back"
        )

    def _write(self, found: Object) -> None:
        """Renew; refused where somebody wrote since it was read, so that no two can have it."""
        if said := self._stranger(found or None):
            raise Refused(said, kind=RefusalKind.CONFLICT)
        at, me = self._site.clock(), self._me
        if me is None:
            raise AssertionError("the lock was not taken")
        renewed = lease.lease(replace(me, renewed=datetime.now(UTC)), namespace=self._site.namespace)
        self._kubectl.replace(objects.instead(renewed, of=found))
        self._sure_at = at
