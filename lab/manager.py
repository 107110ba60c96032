"""The lab as a provider of pytest-kubernetes, and kind and k3d driven the same way; used by tests/kubernetes.

pytest-kubernetes passes kubectl's arguments through a shell, which breaks JSON, and leaves its fixtures free to take
another manager. These take argument lists.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from pytest_kubernetes.options import ClusterOptions
from pytest_kubernetes.providers import select_provider_manager
from pytest_kubernetes.providers.base import AClusterManager

from lab import docker, images, kubectl, lifecycle, oci, programs, pushing
from lab.places import Lab
from vllm_qualify.system import caches

_GPU = json.dumps([{"op": "add", "path": "/status/capacity/nvidia.com~1gpu", "value": "1"}])


class Argv(AClusterManager):
    """A manager whose kubectl never passes a shell, and which knows images that no Docker engine built."""

    def kubectl_argv(self, *arguments: str) -> list[str]:
        """A whole command line, for callers that keep the process."""
        return ["kubectl", f"--kubeconfig={self.kubeconfig}", *arguments]

    def kubectl(self, args: list[str], as_dict: bool = True, timeout: int = 60) -> Any:  # noqa: FBT001, FBT002 (theirs)
        """What kubectl says, parsed if ``as_dict``; raises ``Refused``, a RuntimeError as theirs."""
        said = kubectl.call(self.kubectl_argv(*args, *(("-o", "json") if as_dict else ())), timeout_seconds=timeout)
        return json.loads(said) if as_dict else said

    def apply(self, input: Path | dict[str, Any]) -> None:  # noqa: A002 (theirs)
        """Apply a file or one object."""
        if isinstance(input, dict):
            kubectl.call(self.kubectl_argv("apply", "-f", "-"), stdin=yaml.safe_dump(input))
        else:
            kubectl.call(self.kubectl_argv("apply", "-f", str(input)))

    def programs(self) -> Path:
        """The folder of what scripted images are made of."""
        return programs.ensure(caches.default(), say=_say, modules=programs.OWN)

    def put_image(self, reference: str, image: oci.Image) -> None:
        """Make an image known to the nodes under a public name."""
        docker.load(reference, image)
        self.load_image(reference)

    def give_gpu(self) -> None:
        """Let the one node count a GPU; a kubelet that is restarted forgets it, other than in the lab."""
        (node,) = self.kubectl(["get", "nodes"])["items"]
        patch = ["patch", "node", node["metadata"]["name"], "--subresource=status", "--type=json", f"-p={_GPU}"]
        self.kubectl(patch, as_dict=False)


def _say(line: str) -> None:
    print(f"lab: {line}", file=sys.stderr)  # noqa: T201 (progress of minutes, while pytest is silent)


class LabManager(Argv):
    """A lab that lives as long as the process that created it, and is swept up by the next if that was killed."""

    lab: Lab
    say: Callable[[str], None] = staticmethod(_say)
    """Takes a line of progress at a time; the first start builds for minutes."""

    @classmethod
    def get_binary_name(cls) -> str:
        """The one program that everything else is made with."""
        return "go"

    def kubectl_argv(self, *arguments: str) -> list[str]:
        """With the lab's own kubectl."""
        return kubectl.argv(self.lab, *arguments)

    def create(self, cluster_options: ClusterOptions | None = None, timeout: int = 20, **_: Any) -> None:
        """Start the lab; it is ready when this returns, whatever ``timeout`` says."""
        del timeout
        self._on_create(cluster_options or self._cluster_options)

    def _on_create(self, cluster_options: ClusterOptions, **_: Any) -> None:
        del cluster_options
        self.lab = lifecycle.up(self.cluster_name, cache=caches.default(), say=self.say, owner=os.getpid())
        self._cluster_options.kubeconfig_path = self.lab.kubeconfig

    def delete(self) -> None:
        """Remove the lab, kubeconfig included."""
        self._on_delete()

    def _on_delete(self) -> None:
        lifecycle.down(self.cluster_name, cache=caches.default())
        self._cluster_options.kubeconfig_path = None

    def load_image(self, image: str) -> None:
        """Put an honest scripted image under a public name; there is no Docker engine to take another from."""
        self.put_image(image, images.scripted(self.programs()))

    def programs(self) -> Path:
        """The lab has them already."""
        return self.lab.programs

    def put_image(self, reference: str, image: oci.Image) -> None:
        """By way of the lab's registry."""
        pushing.link_in(self.lab.folder / "registry", reference, image)
        pushing.push(self.lab.registry, reference, image)

    def give_gpu(self) -> None:
        """The lab has one from its device plugin."""


def manager_class(provider: str | None) -> type[Argv]:
    """The manager for a provider of pytest-kubernetes; without one the lab, else kind or k3d where Docker is.

    Raises:
        Unavailable: none of them can run here; one line says what would help.
    """
    if provider is None and (reason := programs.missing()) is None:
        return LabManager
    if provider is None and not _docker_runs():
        raise programs.Unavailable(f"no cluster can be made here: {reason}")
    chosen = select_provider_manager(provider, {})
    return type(f"Argv{chosen.__name__}", (Argv, chosen), {})


def _docker_runs() -> bool:
    if not (shutil.which("docker") and (shutil.which("kind") or shutil.which("k3d"))):
        return False
    asked = ["docker", "info"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0
