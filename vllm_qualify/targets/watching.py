"""Notices when somebody else changes what the run has; for the transaction around production."""

from __future__ import annotations

from collections.abc import Mapping

from vllm_qualify.kube import objects, standing
from vllm_qualify.kube.objects import Object
from vllm_qualify.targets import writing
from vllm_qualify.targets.site import POLL_SECONDS, Site

_LOOKS = 10


def stranger(site: Site, written: Mapping[str, Object]) -> str:
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
        if changed := standing.changed(ours, live):
            return writing.told(live, changed)
    return ""


def settled(site: Site, name: str) -> Object | None:
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
