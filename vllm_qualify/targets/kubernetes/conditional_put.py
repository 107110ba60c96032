"""Writes Deployments of production, and notices when somebody else did; used by the transaction and by its restore."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vllm_qualify.core.errors import UserError
from vllm_qualify.kube import foreign_edits, objects
from vllm_qualify.kube.kubectl import MANAGER
from vllm_qualify.kube.objects import FieldDifference, Object
from vllm_qualify.kube.refusals import RefusalKind, Refused
from vllm_qualify.kube.snapshot import Snapshot
from vllm_qualify.targets.kubernetes.namespace import POLL_SECONDS, Namespace

_SHOWN = 3
_RACED = frozenset({RefusalKind.CONFLICT, RefusalKind.EXISTS, RefusalKind.MISSING})
"""Refusals of somebody who wrote in between; another look says who."""
SURE_SECONDS = 5.0
"""A server behind the others, or a proxy's memory, may answer with what was; not for longer than this."""
_NOT_PEOPLE = frozenset({MANAGER, "kube-controller-manager"})


class ForeignChange(UserError):
    """Somebody else changed a Deployment while it was ours to change; it is left as they made it."""


def put(
    site: Namespace,
    wanted: Object,
    *,
    snapshot: Snapshot,
    last: Object | None = None,
    overwrite: bool = False,
    heard: Callable[[str], None] = lambda _: None,
) -> Object:
    """Bring a Deployment into a state, and return it; what others keep beside it, such as annotations, stays.

    It is always written, also when it seems to be in that state already: a read may be old, but a write that names the
    resourceVersion of an old read is refused.

    Args:
        site: where.
        wanted: the state, with the server's defaults filled in.
        snapshot: knows what may be found there.
        last: what was written there before; ``None`` when that is not known.
        overwrite: whatever is there, somebody else's change included.
        heard: gets what an autoscaler did, which is no edit, and is not kept.

    Raises:
        ForeignChange: somebody else was there.
        Refused: the server would not have it, or did not answer in time.
    """
    tried, since = _Put(wanted=wanted, snapshot=snapshot, last=last, overwrite=overwrite), site.clock()
    while True:
        if said := surely(site, lambda: tried.stranger(site)):
            raise ForeignChange(said)
        try:
            made = _write(site, tried.merged, tried.live)
        except Refused as refusal:
            if not _again(site, refusal, since=since):
                raise
        else:
            if scaled := tried.scaled:
                heard(scaled)
            return made
        site.kubectl.pause(since=since)


def _again(site: Namespace, refusal: Refused, *, since: float) -> bool:
    """Whether another try may succeed: after a race for a while, else as long as kubectl is asked again."""
    raced = refusal.kind in _RACED and site.clock() <= since + site.kubectl.patience_seconds
    return raced or site.kubectl.asks_again(refusal, since=since)


@dataclass(slots=True, kw_only=True)
class _Put:
    """A write and what was found in its place; mutable, because it is looked at anew before each try."""

    wanted: Object
    snapshot: Snapshot
    last: Object | None
    overwrite: bool
    live: Object | None = None

    def stranger(self, site: Namespace) -> str:
        """Who else was there, by another look; ``""`` for nobody, or where it does not matter."""
        self.live = site.find("Deployment", self.wanted["metadata"]["name"])
        return "" if self.overwrite else _stranger(self.wanted, self.live, snapshot=self.snapshot, last=self.last)

    @property
    def merged(self) -> Object:
        """What is written: the state, with what others keep beside it."""
        if self.live is None or self.overwrite:
            return self.wanted
        return self.snapshot.merged(self.wanted, self.live)

    @property
    def scaled(self) -> str:
        """What an autoscaler did meanwhile; ``""`` for nothing."""
        if self.live is None or not (who := _autoscaled(self.wanted, self.live, last=self.last)):
            return ""
        return f"{objects.name_of(self.live)} was scaled to {objects.replicas(self.live)} by {who} meanwhile"


def make(site: Namespace, obj: Object) -> None:
    """Create an object under a name of our own.

    Raises:
        Refused: the server would not have it, did not answer in time, or had one of that name before.
    """
    deadline, asked = site.clock() + site.kubectl.patience_seconds, False
    while True:
        try:
            site.kubectl.create(obj)
        except Refused as refusal:
            if asked and refusal.kind is RefusalKind.EXISTS:
                # The request before was carried out, and only its answer was lost.
                return
            if refusal.kind is not RefusalKind.TRANSIENT or site.clock() > deadline:
                raise
        else:
            return
        asked = True
        site.sleep(POLL_SECONDS)


def make_service(site: Namespace, service: Object) -> None:
    """Create the Service of candidates beside production, unless it is there.

    Raises:
        Refused: the server would not have it, or did not answer in time.
    """
    site.step("apply", f"create {objects.name_of(service)} beside production")
    try:
        make(site, service)
    except Refused as refusal:
        if refusal.kind is not RefusalKind.EXISTS:
            raise


def surely(site: Namespace, look: Callable[[], str]) -> str:
    """What a look says of a stranger, once every look for some seconds says so: a single read may be old.

    Args:
        site: has clock and sleep.
        look: reads anew and says what somebody else did; ``""`` for nothing.
    """
    said = look()
    deadline = site.clock() + SURE_SECONDS
    while said and site.clock() < deadline:
        site.sleep(POLL_SECONDS)
        said = look()
    return said


def _write(site: Namespace, wanted: Object, live: Object | None) -> Object:
    if live is None:
        return site.kubectl.create(wanted)
    version = {"resourceVersion": live["metadata"]["resourceVersion"]}
    return site.kubectl.replace(wanted | {"metadata": wanted["metadata"] | version})


def _stranger(wanted: Object, live: Object | None, *, snapshot: Snapshot, last: Object | None) -> str:
    if live is None:
        name = wanted["metadata"]["name"]
        ours = last is None and ("Deployment", name) in snapshot.absent
        return "" if ours else f"Deployment {name} was deleted by somebody else during the run"
    scaled = _scaled(wanted, live, last=last) and not _autoscaled(wanted, live, last=last)
    if not scaled and snapshot.ours(live):
        return ""
    return told(live, objects.differences(last, live) if last is not None else snapshot.edits(live))


def _scaled(wanted: Object, live: Object, *, last: Object | None) -> bool:
    return last is not None and objects.replicas(live) not in {objects.replicas(last), objects.replicas(wanted)}


def _autoscaled(wanted: Object, live: Object, *, last: Object | None) -> str:
    """Which autoscaler set another number of replicas; ``""`` for none, or for a person."""
    return foreign_edits.autoscaler(live) if _scaled(wanted, live, last=last) else ""


def told(live: Object, changed: Sequence[FieldDifference]) -> str:
    """Who changed what, in one sentence."""
    fields = "; ".join(map(str, changed[:_SHOWN])) + (f"; and {len(changed) - _SHOWN} more" if changed[_SHOWN:] else "")
    said = f"{objects.name_of(live)} was changed by somebody else{_who(live)}"
    return f"{said}: {fields}" if fields else said


def _who(live: Object) -> str:
    """The last field manager that is none of us; autoscalers write by the subresource ``scale``."""
    entries = [
        entry
        for entry in live["metadata"].get("managedFields") or ()
        if entry.get("subresource") == "scale"
        or (entry.get("manager") not in _NOT_PEOPLE and not entry.get("subresource"))
    ]
    newest = max(entries, key=lambda entry: str(entry.get("time", "")), default=None)
    return f" ({newest.get('manager')} at {newest.get('time')})" if newest else ""
