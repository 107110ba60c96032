"""From the operator's Deployment to the candidate's."""

from __future__ import annotations

import copy

from vllm_qualify.kube import objects, placement
from vllm_qualify.kube.objects import Object

LABELS = {"app": "vllm-server", "app.kubernetes.io/name": "vllm"}
MANIFEST: Object = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "vllm-server", "labels": LABELS, "annotations": {"note": "mine"}},
    "spec": {
        "replicas": 0,
        "strategy": {"type": "Recreate"},
        "selector": {"matchLabels": {"app": "vllm-server"}},
        "template": {
            "metadata": {"labels": LABELS, "annotations": {"scrape": "yes"}},
            "spec": {
                "containers": [
                    {"name": "vllm", "image": "vllm/vllm-openai:v0.5.5", "args": ["--enforce-eager"]},
                    {"name": "side", "image": "busybox:1"},
                ],
                "volumes": [
                    {"name": "cache", "hostPath": {"path": "/var/lib/vllm/huggingface", "type": "Directory"}},
                    {"name": "shm", "emptyDir": {"medium": "Memory"}},
                ],
            },
        },
    },
}
IMAGE = "vllm/vllm-openai:v0.12.0"


def test_in_place_nothing_but_the_image_changes() -> None:
    """It is put where the run was told to, and one pod of it serves; the argument stays as it was."""
    before = copy.deepcopy(MANIFEST)

    made = placement.in_place(MANIFEST, namespace="ml", container="vllm", image=IMAGE)

    assert [found.path for found in objects.differences(MANIFEST, made)] == [
        "metadata.namespace",
        "spec.replicas",
        "spec.template.spec.containers[0].image",
    ]
    assert (made["spec"]["replicas"], made["spec"]["template"]["spec"]["containers"][0]["image"]) == (1, IMAGE)
    assert before == MANIFEST


def test_beside_no_service_of_the_operators_finds_it() -> None:
    """It shares no label with production, and what it selects is its own; its containers are the operator's."""
    made = placement.beside(MANIFEST, namespace="ml", container="vllm", image=IMAGE, mode="r1")
    pod = made["spec"]["template"]

    assert made["metadata"]["name"] == "vllm-qualify-r1"
    assert not set(pod["metadata"]["labels"].items()) & set(LABELS.items())
    assert made["spec"]["selector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
    assert pod["metadata"]["annotations"] == {"scrape": "yes"}
    assert [found.path for found in objects.differences(pod | {"metadata": {}}, MANIFEST["spec"]["template"])] == [
        "metadata.annotations",
        "metadata.labels",
        "spec.containers[0].image",
    ]


def test_the_modes_beside_are_told_apart() -> None:
    """Two Deployments must not take each other's pods for their own; one Service finds both."""
    made = [
        placement.beside(MANIFEST, namespace="ml", container="vllm", image=IMAGE, mode=mode) for mode in ("ml", "r1")
    ]
    chosen = [one["spec"]["selector"]["matchLabels"] for one in made]
    service = placement.service(namespace="ml", port=9000)

    assert chosen[0] != chosen[1]
    assert all(service["spec"]["selector"].items() <= one.items() for one in chosen)
    assert service["spec"]["ports"] == [{"name": "http", "port": 9000, "targetPort": 9000}]


def test_an_empty_cache_is_a_folder_beside_the_operators() -> None:
    """No path of the node is left in it, everything else is, and the operator's manifest is not touched."""
    before = copy.deepcopy(MANIFEST)

    made = placement.with_empty_cache(MANIFEST)

    assert made["spec"]["template"]["spec"]["volumes"] == [
        {"name": "cache", "emptyDir": {}},
        {"name": "shm", "emptyDir": {"medium": "Memory"}},
    ]
    assert before == MANIFEST


def test_a_deployment_without_volumes_has_no_cache_to_replace() -> None:
    """It stays as it is."""
    bare = copy.deepcopy(MANIFEST)
    del bare["spec"]["template"]["spec"]["volumes"]

    assert placement.with_empty_cache(bare) == bare
