"""The tables of a first file, by what was found where."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from typing import Any

import pytest

from tests.unit.cli.first_settings.test_modes import workload
from vllm_qualify.cli.first_settings import draft, modes, tables
from vllm_qualify.cli.first_settings.findings import Findings
from vllm_qualify.cli.first_settings.host_files import HostFile
from vllm_qualify.cli.first_settings.live import LiveCluster, LiveContainer, LiveDeployment
from vllm_qualify.cli.first_settings.workloads import Found
from vllm_qualify.container import inspection
from vllm_qualify.kube.serving import ServingManifest

HERE = LiveDeployment(namespace="ml", name="vllm")
LIVE = LiveCluster(context="home", contexts=("home", "work"), deployments=(HERE,))
SERVING = Findings(modes=modes.chosen([workload("vllm", namespace="ml")]), cluster=LIVE)


def container(name: str, **labels: str) -> LiveContainer:
    """A container that runs now."""
    found: dict[str, Any] = {
        "Id": name,
        "Name": name,
        "Config": {"Image": "vllm/vllm-openai:v0.10.2", "Labels": labels},
    }
    return LiveContainer(program="podman", container=inspection.container(found, None))


def host_file(name: str, *, compose: tuple[str, ...] = ()) -> HostFile:
    """A file that starts one."""
    kind = "Compose service" if compose else "container"
    manifest = ServingManifest(source="x", kind=kind, name=name, command_line=("--model", "m"))
    return HostFile(path=compose[0] if compose else "x.sh", manifest=manifest, compose=compose)


def read(found: Findings, **known: str) -> tuple[dict[str, Any], str]:
    """The tables as they are read, and their text."""
    text = draft.text(tables.of(found, **known))
    return tomllib.loads(text), text


def test_a_cluster_that_was_seen_is_named() -> None:
    """With what a run does to production there."""
    found, text = read(SERVING, context="home", service="front")

    assert found["cluster"] == {"context": "home", "namespace": "ml", "service": "front"}
    assert 'context = "home"  # from the kubeconfig: its current context, where vllm runs' in text
    assert '# toolkit = "1.18.0"  # missing' in text
    assert "A run takes production away" in text


def test_what_a_person_answered_is_no_guess() -> None:
    """The context, and the version of the toolkit."""
    found, text = read(replace(SERVING, cluster=replace(LIVE, deployments=())), context="work", toolkit="1.17.8")

    assert (found["cluster"]["context"], found["cluster"]["toolkit"]) == ("work", "1.17.8")
    assert text.count("# as answered") == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"context": ""}, "the kubeconfig has no current context"),
        ({"problem": "kubectl is not installed"}, "home, the current context, could not be asked: kubectl is not inst"),
        ({"deployments": ()}, "home, the current context, runs no Deployment vllm"),
    ],
)
def test_why_no_cluster_is_named(change: dict[str, Any], said: str) -> None:
    """In the file, above lines that only need their marks deleted."""
    found, text = read(replace(SERVING, cluster=replace(LIVE, **change)))

    assert "cluster" not in found
    assert said in text
    assert '# namespace = "ml"' in text


def test_a_stateful_set_is_not_for_the_cluster() -> None:
    """The kubernetes target takes Deployments alone."""
    one = workload("vllm")
    found = replace(SERVING, modes=modes.chosen([replace(one, manifest=replace(one.manifest, kind="StatefulSet"))]))

    assert "takes Deployments alone, and vllm is a StatefulSet" in read(found)[1]


def test_several_services_are_a_guess() -> None:
    """The first, and the others by name."""
    several = (Found(value="a", place="s.yaml:1"), Found(value="b", place="s.yaml:9"))

    assert (
        "# guessed: the first that selects the pods, s.yaml:1; also b"
        in read(replace(SERVING, services=several), context="home")[1]
    )


def test_a_deployment_without_a_manifest() -> None:
    """It is told, and what to do."""
    found, text = read(Findings(cluster=LIVE))

    assert "cluster" not in found
    assert "The Deployment ml/vllm of home runs vLLM; give the folder of its manifest" in text


def test_a_container_that_runs_is_production() -> None:
    """Without any file of it, too."""
    found, text = read(Findings(containers=(container("llm"),)))

    assert found["container"] == {"engine": "podman", "container": "llm"}
    assert "A run takes production away" in text


def test_a_service_of_compose_that_runs() -> None:
    """By its project's files."""
    live = container("x-llm-1", **{"com.docker.compose.project": "x", "com.docker.compose.service": "llm"})

    found, _ = read(Findings(containers=(live,), hosts=(host_file("llm", compose=("a.yaml", "b.yaml")),)))

    assert found["container"] == {"engine": "podman", "compose": ["a.yaml", "b.yaml"], "service": "llm"}
    assert found["modes"]["ml"] == {"manifest": "a.yaml", "model": "m"}


def test_a_container_of_others_is_not_production() -> None:
    """The folder is about another one."""
    found, text = read(Findings(containers=(container("other"),), hosts=(host_file("llm"),)))

    assert "container" not in found
    assert '# container = "llm"  # from x.sh' in text


def test_kubernetes_comes_before_containers() -> None:
    """Of a folder of manifests no container is production."""
    assert "[container]" not in read(replace(SERVING, containers=(container("llm"),)))[1]
