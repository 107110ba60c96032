"""What the current context and the engine of this host tell, and that neither can hold anybody up."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tests.unit.cli.first_settings.test_modes import workload
from tests.unit.targets.home import Home
from vllm_qualify.cli.first_settings import live
from vllm_qualify.cli.first_settings.live import LiveDeployment
from vllm_qualify.container.engine import ContainerEngine
from vllm_qualify.kube.kubeconfig import Kubeconfig
from vllm_qualify.kube.kubectl import Kubectl
from vllm_qualify.system.process_runner import CompletedProcess

NAMED = (LiveDeployment(namespace="ml", name="vllm-server"),)


def config(current: str = "home") -> Kubeconfig:
    """A kubeconfig with one context."""
    return Kubeconfig(contexts=("home",), current=current)


def way(home: Home) -> Any:
    """Makes the way to a cluster that is a stand-in."""
    return lambda context: Kubectl(context=context, patience_seconds=0, run=home.api.run)


def test_the_deployments_that_run_vllm() -> None:
    """Wherever they are; nothing is written."""
    home = Home()

    found = live.cluster(NAMED, read=config, kubectl=way(home))

    assert (found.context, found.problem) == ("home", "")
    assert found.has("ml", "vllm-server")
    assert found.has("", "vllm-r1")
    assert not found.has("other", "vllm-server")
    assert home.api.written == []


def test_who_may_not_list_all_may_look_at_the_named() -> None:
    """One by one, by namespace and name."""
    home = Home()

    def run(argv: list[str], **how: Any) -> CompletedProcess:
        if argv[-1].endswith("/deployments"):
            said = "Error from server (Forbidden): deployments.apps is forbidden"
            return CompletedProcess(exit_code=1, stdout="", stderr=said)
        return home.api.run(argv, **how)

    found = live.cluster(NAMED, read=config, kubectl=lambda name: Kubectl(context=name, patience_seconds=0, run=run))

    assert found.deployments == NAMED


def test_no_answer_is_told() -> None:
    """In kubectl's words, and the context is known all the same."""

    def refuse(*_: object, **__: object) -> CompletedProcess:
        return CompletedProcess(exit_code=1, stdout="", stderr="Unable to connect to the server: EOF")

    found = live.cluster(NAMED, read=config, kubectl=lambda name: Kubectl(context=name, patience_seconds=0, run=refuse))

    assert (found.context, found.deployments) == ("home", ())
    assert "Unable to connect to the server" in found.problem


def test_without_a_current_context_nobody_is_asked() -> None:
    """It would be another cluster than the one that is meant."""
    found = live.cluster(NAMED, read=lambda: config(""))

    assert (found.context, found.problem) == ("", "the kubeconfig has no current context")


def test_the_service_in_front() -> None:
    """By its selector, which the labels of the pods meet."""
    home = Home()
    found = workload("vllm-server", namespace="ml")
    labelled = type(found)(path="a", manifest=found.manifest, labels={"app": "vllm-server", "mode": "x"})

    assert live.service("home", labelled, kubectl=way(home)) == "vllm-api"
    assert live.service("home", found, kubectl=way(home)) == ""


def _engine(listed: str, inspected: Sequence[dict[str, Any]] = ()) -> Any:
    def run(argv: list[str], **_: object) -> CompletedProcess:
        if argv[0] == "docker":
            raise FileNotFoundError(argv[0])
        found = [one for one in inspected if one["Name"] == argv[-1]]
        said = listed if argv[1] == "ps" else json.dumps(found)
        return CompletedProcess(exit_code=0, stdout=said, stderr="")

    return lambda program: ContainerEngine(program=program, run=run)


def _container(name: str, *words: str) -> dict[str, Any]:
    return {
        "Id": name,
        "Name": name,
        "Path": words[0],
        "Args": words[1:],
        "Config": {"Image": "registry.local/vllm:1"},
        "State": {"Running": True},
    }


def test_the_containers_that_run_vllm() -> None:
    """Of the engine that answers; those of a kubelet, and what only bears the name, are left out."""
    listed = "llm\tregistry.local/vllm:1\tvllm serve x\nk8s_vllm\tvllm\tvllm\nother\tnginx\tnginx\nweb\tvllm-proxy\tx\n"
    inspected = [_container("llm", "vllm", "serve", "x"), {**_container("web", "x"), "Config": {"Image": "vllm-proxy"}}]

    found = live.containers(_engine(listed, inspected))

    assert [(one.program, one.container.name) for one in found] == [("podman", "llm")]


def test_without_an_engine_there_are_none() -> None:
    """And nobody is told, since most hosts have none."""

    def missing(argv: list[str], **_: object) -> CompletedProcess:
        raise FileNotFoundError(argv[0])

    assert live.containers(lambda program: ContainerEngine(program=program, run=missing)) == ()
