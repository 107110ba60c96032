"""What production was before a run: captured objects, kept in a Secret until they are put back. Pure.

A Secret, since Deployments may hold tokens in plain sight; for the same reason they are kept nowhere else.
"""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from vllm_qualify.core.errors import UserError
from vllm_qualify.core.outcomes import EXIT_UNDECIDED
from vllm_qualify.kube import foreign_edits, objects
from vllm_qualify.kube.gitops_pause import PausedObject
from vllm_qualify.kube.objects import FieldDifference, Object

NAME = "vllm-qualify-snapshot"
_KEY = "snapshot.json.gz"
_MUTABLE = "Deployment"


class BadSnapshot(UserError, ValueError):
    """A Secret that holds no snapshot; the message says what to do."""

    exit_code = EXIT_UNDECIDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Production as it was.

    Attributes:
        run: the run that took it.
        taken: when.
        namespace: where everything of it is.
        objects: what there was, each without what the server keeps there for itself; the Deployments among them are
            put back, the others only looked at.
        absent: kind and name of what there was not, so that it can be taken away again.
        served: the model names that production's ``/v1/models`` gave; empty when it did not serve.
        service: the Service in front of it.
        container: of production's pods, the one that serves.
        ready: how many pods were ready, by Deployment; those of which none was are not named.
        revisions: uids of the ReplicaSets in their history, by name; nothing for one whose history may not be listed.
        owners: who owned which fields of the Deployments, by name, as ``metadata.managedFields`` say it.
        known: what may be found in their place without anybody else having been there, at any scale.
        switching: the operator's own command is at work, so that whatever is found is its doing.
        gitops: what the run pauses before it takes production down, to be let go on afterwards.
        touched: the run may have changed something; before that, whatever is found is the operator's.
    """

    run: str
    taken: datetime
    namespace: str
    objects: tuple[Object, ...] = field(default=(), repr=False)
    absent: tuple[tuple[str, str], ...] = ()
    served: tuple[str, ...] = ()
    service: str = ""
    container: str = ""
    ready: Mapping[str, int] = field(default_factory=dict)
    revisions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    owners: Mapping[str, tuple[Object, ...]] = field(default_factory=dict, repr=False)
    known: tuple[Object, ...] = field(default=(), repr=False)
    switching: bool = False
    gitops: tuple[PausedObject, ...] = ()
    touched: bool = True

    @property
    def deployments(self) -> tuple[Object, ...]:
        """What is put back."""
        return tuple(one for one in self.objects if one["kind"] == _MUTABLE)

    @property
    def witnesses(self) -> tuple[Object, ...]:
        """What nobody touches, and what is looked at for that reason."""
        return tuple(one for one in self.objects if one["kind"] != _MUTABLE)

    def ours(self, live: Object) -> bool:
        """Nobody but the run has changed of this Deployment what a snapshot is about."""
        base = foreign_edits.nearest(self._of(live), live)
        return self.switching or (base is not None and not foreign_edits.edits(base, live))

    def edits(self, live: Object) -> tuple[FieldDifference, ...]:
        """What somebody else changed, measured by what is nearest to it of that which may be found."""
        base = foreign_edits.nearest(self._of(live), live)
        return () if base is None else foreign_edits.edits(base, live)

    def merged(self, wanted: Object, live: Object) -> Object:
        """What shall be there, with what others keep beside what there is.

        While the operator's command is at work nobody knows what it wrote, so nothing is taken for others' then.
        """
        known = self._of(live)
        return foreign_edits.merged(wanted, known=known, live=live) if known and not self.switching else wanted

    def knowing(self, written: Iterable[Object]) -> Snapshot:
        """The same, for a run that will write these, or has."""
        known = {json.dumps(one, sort_keys=True): one for one in (*self.known, *map(objects.cleaned, written))}
        return replace(self, known=tuple(known.values()))

    def _of(self, live: Object) -> tuple[Object, ...]:
        name = live["metadata"]["name"]
        return tuple(one for one in self.known if one["metadata"]["name"] == name)


def secret(snapshot: Snapshot) -> Object:
    """The Secret that keeps a snapshot."""
    document = {
        "run": snapshot.run,
        "taken": snapshot.taken.isoformat(),
        "namespace": snapshot.namespace,
        "objects": list(snapshot.objects),
        "absent": [list(one) for one in snapshot.absent],
        "served": list(snapshot.served),
        "service": snapshot.service,
        "container": snapshot.container,
        "ready": dict(snapshot.ready),
        "revisions": {name: list(uids) for name, uids in snapshot.revisions.items()},
        "owners": {name: list(entries) for name, entries in snapshot.owners.items()},
        "known": list(snapshot.known),
        "switching": snapshot.switching,
        "gitops": [asdict(one) for one in snapshot.gitops],
        "touched": snapshot.touched,
    }
    packed = gzip.compress(json.dumps(document, sort_keys=True).encode(), mtime=0)
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "Opaque",
        "metadata": {
            "name": NAME,
            "namespace": snapshot.namespace,
            "labels": {"app.kubernetes.io/managed-by": "vllm-qualify"},
            "annotations": {objects.RUN: snapshot.run},
        },
        "data": {_KEY: base64.b64encode(packed).decode()},
    }


def read(obj: Object) -> Snapshot:
    """The snapshot that a Secret keeps.

    Raises:
        BadSnapshot: it keeps none that can be read.
    """
    try:
        packed = base64.b64decode(obj["data"][_KEY], validate=True)
        document: dict[str, Any] = json.loads(gzip.decompress(packed))
        return Snapshot(
            run=document["run"],
            taken=datetime.fromisoformat(document["taken"]),
            namespace=document["namespace"],
            objects=tuple(document["objects"]),
            absent=tuple((kind, name) for kind, name in document["absent"]),
            served=tuple(document["served"]),
            service=document["service"],
            container=document["container"],
            ready={str(name): int(count) for name, count in document["ready"].items()},
            revisions={name: tuple(uids) for name, uids in document["revisions"].items()},
            owners={name: tuple(entries) for name, entries in document["owners"].items()},
            known=tuple(document["known"]),
            switching=bool(document["switching"]),
            gitops=tuple(PausedObject(**one) for one in document["gitops"]),
            touched=bool(document["touched"]),
        )
    except (AttributeError, KeyError, TypeError, ValueError, OSError, EOFError, zlib.error) as error:
        raise BadSnapshot(
            f"the Secret {NAME} holds no readable snapshot ({type(error).__name__}: {error}); check the Deployments "
            "yourself, and delete that Secret once they are right"
        ) from error
