"""Notices when somebody else changes what the run has; for the transaction around production."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from vllm_qualify.kube import expected_state, objects, paths
from vllm_qualify.kube.objects import Object
from vllm_qualify.kube.pods import state
from vllm_qualify.targets.kubernetes import conditional_put
from vllm_qualify.targets.kubernetes.namespace import POLL_SECONDS, Namespace

_LOOKS = 10


def stranger(site: Namespace, written: Mapping[str, Object]) -> str:
    """Who changed one of the Deployments, and what; ``""`` where each is still what the run wrote.

    Args:
        site: where they are.
        written: by name, what the server answered to the run's last write.

    Raises:
        Refused: the cluster does not answer.
    """
    for name, ours in written.items():
        live = site.find("Deployment", name)
        if live is None:
            return f"Deployment {name} was deleted by somebody else"
        if changed := expected_state.changed(ours, live):
            return conditional_put.told(live, changed)
    return ""


def settled(site: Namespace, name: str) -> Object | None:
    """A Deployment as two looks in a row see it: the first may be old.

    Raises:
        Refused: the cluster does not answer.
    """
    live = site.find("Deployment", name)
    for _ in range(_LOOKS):
        site.sleep(POLL_SECONDS)
        before, live = live, site.find("Deployment", name)
        if not objects.differences(before or {}, live or {}):
            break
    return live


def met(site: Namespace, known: Mapping[str, Object]) -> dict[str, Object]:
    """The Deployments that are as they are known, with uid and generation where the run has not written them yet.

    Raises:
        Refused: the cluster does not answer.
    """
    found = {name: site.find("Deployment", name) for name, one in known.items() if "uid" not in one["metadata"]}
    same = {
        name: live for name, live in found.items() if live is not None and not expected_state.changed(known[name], live)
    }
    return {**known, **same}


def others_behind(site: Namespace, *, owners: Collection[str] = (), uid: str = "") -> tuple[str, ...]:
    """The pods behind the Service that would answer in the place of those that are meant.

    Args:
        site: names the Service.
        owners: Deployments whose pods are meant.
        uid: of the one pod that is meant.

    Raises:
        Refused: the cluster does not answer.
    """
    service = site.find("Service", site.service) or {}
    if not service.get("spec", {}).get("selector"):
        return ()
    listed = site.kubectl.items(paths.path("Pod", site.namespace, labelSelector=objects.selector(service)))
    ready = [pod for pod in listed if state.ready(pod) and pod["metadata"].get("uid") != uid]
    return tuple(str(pod["metadata"]["name"]) for pod in ready if not any(state.owned_by(pod, one) for one in owners))
