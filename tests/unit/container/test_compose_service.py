from __future__ import annotations

import pytest
import yaml

from vllm_qualify.container import compose_service
from vllm_qualify.container.compose_service import Surroundings
from vllm_qualify.container.spec import ContainerSpec, GpuRequest, Mount, MountKind, PortBinding

FILES = {"vllm.env": "TOKEN='a b'\nHF_HOME\n# no\nX=1\n"}
PROJECT = """
volumes: {hf: {}, own: {name: shared}, kept: {external: true}}
networks: {back: {name: back_net}, out: {external: true}}
secrets: {token: {file: ./token.txt}}
"""


def spec(text: str) -> ContainerSpec:
    """The container of a service."""
    around = Surroundings(
        project=yaml.safe_load(PROJECT),
        name="ai",
        folder="/srv/ai",
        read=FILES.get,
        environment={"HF_HOME": "/hf"},
    )
    return compose_service.spec(yaml.safe_load(text), name="llm", image="i:1", around=around)


def test_command_lines() -> None:
    """Lists and texts; nothing is the image's own, and an empty one is none at all."""
    assert spec("{command: --model a 'b c'}").command == ("--model", "a", "b c")
    assert spec("{command: [--x, true, 1], entrypoint: vllm serve}").command == ("--x", "true", "1")
    assert (spec("{}").entrypoint, spec("{entrypoint: []}").entrypoint) == (None, ())


def test_variables_come_from_files_and_from_the_service() -> None:
    """Its own outrank those of files, quotes in files stay, and a bare name is handed through where it is set."""
    assert spec("{env_file: vllm.env, environment: {X: 2, GONE: null, HF_HOME: }}").env == {
        "TOKEN": "'a b'",
        "HF_HOME": "/hf",
        "X": "2",
    }
    assert spec("{environment: [A=1, B=c=d, E]}").env == {"A": "1", "B": "c=d"}


@pytest.mark.parametrize(
    ("text", "mount"),
    [
        ("hf:/root/.cache:rw", Mount(kind=MountKind.VOLUME, source="ai_hf", target="/root/.cache")),
        ("own:/x", Mount(kind=MountKind.VOLUME, source="shared", target="/x")),
        ("kept:/x", Mount(kind=MountKind.VOLUME, source="kept", target="/x")),
        ("./t.jinja:/t:ro,Z", Mount(
            kind=MountKind.BIND, source="/srv/ai/t.jinja", target="/t", read_only=True, options=("Z",)
        )),
        ("{type: bind, source: /a, target: /b, bind: {selinux: z}, read_only: true}", Mount(
            kind=MountKind.BIND, source="/a", target="/b", read_only=True, options=("z",)
        )),
        ("{type: volume, source: hf, target: /b, volume: {nocopy: true}}", Mount(
            kind=MountKind.VOLUME, source="ai_hf", target="/b", options=("nocopy",)
        )),
    ],
)  # fmt: skip
def test_mounts(text: str, mount: Mount) -> None:
    """Short and long, with the name that a volume really has."""
    assert spec(f"volumes:\n- {text}").mounts == (mount,)


def test_what_is_in_memory_and_what_is_nobodys() -> None:
    """A volume without a name is each container's own."""
    found = spec("{tmpfs: ['/t:size=1g', /u], volumes: [/v, {type: tmpfs, target: /w, tmpfs: {size: 9}}]}")

    assert found.tmpfs == {"/t": "size=1g", "/u": "", "/w": "size=9"}
    assert found.mounts == ()


def test_secrets_of_files_are_mounts() -> None:
    """Where Compose puts them."""
    (mount,) = spec("{secrets: [token]}").mounts

    assert str(mount) == "/srv/ai/token.txt:/run/secrets/token:ro"


