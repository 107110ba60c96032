"""The transaction around production on an engine: lock, take down, serve candidates, put back; one for a whole run.

Every step is journalled before it acts. What the run may leave behind at any moment is what ``restore`` starts from.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace

from vllm_qualify.checks.kv_cache_log import KvCache
from vllm_qualify.checks.production import Restoration, TransactionEnd
from vllm_qualify.container.engine import EngineFault, EngineRefused
from vllm_qualify.container.spec import ContainerSpec
from vllm_qualify.kube import identity
from vllm_qualify.system.signals import Signals
from vllm_qualify.targets.base import Interfered, Mode, Unavailable
from vllm_qualify.targets.container import host_lock, restore
from vllm_qualify.targets.container import snapshot as snapshots
from vllm_qualify.targets.container.access import ContainerAccess
from vllm_qualify.targets.container.snapshot import LOCK, HostSnapshot
from vllm_qualify.targets.downtime import Downtime

_KEEP_AWAY = "make sure that nothing else starts, stops or removes these containers during a run, then run it again"
_UNTOUCHED = "production was not touched"


class ContainerProduction:
    """Production during a run; mutable, because it goes away and comes back.

    Args:
        access: the way to it.
        kept: how it was.
        signals: what must not interrupt the way back.
        most_seconds: how long it may be away, the way back included.
        patience_seconds: how long an engine that does not answer is asked again on the way back.
    """

    def __init__(
        self,
        access: ContainerAccess,
        kept: HostSnapshot,
        *,
        signals: Signals,
        most_seconds: float,
        patience_seconds: float,
    ) -> None:
        self._access = access
        self._host = access.host
        self._signals = signals
        self._patience_seconds = patience_seconds
        self._downtime = Downtime(most_seconds=most_seconds, clock=access.host.clock)
        self._me = identity.me(access.host.run)
        self._lock = ""
        self._touched = False
        self._current = ""
        self._count = 0
        self._ended: TransactionEnd | None = None
        self.kept = kept
        self.kv_cache: KvCache | None = None
        self.lost = ""

    def begin(self, image: str) -> None:
        """Take the lock, which writes down what production is.

        Args:
            image: any image that the engine has.

        Raises:
            NotReady: somebody else has it.
            EngineRefused: the engine would not.
        """
        self._lock = host_lock.take(self._host, image, self.kept, me=self._me)

    def expect(self, return_seconds: float | None) -> None:
        """Reckon the way back by what production's last start took."""
        self._downtime.expect(return_seconds)

    def remaining_seconds(self) -> float:
        """How long a candidate may still be tried, so that production is back in time."""
        return self._downtime.remaining_seconds()

    def refuse_late(self) -> None:
        """Let nothing more be tried when production has to come back.

        Raises:
            OutOfTime: it has.
        """
        if self.kept.serving:
            self._downtime.refuse_late()

    def serve(self, spec: ContainerSpec, *, mode: Mode) -> str:
        """Make a candidate's container and start it, and nothing else; production is stopped for the first of them.

        Returns:
            The id of its container.

        Raises:
            Unavailable: the time is up, or somebody else interfered.
            EngineRefused: what the image brings cannot be run here.
        """
        if self.lost:
            raise Interfered(self.lost)
        self.refuse_late()
        with self._explained():
            self._take_down()
            self.clear()
            self._count += 1
            name = f"vllm-qualify-{self._host.run}-{self._count}"
            self._host.step("apply", f"make container {name} of {spec.image}")
            # Should somebody remove the lock, this still tells a restore what production was.
            labels = {"vllm-qualify.mode": mode.value, **snapshots.labels(self.kept, self._me)}
            self._current = self._host.make(spec, name=name, labels=labels)
            self._host.step("apply", f"start container {name}")
        try:
            self._host.engine.change("start", self._current)
        except EngineRefused as problem:
            if problem.fault is EngineFault.IMAGE:
                raise
            raise Unavailable(
                f"the candidate could not be started, which says nothing about it: {problem}"
            ) from problem
        return self._current

    def clear(self) -> None:
        """Remove the candidate's container.

        Raises:
            EngineRefused: the engine would not.
        """
        if self._current:
            self._host.step("apply", "remove the candidate's container")
            self._host.remove(self._current)
            self._current = ""

    def watch(self) -> None:
        """Look whether production still rests, the lock is ours, and the candidate is there.

        Raises:
            Interfered: somebody else had a hand in it; the run leaves everything alone from now on.
            Unavailable: the engine does not tell.
        """
        with self._explained():
            host_lock.check(self._host, self._lock)
            for one in self.kept.serving if self._touched else ():
                live = self._host.find(one.id)
                if live is None:
                    raise Interfered(f"container {one.name} of production was removed by somebody else")
                if live.state.running:
                    raise Interfered(
                        f"container {one.name} of production was started by somebody else, or by its restart policy "
                        f"({live.restart or 'none'})"
                    )

    def close(self) -> TransactionEnd:
        """Put production back, prove it, give the lock back; nothing interrupts this, and it is done once."""
        if self._ended is None:
            with self._signals.held("production is being put back", last=True):
                self._ended = self._close()
        return self._ended

    def _close(self) -> TransactionEnd:
        # It is removed with everything else that the run made, and by nobody after that.
        self._current = ""
        host = self._host.unstoppable(self._patience_seconds if self._touched else self._host.insist_seconds)
        if self._touched and self.kept.serving:
            host.say("putting production back")
        access = replace(self._access, host=host)
        try:
            restoration = self._restored(access)
        except Exception as error:  # noqa: BLE001 - whatever goes wrong is a problem that is told, never a traceback.
            restoration = Restoration(problems=(f"{type(error).__name__}: {error}",))
        hint = f"run `vllm-qualify restore --engine {host.engine.program}` to put production back"
        return self._downtime.ended(restoration, hint=hint)

    def _restored(self, access: ContainerAccess) -> Restoration:
        host = access.host
        if self._touched:
            found = host.find(LOCK)
            if found is not None and found.id != self._lock:
                # What is there now is that run's to put back.
                restore.sweep(host)
                return Restoration(problems=(host_lock.held(found, engine=host.engine.program),))
            return restore.restore(access, self.kept)
        restore.sweep(host)
        if self._lock:
            restore.unlock(host)
        return Restoration(checked=(_UNTOUCHED,))

    def _take_down(self) -> None:
        if self._touched:
            return
        host_lock.check(self._host, self._lock)
        self._refuse_changed()
        self._touched = True
        if not self.kept.serving:
            return
        self._downtime.begin()
        self._host.say("taking production down")
        for one in self.kept.serving:
            self._host.step("take-down", f"stop container {one.name}")
            self._host.stop(one.id)

    def _refuse_changed(self) -> None:
        """What was captured may not be what is taken down: candidates were pulled in between."""
        for one in self.kept.containers:
            live = self._host.find(one.id)
            if live is None or live.state.running is not one.running:
                now = "is gone" if live is None else f"is now {live.state}"
                raise Interfered(f"container {one.name} {now}, which it was not when the run began")

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except Interfered as change:
            self.lost = f"{change}; this run stops, and leaves that as it is: {_KEEP_AWAY}"
            raise Interfered(self.lost) from change
        except EngineRefused as refusal:
            raise Unavailable(f"the engine refused: {refusal}") from refusal
