from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.container import compose_config
from vllm_qualify.container.compose_config import ComposedService, RenderedProject
from vllm_qualify.container.compose_program import ComposeProgram
from vllm_qualify.container.refusal import UnreadableContainer
from vllm_qualify.core import images

IMAGE = "vllm/vllm-openai:v0.8.5.post1"
INNER = "source target type name external aliases devices count device_ids capabilities resources reservations args"
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["", "8000:8000", "a:/b", "1g", "all", "$$X"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(INNER.split()), inner, max_size=3),
    max_leaves=6,
)
OUTER = (
    "entrypoint command environment env_file user labels volumes tmpfs devices gpus deploy shm_size network_mode "
    "networks ports ulimits cap_add extra_hosts mem_limit build container_name secrets configs dns scale"
)
KEYS = st.sampled_from(OUTER.split())
TOP = st.sampled_from(["volumes", "networks", "secrets", "configs", "name"])


def project(*, program: ComposeProgram = ComposeProgram.DOCKER, name: str = "ai", **services: Any) -> RenderedProject:
    """A project as its program printed it."""
    text = json.dumps({"name": name, "services": services} if name else {"services": services})
    return compose_config.read(
        text, program=program, folder="/srv/My.AI", read_file=lambda _: None, environment={}, project=""
    )


def service(**keys: Any) -> ComposedService:
    """The one service of a project."""
    return project(llm={"image": IMAGE, **keys}).service()


def refused(read: RenderedProject, name: str = "") -> str:
    """What a service is refused for."""
    with pytest.raises(UnreadableContainer) as caught:
        read.service(name)
    return str(caught.value)


def test_the_only_service_that_runs_vllm_is_meant() -> None:
    """By its image, its command line, or what its image is built on; a router of vLLM's is none."""
    router = {"image": "vllm/vllm-router:v1"}
    own = {"image": "mine", "entrypoint": ["vllm", "serve"], "command": ["m"]}
    built = {"build": {"args": {"BASE": "vllm/vllm-openai:nightly"}}}

    assert project(a=router, b={"image": IMAGE}).service().name == "b"
    assert project(a=router, b=own).service().name == "b"
    assert project(a=router, b=built).service().spec.image == "ai-b"


def test_several_that_serve_are_the_operators_choice() -> None:
    """The message names them, and how to choose; a service that is named is taken."""
    two = project(a={"image": IMAGE}, b={"image": IMAGE})

    assert refused(two) == "the services a, b each run vLLM in the project ai; choose one with [container] service"
    assert two.service("b").name == "b"
    assert "has no service c; there are a, b" in refused(two, "c")
    assert "no service runs vLLM, as far as web tell" in refused(project(web={"image": "nginx"}))


def test_its_container_is_found_by_labels() -> None:
    """Under the project's name, which the folder gives where nothing else does."""
    old = project(program=ComposeProgram.DOCKER_V1, name="", llm={"image": IMAGE, "container_name": "x"}).service()

    assert old.labels == {"com.docker.compose.project": "myai", "com.docker.compose.service": "llm"}
    assert old.container_name == "x"


def test_dollars_are_what_they_mean() -> None:
    """Docker's programs write two for one; podman-compose writes what it means."""
    script = ["bash", "-c", 'exec vllm serve "$$@"']
    podman = project(program=ComposeProgram.PODMAN_COMPOSE, llm={"image": IMAGE, "entrypoint": script}).service()

    assert service(entrypoint=script).spec.entrypoint == ("bash", "-c", 'exec vllm serve "$@"')
    assert podman.spec.entrypoint == tuple(script)


def test_an_image_that_is_built_on_vllms_needs_its_candidate_built() -> None:
    """The refusal says how; a candidate of its own repository is taken."""
    build = {"context": "./images/llm", "args": ["BASE_IMAGE=vllm/vllm-openai:nightly"]}
    found = service(image="lab/llm:1", build=build)

    with pytest.raises(UnreadableContainer) as caught:
        found.check(images.parse("docker.io/vllm/vllm-openai:v0.12.0"))
    found.check(images.parse("lab/llm:v0.12.0"))
    service().check(images.parse("vllm/vllm-openai:v0.12.0"))

    assert str(caught.value) == (
        "the service llm runs an image that is built on vllm/vllm-openai:nightly, so docker.io/vllm/vllm-openai:v0.12.0"
        " alone cannot take its place; build the candidate (docker build --build-arg "
        "BASE_IMAGE=docker.io/vllm/vllm-openai:v0.12.0 -t lab/llm:v0.12.0 ./images/llm) and give --image "
        "lab/llm:v0.12.0"
    )


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"network_mode": "service:vpn"}, "shares the network of the service vpn"),
        ({"deploy": {"replicas": 2}}, "runs 2 containers, and only one is taken over; set its replicas to 1"),
        ({"volumes": [{"type": "npipe", "target": "/x"}]}, "/x is a mount of the type npipe"),
        ({"secrets": [{"source": "token"}]}, "token of secrets does not come from a file"),
        ({"dns": ["1.1.1.1", "8.8.8.8"]}, "several values of dns"),
        ({"shm_size": "much"}, "the service llm cannot be read: 'much' is not a size; expected one such as 16gb"),
        ({"env_file": ["gone.env"]}, "the file of variables gone.env cannot be read"),
        ({"ports": ["a:b"]}, "publish"),
    ],
)
def test_what_cannot_be_carried_over_is_refused(keys: dict[str, Any], said: str) -> None:
    """With the reason and a way on."""
    assert said in refused(project(llm={"image": IMAGE, **keys}))


@pytest.mark.parametrize("text", ["", "services: [", "a: 1", "no configuration file provided: not found"])
def test_what_is_no_project_is_shown(text: str) -> None:
    """With the program that printed it."""
    with pytest.raises(UnreadableContainer, match=r"docker compose printed .* not a project with services"):
        compose_config.read(text, program=ComposeProgram.DOCKER, folder="/x", read_file=lambda _: None, environment={})


@given(st.dictionaries(KEYS, VALUES, max_size=4), st.dictionaries(TOP, VALUES, max_size=2))
def test_any_service_is_read_or_refused(keys: dict[str, Any], top: dict[str, Any]) -> None:
    """Never anything else."""
    text = json.dumps({**top, "services": {"llm": {"image": IMAGE, **keys}}})
    read = compose_config.read(
        text, program=ComposeProgram.DOCKER, folder="/x", read_file=lambda _: None, environment={}
    )

    with contextlib.suppress(UnreadableContainer):
        assert read.service("llm").name == "llm"
