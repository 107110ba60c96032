"""The settings files of a lab's parts, by the name of the file; pure, used by the process that runs them."""

from __future__ import annotations

import base64
import json
from typing import Any

from lab.parts import IDENTITIES
from lab.places import CLUSTER_DOMAIN, Lab


def files(lab: Lab) -> dict[str, str]:
    """Every settings file of a lab; needs no key, so it can be written before there is one."""
    kubeconfigs = {f"keys/{who}.kubeconfig": json.dumps(_by_file(lab, who)) for who in IDENTITIES}
    return kubeconfigs | {
        "Corefile": _corefile(lab),
        "cni/10-lab.conflist": json.dumps(_cni(lab)),
        "containerd.toml": _containerd(lab),
        "kubelet.json": json.dumps(_kubelet(lab)),
        "registry.json": json.dumps(_registry(lab)),
        "registries/_default/hosts.toml": _mirror(lab),
        "resolv.conf": "# Nothing outside the lab is asked.\n",
    }


def kubeconfig(lab: Lab, *, authority: bytes, certificate: bytes, key: bytes) -> str:
    """The kubeconfig for the host, complete in itself, so that it can be copied anywhere."""
    user = {"client-certificate-data": _base64(certificate), "client-key-data": _base64(key)}
    return json.dumps(_config(lab, user=user, trust={"certificate-authority-data": _base64(authority)}))


def _by_file(lab: Lab, who: str) -> dict[str, Any]:
    user = {"client-certificate": str(lab.keys / f"{who}.crt"), "client-key": str(lab.keys / f"{who}.key")}
    return _config(lab, user=user, trust={"certificate-authority": str(lab.keys / "ca.crt")})


def _config(lab: Lab, *, user: dict[str, str], trust: dict[str, str]) -> dict[str, Any]:
    context = f"lab-{lab.name}"
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": context, "cluster": {"server": lab.server} | trust}],
        "users": [{"name": context, "user": user}],
        "contexts": [{"name": context, "context": {"cluster": context, "user": context}}],
        "current-context": context,
    }


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _corefile(lab: Lab) -> str:
    # Every other name is nobody's: an error of the server would make a client wonder instead.
    return f"""{CLUSTER_DOMAIN} in-addr.arpa {{
    bind {lab.dns_ip}
    errors
    kubernetes {{
        kubeconfig {lab.keys / "names.kubeconfig"}
        ttl 1
    }}
}}
. {{
    bind {lab.dns_ip}
    errors
    template ANY ANY {{
        rcode NXDOMAIN
    }}
}}
"""


def _cni(lab: Lab) -> dict[str, Any]:
    bridge = {
        "type": "bridge",
        "bridge": "lab0",
        "isGateway": True,
        "hairpinMode": True,
        "ipam": {"type": "host-local", "ranges": [[{"subnet": lab.pod_network}]], "routes": [{"dst": "0.0.0.0/0"}]},
    }
    return {"cniVersion": "1.0.0", "name": "lab", "plugins": [bridge]}


def _containerd(lab: Lab) -> str:
    # restrict_oom_score_adj: without CAP_SYS_RESOURCE nothing may be made safer than its parent.
    # BinaryName: see lab/go/own/runtime.
    return f"""version = 3
root = "{lab.folder / "containerd"}"
state = "/run/containerd"
disabled_plugins = ["io.containerd.nri.v1.nri", "io.containerd.tracing.processor.v1.otlp"]

[grpc]
address = "/run/containerd/containerd.sock"

[plugins."io.containerd.internal.v1.opt"]
path = "{lab.folder / "opt"}"

[plugins."io.containerd.cri.v1.images"]
snapshotter = "overlayfs"
image_pull_progress_timeout = "10m0s"
discard_unpacked_layers = true

[plugins."io.containerd.cri.v1.images".pinned_images]
sandbox = "{lab.registry}/lab/pause:1"

[plugins."io.containerd.cri.v1.images".registry]
config_path = "{lab.folder / "registries"}"

[plugins."io.containerd.cri.v1.runtime"]
restrict_oom_score_adj = true
disable_apparmor = true

[plugins."io.containerd.cri.v1.runtime".cni]
bin_dirs = ["{lab.programs}"]
conf_dir = "{lab.folder / "cni"}"

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
BinaryName = "{lab.programs / "runtime"}"
SystemdCgroup = false
"""


def _kubelet(lab: Lab) -> dict[str, Any]:
    floor = {"memory.available": "50Mi", "nodefs.available": "1%", "imagefs.available": "1%"}
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(lab.keys / "ca.crt")},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(lab.keys / "kubelet.crt"),
        "tlsPrivateKeyFile": str(lab.keys / "kubelet.key"),
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{lab.cgroup}",
        "clusterDNS": [lab.dns_ip],
        "clusterDomain": CLUSTER_DOMAIN,
        "containerRuntimeEndpoint": "unix:///run/containerd/containerd.sock",
        "evictionHard": floor,
        "failCgroupV1": False,
        "failSwapOn": False,
        # A developer's disk may well be nearly full; images are never removed behind a test's back.
        "imageGCHighThresholdPercent": 100,
        "makeIPTablesUtilChains": False,
        "resolvConf": str(lab.folder / "resolv.conf"),
        "volumePluginDir": str(lab.folder / "volume-plugins"),
    }


def _registry(lab: Lab) -> dict[str, Any]:
    return {
        "version": "0.1",
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(lab.folder / "registry")}, "delete": {"enabled": True}},
        "http": {"addr": lab.registry},
    }


def _mirror(lab: Lab) -> str:
    """Public names of images are answered by the lab's own registry and by nobody else."""
    return f"""server = "http://{lab.registry}"

[host."http://{lab.registry}"]
capabilities = ["pull", "resolve"]
"""
