"""One cluster for all tests here: the lab, or kind or k3d through pytest-kubernetes; a namespace for each test."""

from __future__ import annotations

import functools
import itertools
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lab import images
from lab.manager import Argv, LabManager, manager_class
from lab.programs import Unavailable
from tests.kubernetes.home_lab import HomeLab
from vllm_qualify.plugin import progress

PATIENCE_SECONDS = 300
_HERE = Path(__file__).parent
_NUMBERS = itertools.count(1)
# The longest first, so that no worker is left with one of them when the others are done. A worker takes two modules at
# once where the first has one test, as the samples have: the two behind the first four are what they take besides.
_LONGEST = tuple(
    f"test_{name}.py"
    for name in (
        *("real_cluster", "actor_sample", "fault_sample", "restoring", "drift", "story", "options", "pick", "baseline"),
        *("real_image", "route", "rights", "r1_by_command", "gpu_mode", "kubeconfig", "secrets", "in_pod"),
    )
)

Object = dict[str, Any]


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """Load pytest-kubernetes for these tests alone; nothing else here has any use for it."""
    pluginmanager.import_plugin("pytest_kubernetes.plugin")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where no cluster can be made, one line says so for all tests here, instead of one for each."""
    ours = [item for item in items if _HERE in item.path.parents]
    items.sort(key=_rank)
    try:
        manager_class(config.getoption("k8s_provider"))
    except Unavailable as reason:
        first, *others = ours or [None]
        if first is not None:
            first.add_marker(pytest.mark.skip(f"{len(ours)} cluster tests were not run: {reason}"))
            config.hook.pytest_deselected(items=others)
            items[:] = [item for item in items if item not in others]


def _rank(item: pytest.Item) -> int:
    name = item.path.name
    return _LONGEST.index(name) if item.path.parent == _HERE and name in _LONGEST else len(_LONGEST)


@pytest.fixture(scope="session")
def k8s_manager(request: pytest.FixtureRequest) -> Callable[[str | None], type[Argv]]:
    """Which manager pytest-kubernetes' own fixtures take, and ours."""
    asked = request.config.getoption("k8s_provider")
    return lambda provider=None: manager_class(provider or asked)


@pytest.fixture(scope="session")
def say(pytestconfig: pytest.Config) -> Callable[[str], None]:
    """Shows progress of minutes, which pytest would capture; a worker has the error output for that alone."""
    if hasattr(pytestconfig, "workerinput"):
        return functools.partial(_say_aside, pytestconfig.pluginmanager.getplugin("capturemanager"))
    return functools.partial(progress.say, pytestconfig)


def _say_aside(capture: Any, line: str) -> None:
    with capture.global_and_fixture_disabled():
        sys.stderr.write(f"\n  {line}\n")
        sys.stderr.flush()


@pytest.fixture(scope="session")
def cluster(k8s_manager: Callable[[str | None], type[Argv]], say: Callable[[str], None]) -> Iterator[Argv]:
    """A cluster of one node with one GPU, as far as the scheduler knows."""
    manager = k8s_manager(None)(f"pytest-{os.getpid()}")
    if isinstance(manager, LabManager):
        manager.say = say
    manager.create(timeout=120)
    try:
        manager.give_gpu()
        yield manager
    finally:
        manager.delete()


@pytest.fixture(scope="session")
def lab(cluster: Argv) -> LabManager:
    """The cluster, where only the lab will do."""
    if not isinstance(cluster, LabManager):
        pytest.skip("looks at the inside of the lab, and another provider was chosen")
    return cluster


@dataclass(frozen=True, slots=True, kw_only=True)
class Namespace:
    """A namespace, and the few words that tests say in it."""

    cluster: Argv
    name: str

    def say(self, *arguments: str) -> str:
        """What kubectl prints."""
        return str(self.cluster.kubectl(["-n", self.name, *arguments], as_dict=False))

    def get(self, *arguments: str) -> Object:
        """An object or a list as it is now."""
        found: Object = self.cluster.kubectl(["-n", self.name, "get", *arguments])
        return found

    def image(self, *, style: images.Style = images.Style.MODULE, **behaviour: object) -> str:
        """A scripted image that behaves so; its public name."""
        reference = f"vllm/vllm-openai:scripted-{next(_NUMBERS)}"
        env = {f"SCRIPTED_{name.upper()}": str(value) for name, value in behaviour.items()}
        self.cluster.put_image(reference, images.scripted(self.cluster.programs(), style=style, env=env))
        return reference

    def apply(self, manifest: Object) -> None:
        """Apply an object here."""
        manifest["metadata"]["namespace"] = self.name
        self.cluster.apply(manifest)

    def pod(self, name: str, image: str, *, gpus: int = 0, **spec: Any) -> None:
        """Create a pod; ``container`` adds to its container, everything else to its spec."""
        container = {"name": "vllm", "image": image, "imagePullPolicy": "IfNotPresent"} | spec.pop("container", {})
        if gpus:
            container["resources"] = {"limits": {"nvidia.com/gpu": gpus}}
        whole = {"containers": [container], "terminationGracePeriodSeconds": 1} | spec
        labels = {"app": name}
        self.apply({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels}, "spec": whole})

    def until(
        self, holds: Callable[[Object], object], *what: str, patience_seconds: float = PATIENCE_SECONDS
    ) -> Object:
        """Look at an object until something holds of it."""
        deadline = time.monotonic() + patience_seconds
        while not holds(found := self.get(*what)):
            if time.monotonic() > deadline:
                pytest.fail(f"{what} never came to that: {found.get('status')}")
            time.sleep(0.2)
        return found

    def ready(self, pod: str, *, patience_seconds: float = PATIENCE_SECONDS) -> Object:
        """A pod, once it is ready."""
        return self.until(is_ready, "pod", pod, patience_seconds=patience_seconds)


def is_ready(pod: Object) -> bool:
    """Whether a pod is ready."""
    conditions = pod.get("status", {}).get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


@pytest.fixture(scope="module")
def home_lab(lab: LabManager, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HomeLab]:
    """The operator's folder in a namespace of its own, with production serving; gone before the next module."""
    name = f"home-{next(_NUMBERS)}"
    lab.kubectl(["create", "namespace", name], as_dict=False)
    home = HomeLab(cluster=lab, folder=tmp_path_factory.mktemp(name), namespace=name)
    try:
        home.prepare()
        yield home
    finally:
        home.say("delete", "deployments,pods", "--all", "--timeout", f"{PATIENCE_SECONDS}s")
        lab.kubectl(["delete", "namespace", name, "--wait=false"], as_dict=False)


@pytest.fixture
def here(cluster: Argv) -> Iterator[Namespace]:
    """A namespace of its own; gone, with its pods, before the next test."""
    space = Namespace(cluster=cluster, name=f"test-{next(_NUMBERS)}")
    cluster.kubectl(["create", "namespace", space.name], as_dict=False)
    try:
        yield space
    finally:
        # The pods must be gone, for the GPU's sake; the controller takes seconds more to empty the namespace.
        everything = ["delete", "deployments,pods", "--all", "--timeout", f"{PATIENCE_SECONDS}s"]
        cluster.kubectl(["-n", space.name, *everything], as_dict=False, timeout=2 * PATIENCE_SECONDS)
        cluster.kubectl(["delete", "namespace", space.name, "--wait=false"], as_dict=False)
