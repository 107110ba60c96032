"""The lab's actors, let loose on production; for the driver."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from lab import actors, admission, api
from lab.actors import Look
from lab.api import Api
from tests.faults import production
from tests.faults.matrix import Actor
from tests.faults.production import DEPLOYMENT, NAMESPACE
from tests.faults.site import Site

_LATE_SECONDS = 3.0
_WEBHOOKS = {Actor.WEBHOOK: False, Actor.WEBHOOK_OF_PODS: True}
_MANAGERS = {
    Actor.GITOPS: actors.ARGOCD,
    Actor.GITOPS_LATE: actors.ARGOCD,
    Actor.AUTOSCALER: actors.AUTOSCALER,
    Actor.SCALER_FROM_ZERO: actors.AUTOSCALER,
    Actor.ANNOTATOR: actors.NOTES,
    Actor.RESTARTER: actors.COLLEAGUE,
    Actor.EVICTOR: actors.EVICTIONS,
    Actor.NODE_PRESSURE: actors.EVICTIONS,
    Actor.COLLEAGUE: actors.COLLEAGUE,
}


@contextlib.contextmanager
def at_work(site: Site, actor: Actor) -> Iterator[Callable[[], int]]:
    """An actor that has looked at the cluster as it is now; what is given says how often it wrote so far."""
    lab = site.lab.lab
    if actor in _WEBHOOKS:
        with admission.webhook(lab, NAMESPACE, template=_WEBHOOKS[actor]) as stamped:
            yield lambda: len(stamped)
        return
    with api.client(lab) as http:
        there = Api(http, namespace=NAMESPACE, manager=_MANAGERS[actor])
        with actors.acting(_look(there, actor)) as acting:
            acting.has_looked()
            yield lambda: acting.acts


def _look(there: Api, actor: Actor) -> Look:
    if actor in {Actor.GITOPS, Actor.GITOPS_LATE}:
        wanted = [one for one in production.manifests().values() if one["kind"] == "Deployment"]
        return actors.gitops(there, wanted, seconds=_LATE_SECONDS if actor is Actor.GITOPS_LATE else 0.0)
    if actor in {Actor.AUTOSCALER, Actor.SCALER_FROM_ZERO}:
        from_zero = actor is Actor.SCALER_FROM_ZERO
        return actors.autoscaler(there, DEPLOYMENT, least=1 if from_zero else 2, from_zero=from_zero)
    if actor is Actor.RESTARTER:
        return actors.restarter(there, DEPLOYMENT)
    if actor is Actor.COLLEAGUE:
        return actors.colleague(there, DEPLOYMENT, container=production.CONTAINER)
    return {
        Actor.ANNOTATOR: actors.annotator,
        Actor.EVICTOR: actors.evictor,
        Actor.NODE_PRESSURE: actors.node_pressure,
    }[actor](there)
