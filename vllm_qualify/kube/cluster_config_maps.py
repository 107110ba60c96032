"""Finds ConfigMaps on a cluster, where a manifest names one that is in no file at hand. Secrets are never asked for."""

from __future__ import annotations

import functools

from vllm_qualify.core import foreign
from vllm_qualify.kube import paths
from vllm_qualify.kube.config_maps import Data, Lookup
from vllm_qualify.kube.kubectl import Kubectl
from vllm_qualify.kube.refusals import Refused

_PATIENCE_SECONDS = 0.0


def on(kubectl: Kubectl, *, namespace: str = "default") -> Lookup:
    """Look for ConfigMaps on a cluster; each is asked for once.

    Args:
        kubectl: the way to it; one that may not read ConfigMaps, or does not answer, finds none.
        namespace: of manifests that leave theirs to kubectl.
    """
    asked = kubectl.patient(_PATIENCE_SECONDS)

    @functools.cache
    def find(where: str, name: str) -> Data | None:
        try:
            found = asked.get(paths.path("ConfigMap", where or namespace, name))
        except Refused:
            return None
        entries = foreign.mapping((found or {}).get("data")).items()
        return None if found is None else {key: value for key, value in entries if isinstance(value, str)}

    return find
