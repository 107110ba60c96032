from __future__ import annotations

import shlex

import pytest

from vllm_qualify.container import run_spec, run_words
from vllm_qualify.container.refusal import UnreadableContainer
from vllm_qualify.container.run_spec import StartPlace
from vllm_qualify.container.spec import ContainerSpec, GpuRequest

PLACE = StartPlace(folder="/srv", read={"x.env": "A=1\nB\n#\nC=x y\n"}.get, environment={"B": "2", "D": "4"})


def spec(options: str) -> ContainerSpec:
    """The container of a command with some options."""
    run = run_words.parse(shlex.split(f"docker run {options} i:1"))
    assert run is not None
    return run_spec.spec(run, PLACE)


@pytest.mark.parametrize(
    ("options", "request_"),
    [
        ("--gpus all", GpuRequest()),
        ("--gpus 2", GpuRequest(count=2)),
        ("--gpus device=1", GpuRequest(count=0, ids=("1",))),
        ("""--gpus '"device=4,5"'""", GpuRequest(count=0, ids=("4", "5"))),
        ("""--gpus '"device=4,5",capabilities=utility'""", GpuRequest(count=0, ids=("4", "5"))),
        ("", None),
    ],
)
def test_gpus(options: str, request_: GpuRequest | None) -> None:
    """As the client reads a line of CSV."""
    assert spec(options).gpus == request_


def test_variables() -> None:
    """Single ones outrank files; a bare name is handed through where it is set."""
    assert spec("-e A=9 --env-file x.env -e D -e E").env == {"A": "9", "B": "2", "C": "x y", "D": "4"}


def test_mounts() -> None:
    """By --volume and by --mount; what has no name is each container's own."""
    found = spec("-v ./a:/a:ro -v hf:/hf -v /x --mount type=bind,src=b,dst=/b,readonly --mount target=/y")

    assert list(map(str, found.mounts)) == ["/srv/a:/a:ro", "hf:/hf", "/srv/b:/b:ro"]


def test_entrypoints() -> None:
    """One word, a list of Podman's, or none at all."""
    assert spec("--entrypoint vllm").entrypoint == ("vllm",)
    assert spec("""--entrypoint '["vllm", "serve"]'""").entrypoint == ("vllm", "serve")
    assert (spec("--entrypoint ''").entrypoint, spec("").entrypoint) == ((), None)


def test_networks() -> None:
    """A mode, or names with all that others call the container there."""
    assert (spec("--net host -p 1:1").network_mode, spec("--net host -p 1:1").ports) == ("host", ())
    assert spec("--network back --network-alias openai --name llm").networks == {"back": ("llm", "openai")}


def test_the_rest() -> None:
    """What has no place of its own is handed on; how a container is watched and named is no part of it."""
    found = spec(
        "-d --name x --restart always --log-opt a=b --hostname h --cap-drop=ALL,NET --shm-size 1g -m 2g -u 1:2 -w /w "
        "--init --read-only --ulimit memlock=-1 --security-opt label=disable --add-host a:1 --group-add 44 "
        "--tmpfs /t:size=1 --device nvidia.com/gpu=0 -l team=ai -l io.podman.compose.project=x"
    )

    assert found.others == {"hostname": "h"}
    assert (found.cap_drop, found.ulimits, found.security) == (("ALL", "NET"), ("memlock=-1",), ("label=disable",))
    assert (found.shm_bytes, found.memory_bytes, found.user, found.folder) == (1 << 30, 2 << 30, "1:2", "/w")
    assert (found.init, found.read_only, found.tmpfs) == (True, True, {"/t": "size=1"})
    assert (found.hosts, found.groups, found.devices) == (("a:1",), ("44",), ("nvidia.com/gpu=0",))
    assert found.labels == {"team": "ai"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--volumes-from x", "--volumes-from x ties the container to something that is not carried over"),
        ("--dns 1 --dns 2", "--dns is given several times"),
        ("--env-file gone", "the file gone of --env-file cannot be read here"),
        ("--gpus 4,device=1", "has lost its inner quotes"),
        ("--gpus none", "--gpus none is not a request for GPUs"),
        ("--mount type=image,target=/x", "is neither a folder nor a volume"),
        ("--entrypoint [x", "--entrypoint [x is not a list in JSON"),
        ("-m lots", "docker run of i:1: 'lots' is not a size"),
    ],
)
def test_what_is_not_carried_over_is_refused(options: str, said: str) -> None:
    """With the option and its value."""
    with pytest.raises(UnreadableContainer) as caught:
        spec(options)

    assert said in str(caught.value)
