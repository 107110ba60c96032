"""The workloads of a manifest that may serve, and what it says of their place."""

from __future__ import annotations

from tests.unit.cli.first_settings.conftest import deployment
from vllm_qualify.cli.first_settings import workloads
from vllm_qualify.cli.first_settings.folder_texts import FolderText
from vllm_qualify.cli.first_settings.workloads import Found, FoundWorkload
from vllm_qualify.kube.config_maps import nowhere

SERVICE = """\
---
apiVersion: v1
kind: Service
metadata:
  name: front
spec: {selector: {app: vllm}}
---
apiVersion: v1
kind: Service
metadata: {name: elsewhere, namespace: other}
spec: {selector: {app: vllm}}
---
apiVersion: v1
kind: Service
metadata: {name: headless}
spec: {}
"""


def read(text: str, *, rendered: bool = False) -> tuple[list[FoundWorkload], list[str]]:
    """The workloads of a text."""
    return workloads.of(FolderText(path="a.yaml", text=text), beside=nowhere, rendered=rendered)


def test_what_a_deployment_says() -> None:
    """Replicas, labels, the node, and lines of what is in the settings."""
    text = deployment("vllm").replace("containers:", "nodeSelector: {kubernetes.io/hostname: gpu}\n      containers:")

    [found], problems = read(text.replace("replicas: 1", "replicas: 0"))

    assert problems == []
    assert (found.replicas, found.labels, found.node) == (0, {"app": "vllm"}, Found(value="gpu", place="a.yaml:9"))
    assert (found.place("image"), found.place("Qwen/Qwen3-8B")) == ("a.yaml:12", "a.yaml:13")


def test_what_was_rendered_has_no_lines() -> None:
    """They would be those of a text that nobody has."""
    [found], _ = read(deployment("vllm"), rendered=True)

    assert found.place("image") == "a.yaml"


def test_what_runs_vllm_comes_before_what_asks_for_a_gpu() -> None:
    """Of one file, too; the choice needs no name then."""
    train = deployment("train").replace("vllm/vllm-openai:v0.10.2", "me/train:1")

    found, _ = read(f"{train}---\n{deployment('vllm')}")

    assert [(one.manifest.name, one.several) for one in found] == [("vllm", False)]


def test_what_neither_runs_vllm_nor_asks_for_a_gpu() -> None:
    """Any other Deployment is passed over."""
    assert read("kind: Deployment\nspec: {template: {spec: {containers: [{name: a, image: nginx}]}}}\n") == ([], [])


def test_one_that_cannot_be_read_hides_no_other() -> None:
    """It is told with its line."""
    bad = deployment("bad").replace("Qwen/Qwen3-8B]", "Qwen/Qwen3-8B, 1]")

    found, problems = read(f"{bad}---\n{deployment('vllm')}")

    assert [one.manifest.name for one in found] == ["vllm"]
    assert problems == [
        "a.yaml:12: args[2] is 1, which YAML reads as int; Kubernetes takes strings only, so put it in quotes"
    ]


def test_the_services_that_select_the_pods() -> None:
    """By their labels and their namespace; one that selects nothing is none."""
    [found], _ = read(deployment("vllm"))

    assert workloads.services([FolderText(path="s.yaml", text=SERVICE)], found) == (
        Found(value="front", place="s.yaml:5"),
    )
