from __future__ import annotations

import ipaddress
import json
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab import parts, settings
from lab.places import LIMIT, NODE, Lab

_INDEXES = st.integers(0, LIMIT - 1)


def lab(index: int = 0, name: str = "lab") -> Lab:
    """A lab in a folder of its own."""
    return Lab(name=name, folder=Path("/labs", name), index=index, programs=Path("/programs"))


@given(st.lists(_INDEXES, min_size=2, max_size=2, unique=True))
def test_no_two_labs_share_anything_on_the_machine(indexes: list[int]) -> None:
    """Links, control groups and networks of two labs differ, and no network overlaps another."""
    one, other = (lab(index) for index in indexes)
    networks = [
        ipaddress.ip_network(text)
        for each in (one, other)
        for text in (each.pod_network, each.service_network, f"{each.host_ip}/32", f"{each.node_ip}/32")
    ]

    assert not {one.bridge_link, one.far_link, one.cgroup} & {other.bridge_link, other.far_link, other.cgroup}
    assert not any(a.overlaps(b) for place, a in enumerate(networks) for b in networks[place + 1 :])


@given(_INDEXES)
def test_the_node_has_an_address_that_is_reached_from_outside(index: int) -> None:
    """No loopback address: the API server could not reach the kubelet for logs, exec and port-forward."""
    (kubelet,) = (part for part in parts.parts(lab(index)) if part.name == "kubelet")
    (address,) = (flag.removeprefix("--node-ip=") for flag in kubelet.argv if flag.startswith("--node-ip="))

    assert not ipaddress.ip_address(address).is_loopback
    assert f"--hostname-override={NODE}" in kubelet.argv


@given(_INDEXES)
def test_link_names_fit_the_kernel(index: int) -> None:
    """A link has at most 15 characters."""
    assert max(len(lab(index).bridge_link), len(lab(index).far_link)) <= 15


@pytest.mark.parametrize("name", [name for name in settings.files(lab()) if name.endswith(("json", "list", "config"))])
def test_every_settings_file_is_json(name: str) -> None:
    """What is meant as JSON can be read as JSON."""
    assert json.loads(settings.files(lab())[name])


def test_containerd_asks_the_labs_registry_alone() -> None:
    """The settings are TOML, public names go to the mirror, and the mirror is also the server of last resort."""
    files = settings.files(lab())
    images = tomllib.loads(files["containerd.toml"])["plugins"]["io.containerd.cri.v1.images"]
    mirror = tomllib.loads(files["registries/_default/hosts.toml"])

    assert images["registry"]["config_path"] == "/labs/lab/registries"
    assert [mirror["server"]] == list(mirror["host"]) == ["http://10.197.0.2:5000"]


def test_the_kubeconfig_for_the_host_needs_no_other_file() -> None:
    """It holds the keys themselves and names the lab, so that it can be copied and merged."""
    text = settings.kubeconfig(lab(name="two"), authority=b"ca", certificate=b"crt", key=b"key")
    config = json.loads(text)

    assert config["current-context"] == "lab-two"
    assert config["users"][0]["user"] == {"client-certificate-data": "Y3J0", "client-key-data": "a2V5"}


def test_every_identity_has_its_kubeconfig() -> None:
    """Each part that is started with a kubeconfig is given one that is written."""
    written = {str(lab().folder / name) for name in settings.files(lab())}
    named = {
        word.rpartition("=")[2] for part in parts.parts(lab()) for word in part.argv if word.endswith("kubeconfig")
    }

    assert named
    assert named <= written
