"""What runs in a lab, in which order, with which flags; pure, used by the process that runs it."""

from __future__ import annotations

from dataclasses import dataclass

from lab.places import CLUSTER_DOMAIN, NODE, Lab

# As GPU feature discovery writes them for the operator's card.
GPU_LABELS = {
    "nvidia.com/cuda.driver.major": "570",
    "nvidia.com/cuda.driver.minor": "195",
    "nvidia.com/cuda.driver.rev": "03",
    "nvidia.com/cuda.driver-version.full": "570.195.03",
    "nvidia.com/cuda.runtime-version.full": "12.8",
    "nvidia.com/cuda.runtime.major": "12",
    "nvidia.com/cuda.runtime.minor": "8",
    "nvidia.com/gpu.compute.major": "8",
    "nvidia.com/gpu.compute.minor": "6",
    "nvidia.com/gpu.count": "1",
    "nvidia.com/gpu.family": "ampere",
    "nvidia.com/gpu.memory": "12288",
    "nvidia.com/gpu.present": "true",
    "nvidia.com/gpu.product": "NVIDIA-GeForce-RTX-3060",
    "nvidia.com/gpu.replicas": "1",
    "nvidia.com/gpu.sharing-strategy": "none",
}

# Who has a key of its own, and as whom the API server knows it.
IDENTITIES = {
    "admin": "lab-admin/system:masters",
    "apiserver": "kube-apiserver",
    "apiserver-kubelet": "kube-apiserver-kubelet/system:masters",
    "controllers": "system:kube-controller-manager",
    "kubelet": f"system:node:{NODE}/system:nodes",
    "names": "lab-names/system:masters",
    "scheduler": "system:kube-scheduler",
    "services": "lab-services/system:masters",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One process of a lab, kept running.

    Attributes:
        name: its log is named after it.
        argv: its command line.
    """

    name: str
    argv: tuple[str, ...]


def parts(lab: Lab) -> tuple[Part, ...]:
    """All parts, in the order in which they are started; none waits for another, each tries until it gets on."""
    return (
        _part(lab, "etcd", "server", _etcd(lab)),
        _part(lab, "kube-apiserver", "kube-apiserver", _apiserver(lab)),
        _part(lab, "registry", "registry", ("serve", str(lab.folder / "registry.json"))),
        _part(lab, "containerd", "containerd", ("--config", str(lab.folder / "containerd.toml"))),
        _part(lab, "kube-controller-manager", "kube-controller-manager", _controllers(lab)),
        _part(lab, "kube-scheduler", "kube-scheduler", _scheduler(lab)),
        _part(lab, "kubelet", "kubelet", _kubelet(lab)),
        _part(lab, "gpu", "gpu", (str(lab.gpus),)),
        _part(lab, "services", "services", (str(lab.keys / "services.kubeconfig"),)),
        _part(lab, "names", "names", ("-conf", str(lab.folder / "Corefile"))),
    )


def _part(lab: Lab, name: str, program: str, arguments: tuple[str, ...]) -> Part:
    return Part(name=name, argv=(str(lab.programs / program), *arguments))


def _etcd(lab: Lab) -> tuple[str, ...]:
    return (
        f"--data-dir={lab.folder / 'etcd'}",
        "--listen-client-urls=http://127.0.0.1:2379",
        "--advertise-client-urls=http://127.0.0.1:2379",
        "--listen-peer-urls=http://127.0.0.1:2380",
        # A lab that loses power is made anew.
        "--unsafe-no-fsync",
        "--log-level=warn",
    )


def _apiserver(lab: Lab) -> tuple[str, ...]:
    keys = lab.keys
    return (
        "--etcd-servers=http://127.0.0.1:2379",
        f"--advertise-address={lab.node_ip}",
        f"--service-cluster-ip-range={lab.service_network}",
        f"--client-ca-file={keys / 'ca.crt'}",
        f"--tls-cert-file={keys / 'apiserver.crt'}",
        f"--tls-private-key-file={keys / 'apiserver.key'}",
        f"--kubelet-certificate-authority={keys / 'ca.crt'}",
        # The node's name is known to nobody's DNS.
        "--kubelet-preferred-address-types=InternalIP",
        f"--kubelet-client-certificate={keys / 'apiserver-kubelet.crt'}",
        f"--kubelet-client-key={keys / 'apiserver-kubelet.key'}",
        f"--service-account-key-file={keys / 'accounts.pub'}",
        f"--service-account-signing-key-file={keys / 'accounts.key'}",
        f"--service-account-issuer=https://kubernetes.default.svc.{CLUSTER_DOMAIN}",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged=true",
    )


def _controllers(lab: Lab) -> tuple[str, ...]:
    return (
        f"--kubeconfig={lab.keys / 'controllers.kubeconfig'}",
        f"--authentication-kubeconfig={lab.keys / 'controllers.kubeconfig'}",
        f"--authorization-kubeconfig={lab.keys / 'controllers.kubeconfig'}",
        f"--root-ca-file={lab.keys / 'ca.crt'}",
        f"--service-account-private-key-file={lab.keys / 'accounts.key'}",
        "--use-service-account-credentials=true",
        "--leader-elect=false",
    )


def _scheduler(lab: Lab) -> tuple[str, ...]:
    return (
        f"--kubeconfig={lab.keys / 'scheduler.kubeconfig'}",
        f"--authentication-kubeconfig={lab.keys / 'scheduler.kubeconfig'}",
        f"--authorization-kubeconfig={lab.keys / 'scheduler.kubeconfig'}",
        "--leader-elect=false",
    )


def _kubelet(lab: Lab) -> tuple[str, ...]:
    labels = ",".join(f"{key}={value}" for key, value in GPU_LABELS.items())
    return (
        f"--config={lab.folder / 'kubelet.json'}",
        f"--kubeconfig={lab.keys / 'kubelet.kubeconfig'}",
        f"--hostname-override={NODE}",
        # The API server must reach it for logs, exec and port-forward, which a loopback address would not allow.
        f"--node-ip={lab.node_ip}",
        f"--node-labels={labels}",
    )
