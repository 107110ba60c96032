from __future__ import annotations

import json
from collections.abc import Callable

from vllm_qualify.kube import cluster_config_maps
from vllm_qualify.kube.kubectl import Kubectl
from vllm_qualify.system.process_runner import CompletedProcess


def cluster(answer: Callable[[str], CompletedProcess], asked: list[str]) -> Kubectl:
    """A cluster that answers by the path that is asked for."""

    def run(argv: list[str], **_: object) -> CompletedProcess:
        asked.append(argv[-1] if argv[-1].startswith("/") else next(word for word in argv if word.startswith("/api")))
        return answer(asked[-1])

    return Kubectl(context="home", run=run)


def test_a_map_of_the_cluster_is_asked_for_once() -> None:
    """In the manifest's namespace, or in the one that the run has."""
    asked: list[str] = []
    found = {"kind": "ConfigMap", "data": {"LEN": "8192"}}
    kubectl = cluster(lambda _: CompletedProcess(exit_code=0, stdout=json.dumps(found)), asked)

    find = cluster_config_maps.on(kubectl, namespace="ml")

    assert [find("", "c"), find("", "c"), find("other", "c")] == [{"LEN": "8192"}] * 3
    assert asked == ["/api/v1/namespaces/ml/configmaps/c", "/api/v1/namespaces/other/configmaps/c"]


def test_what_may_not_be_read_is_not_at_hand() -> None:
    """Neither a refusal nor a cluster that is away ends a prediction."""
    said = 'Error from server (Forbidden): configmaps "c" is forbidden'
    kubectl = cluster(lambda _: CompletedProcess(exit_code=1, stderr=said), [])

    assert cluster_config_maps.on(kubectl)("", "c") is None
