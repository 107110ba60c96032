"""The transaction around production: lock, capture, take down, serve candidates, put back. One object for a whole run.

Every step is journalled before it acts. What the run may leave behind at any moment is what ``restore`` starts from.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace

from vllm_qualify.checks import production as judge
from vllm_qualify.checks.kv_cache_log import KvCache
from vllm_qualify.checks.production import TransactionEnd
from vllm_qualify.kube import objects
from vllm_qualify.kube import snapshot as snapshots
from vllm_qualify.kube.objects import Object
from vllm_qualify.kube.refusals import Refused
from vllm_qualify.kube.snapshot import Snapshot
from vllm_qualify.system.signals import Signals
from vllm_qualify.targets.base import Interfered, Unavailable
from vllm_qualify.targets.downtime import Downtime
from vllm_qualify.targets.kubernetes import capture as capturing
from vllm_qualify.targets.kubernetes import close as closing
from vllm_qualify.targets.kubernetes import conditional_put, gitops, restore, snapshot_secret
from vllm_qualify.targets.kubernetes import watch as watching
from vllm_qualify.targets.kubernetes.fence import LostLock
from vllm_qualify.targets.kubernetes.lease_lock import LeaseLock
from vllm_qualify.targets.kubernetes.server_access import ServerAccess

_GONE_SECONDS = 300.0
_KEEP_AWAY = "Make sure that nothing else changes the Deployments of the modes during a run, then run it again"


class Production:
    """Production during a run; mutable, because it goes away and comes back.

    Args:
        reach: the way to it.
        lock: the run's lock.
        signals: what must not interrupt the way back.
        most_seconds: how long it may be away, the way back included.
        patience_seconds: how long the cluster is asked again on the way back, whatever it refuses.
        service: made for candidates that run beside production, which then never goes away; ``None`` in its place.
    """

    def __init__(
        self,
        reach: ServerAccess,
        *,
        lock: LeaseLock,
        signals: Signals,
        most_seconds: float,
        patience_seconds: float,
        service: Object | None = None,
    ) -> None:
        self._reach, self._site = reach, lock.fenced(reach.site)
        self._lock = lock
        self._signals = signals
        self._downtime = Downtime(most_seconds=most_seconds, clock=reach.site.clock)
        self._patience_seconds = patience_seconds
        self._service = service
        self._last: dict[str, Object] = {}
        self._unsure: set[str] = set()
        self._again: Callable[[], tuple[Snapshot, float | None]] | None = None
        self._touched = False
        self._ended: TransactionEnd | None = None
        self.snapshot: Snapshot | None = None
        self.kv_cache: KvCache | None = None
        self.lost = ""

    def begin(self) -> None:
        """Take the lock.

        Raises:
            Held: somebody else has it.
            Unfinished: an earlier run must be finished first.
        """
        self._site.step("lock", f"take the Lease in namespace {self._site.namespace}")
        self._lock.take()
        if self._lock.before:
            restore.sweep(self._site, self._lock.before)

    def capture(
        self,
        snapshot: Snapshot,
        *,
        written: Collection[Object],
        return_seconds: float | None,
        again: Callable[[], tuple[Snapshot, float | None]] | None = None,
    ) -> None:
        """Keep production as it is, before anything of it is touched.

        Args:
            snapshot: how it is.
            written: every Deployment that this run may write.
            return_seconds: what production's last start took.
            again: captures it anew, with the same of that start; ``None`` where a change ends the run.
        """
        self._again = again
        self._hold(snapshot.knowing(written).knowing(snapshot.deployments), return_seconds)
        self._site.step("capture", f"store {len(snapshot.objects)} objects in the Secret {snapshots.NAME}")
        snapshot_secret.under(self._lock, self._reach.site, self._kept())

    def _hold(self, snapshot: Snapshot, return_seconds: float | None) -> None:
        self.snapshot = snapshot
        self._downtime.expect(return_seconds)
        self._last = {one["metadata"]["name"]: one for one in snapshot.deployments}

    def release(self, container: str) -> str:
        """The release that production's image of a container names; ``""`` where it names none, or several do."""
        return capturing.release(self.snapshot, container) if self.snapshot else ""

    def remaining_seconds(self) -> float:
        """How long a candidate may still be tried, so that production is back in time."""
        return self._downtime.remaining_seconds()

    def refuse_late(self) -> None:
        """Let nothing more be tried when production has to come back, or is no longer ours.

        Raises:
            OutOfTime: it has to come back.
            Unavailable: the lock was lost.
        """
        if self._lock.lost:
            raise Unavailable(self._lock.lost)
        self._downtime.refuse_late()

    def serve(self, wanted: Object) -> Object:
        """Let a Deployment of a candidate serve, and nothing else; production is taken down for the first of them.

        Raises:
            Unavailable: the time is up, somebody else interfered, or the cluster would not have it.
        """
        self._refuse_lost()
        name = wanted["metadata"]["name"]
        with self._explained():
            self._take_down()
            for other in self._serving():
                self._scale_to_zero(other)
            self._site.step("apply", f"apply Deployment {name} of the candidate")
            return self._put(objects.with_replicas(wanted, 1))

    def switched(self, name: str, act: Callable[[], None]) -> Object:
        """Let the operator's own command switch to a Deployment, and take what it made of all of them for ours.

        Raises:
            Unavailable: the time is up, the command failed, or it left no such Deployment.
        """
        self._refuse_lost()
        with self._explained():
            self._take_down()
            self._site.step("apply", f"run the operator's command to switch to Deployment {name}")
            # Should the command fail half-way, whatever it made of them by then is no stranger's doing.
            self._unsure.update(self._last, [name])
            self._remember(replace(self._kept(), switching=True))
            self._lock.check()
            try:
                act()
            finally:
                self.adopt([*self._last, name])
        if name not in self._last:
            raise Unavailable(f"the operator's command succeeded, but there is no Deployment {name}")
        return self._last[name]

    def watch(self) -> None:
        """Look whether every Deployment that the run has is still what the run wrote there.

        Raises:
            Unavailable: one is not, or somebody took the lock; the run leaves it alone from now on.
        """
        with self._explained():
            self._lock.check()
            self._refuse_strangers(self._last)

    def _refuse_strangers(self, names: Iterable[str]) -> None:
        """What is held against it is the answer to the run's own write, never production as it was.

        A write that was broken off left one of two states behind, so it is nothing to hold anything against.
        """
        known = {name: self._last[name] for name in names if name not in self._unsure}
        if said := conditional_put.surely(self._site, lambda: watching.stranger(self._site, known)):
            raise conditional_put.ForeignChange(said)

    def adopt(self, names: Iterable[str]) -> None:
        """Take the Deployments as the operator's own command left them for what they should be."""
        for name in tuple(names):
            live = watching.settled(self._site, name)
            if live is not None:
                self._last[name] = live
                self._unsure.discard(name)
        self._remember(replace(self._kept().knowing(self._last.values()), switching=False))

    def close(self) -> TransactionEnd:
        """Put production back, prove it, give the lock back; nothing interrupts this, and it is done once."""
        if self._ended is None:
            with self._signals.held("production is being put back", last=True):
                self._ended = self._close()
        return self._ended

    def _close(self) -> TransactionEnd:
        insist = self._patience_seconds if self._touched else 0.0
        site = self._site.unstoppable(patience_seconds=self._site.kubectl.patience_seconds, insist_seconds=insist)
        if self._touched:
            site.say("putting production back")
        known = {name: one for name, one in self._last.items() if name not in self._unsure} if self._touched else None
        restoration = closing.close(
            replace(self._reach, site=site), self._lock, snapshot=self.snapshot, last=known, insist_seconds=insist
        )
        hint = judge.hint(context=site.kubectl.context, namespace=site.namespace, service=site.service)
        return self._downtime.ended(restoration, hint=hint)

    def _take_down(self) -> None:
        if self._touched:
            return
        self._look_again()
        # Before this is written, a restore for a run that was killed leaves alone what the operator did meanwhile.
        self._remember(replace(self._kept(), touched=True))
        self._touched = True
        if self._service is not None:
            conditional_put.make_service(self._site, self._service)
            return
        gitops.pause(self._site, self._kept())
        self._last = watching.met(self._site, self._last)
        self._downtime.begin()
        self._site.say("taking production down")
        for one in self._serving():
            self._scale_to_zero(one)

    def _look_again(self) -> None:
        """What was captured may not be what is taken down: candidates were pulled in between."""
        site, kept = self._site, self._kept()
        if said := conditional_put.surely(site, lambda: capturing.edited(site, kept)):
            raise conditional_put.ForeignChange(said)
        if said := conditional_put.surely(site, lambda: capturing.scaled(site, kept)):
            if self._again is None:
                raise conditional_put.ForeignChange(said)
            site.say(f"{said}; production is captured again")
            now, return_seconds = self._again()
            self._hold(capturing.anew(kept, now), return_seconds)

    def _serving(self) -> list[Object]:
        return [one for one in self._last.values() if objects.replicas(one)]

    def _scale_to_zero(self, deployment: Object) -> None:
        """A new pod beside the old ones would find neither GPU nor memory, so they are waited for."""
        name = deployment["metadata"]["name"]
        self._site.step("take-down", f"scale Deployment {name} to 0 and wait until its pods are gone")
        self._put(objects.with_replicas(objects.cleaned(deployment), 0))

        def gone() -> bool:
            # Whoever scales it up again keeps its pods from ending, for as long as anybody waits.
            self._refuse_strangers([name])
            return not self._site.pods_of(deployment)

        if not self._site.until(gone, seconds=_GONE_SECONDS):
            raise Unavailable(f"pods of Deployment {name} did not end within {_GONE_SECONDS:g} s")

    def _put(self, wanted: Object) -> Object:
        """Write a Deployment; a write that was broken off may have been made, so either state is ours from then on."""
        name = wanted["metadata"]["name"]
        last = None if name in self._unsure else self._last.get(name)
        self._unsure.add(name)
        try:
            made = self._last[name] = conditional_put.put(self._site, wanted, snapshot=self._kept(), last=last)
        except conditional_put.ForeignChange:
            # What is there is a stranger's, and known for that on the way back as well.
            self._unsure -= {name} if last is not None else set()
            raise
        self._unsure.discard(name)
        # What the server answers to a write of the run is the run's, a webhook's part in it included.
        self.snapshot = snapshot_secret.learnt(self._site, self._kept(), made)
        return made

    def _remember(self, snapshot: Snapshot) -> None:
        """Let whoever restores know it too, should this run not come to its end."""
        self.snapshot = snapshot
        snapshot_secret.renew(self._site, snapshot)

    def _kept(self) -> Snapshot:
        if self.snapshot is None:
            raise AssertionError("production was not captured")
        return self.snapshot

    def _refuse_lost(self) -> None:
        if self.lost:
            raise Interfered(self.lost)
        self.refuse_late()

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except conditional_put.ForeignChange as change:
            self.lost = f"{change}; this run stops, and leaves that as it is. {_KEEP_AWAY}"
            raise Unavailable(self.lost) from change
        except LostLock as lost:
            raise Unavailable(str(lost)) from lost
        except Refused as refusal:
            raise Unavailable(f"the cluster refused: {refusal}") from refusal