@pytest.mark.parametrize(
    ("text", "ports"),
    [
        ("'8000:8000'", [PortBinding(container_port=8000, host_port=8000)]),
        ("8000", [PortBinding(container_port=8000)]),
        ("'127.0.0.1:80:8000/tcp'", [PortBinding(container_port=8000, host_port=80, host_address="127.0.0.1")]),
        ("'[::1]:80:8000'", [PortBinding(container_port=8000, host_port=80, host_address="::1")]),
        ("'80-81:8000-8001'", [PortBinding(container_port=8000, host_port=80),
                               PortBinding(container_port=8001, host_port=81)]),
        ("{target: 8000, published: '80', protocol: udp, host_ip: '::'}",
         [PortBinding(container_port=8000, host_port=80, host_address="::", protocol="udp")]),
        ("{target: 8000}", [PortBinding(container_port=8000)]),
    ],
)  # fmt: skip
def test_ports(text: str, ports: list[PortBinding]) -> None:
    """Short and long, with ranges; the host's network publishes none."""
    assert list(spec(f"ports: [{text}]").ports) == ports
    assert spec(f"{{network_mode: host, ports: [{text}]}}").ports == ()


@pytest.mark.parametrize(
    ("text", "request_", "devices"),
    [
        ("gpus: all", GpuRequest(), ()),
        ("gpus: [{count: -1}]", GpuRequest(), ()),
        ("gpus: [{device_ids: ['0', GPU-a]}]", GpuRequest(count=0, ids=("0", "GPU-a")), ()),
        ("deploy: {resources: {reservations: {devices: [{count: 2, capabilities: [gpu]}]}}}", GpuRequest(count=2), ()),
        ("deploy: {resources: {reservations: {devices: [{driver: nvidia, capabilities: [[gpu]]}]}}}", GpuRequest(), ()),
        ("deploy: {resources: {reservations: {devices: [{driver: cdi, device_ids: [nvidia.com/gpu=1]}]}}}",
         None, ("nvidia.com/gpu=1",)),
        ("deploy: {resources: {reservations: {devices: [{capabilities: [tpu]}]}}}", None, ()),
        ("devices: [nvidia.com/gpu=all, /dev/a:/dev/a:rwm, '/dev/a:/dev/b:r']",
         None, ("nvidia.com/gpu=all", "/dev/a", "/dev/a:/dev/b:r")),
        ("devices: [{source: nvidia.com/gpu=all, target: nvidia.com/gpu=all, permissions: rwm}]",
         None, ("nvidia.com/gpu=all",)),
    ],
)  # fmt: skip
def test_gpus(text: str, request_: GpuRequest | None, devices: tuple[str, ...]) -> None:
    """In every way in which a service may ask for them."""
    found = spec(text)

    assert (found.gpus, found.devices) == (request_, devices)


def test_networks_have_their_real_names_and_all_that_others_call_the_container() -> None:
    """The service's name, the container's, and further aliases; without any it is the project's own network."""
    assert spec("{networks: {back: {aliases: [vllm, llm]}, out: }, container_name: c}").networks == {
        "back_net": ("llm", "c", "vllm"),
        "out": ("llm", "c"),
    }
    assert spec("{}").networks == {"ai_default": ("llm",)}
    assert spec("{network_mode: host}").networks == {}


def test_the_rest() -> None:
    """All that decides how vLLM runs."""
    found = spec(
        """
        {user: '2000:0', working_dir: /w, runtime: nvidia, ipc: host, shm_size: 10.24gb, init: true, read_only: true,
         ulimits: {memlock: -1, nofile: {soft: 1, hard: 2}}, cap_drop: [ALL], security_opt: ['label=disable'],
         group_add: [44], extra_hosts: ['a=1.2.3.4'], mem_limit: 4g, hostname: h, stop_grace_period: 1m30s,
         labels: {com.docker.compose.x: y, team: ai}, privileged: false, cpus: 1.5, dns: [1.1.1.1]}
        """
    )

    assert (found.user, found.folder, found.runtime, found.ipc) == ("2000:0", "/w", "nvidia", "host")
    assert (found.shm_bytes, found.memory_bytes) == (int(10.24 * 2**30), 4 * 2**30)
    assert (found.init, found.read_only, found.privileged) == (True, True, False)
    assert (found.ulimits, found.cap_drop, found.groups) == (("memlock=-1", "nofile=1:2"), ("ALL",), ("44",))
    assert (found.security, found.hosts, found.labels) == (("label=disable",), ("a:1.2.3.4",), {"team": "ai"})
    assert found.others == {"cpus": "1.5", "dns": "1.1.1.1", "hostname": "h", "stop-timeout": "90"}
