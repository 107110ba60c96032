"""Where a lab lives and under which addresses; pure, used by everything else here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

NODE = "k3s-gpu-worker"
LIMIT = 32
CLUSTER_DOMAIN = "cluster.local"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab:
    """One lab.

    Attributes:
        name: how the user calls it.
        folder: everything that it keeps; removed by ``down``.
        index: 0 to 31; tells the networks of labs on one machine apart.
        programs: the folder of the programs it runs.
    """

    name: str
    folder: Path
    index: int
    programs: Path

    @property
    def gpus(self) -> Path:
        """How many GPUs the node has, as a number; one without this file."""
        return self.folder / "gpus"

    @property
    def bridge_link(self) -> str:
        """The host's end of the cable into the lab."""
        return f"vqlab{self.index}"

    @property
    def far_link(self) -> str:
        """The lab's end of that cable, as long as it is outside."""
        return f"vqlab{self.index}x"

    @property
    def host_ip(self) -> str:
        """The host, seen from the lab."""
        return f"10.197.{self.index}.1"

    @property
    def node_ip(self) -> str:
        """The node, and the API server on it."""
        return f"10.197.{self.index}.2"

    @property
    def pod_network(self) -> str:
        """All pods."""
        return f"10.198.{self.index}.0/24"

    @property
    def service_network(self) -> str:
        """All Services."""
        return f"10.199.{self.index}.0/24"

    @property
    def service_ip(self) -> str:
        """The Service ``kubernetes``."""
        return f"10.199.{self.index}.1"

    @property
    def dns_ip(self) -> str:
        """The cluster's DNS server."""
        return f"10.199.{self.index}.10"

    @property
    def registry(self) -> str:
        """The lab's registry, as host and port."""
        return f"{self.node_ip}:5000"

    @property
    def server(self) -> str:
        """The API server."""
        return f"https://{self.node_ip}:6443"

    @property
    def cgroup(self) -> str:
        """Name of the control group of all pods; unique on the machine, as the index is."""
        return f"vllm-qualify-lab-{self.index}"

    @property
    def kubeconfig(self) -> Path:
        """For the host: complete in itself."""
        return self.folder / "kubeconfig"

    @property
    def keys(self) -> Path:
        """Keys and certificates."""
        return self.folder / "keys"

    @property
    def logs(self) -> Path:
        """One log for each part."""
        return self.folder / "logs"
