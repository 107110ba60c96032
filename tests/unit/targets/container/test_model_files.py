"""`model_files`: what lies in the folders that a container is given says which model it serves."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.container import manifest_text
from vllm_qualify.container.spec import ContainerSpec, Mount, MountKind
from vllm_qualify.targets.container import model_files

MODEL, COMMIT = "Qwen/Qwen3-8B-AWQ", "9d1a3c"
CACHE = Mount(kind=MountKind.BIND, source="/srv/hf", target="/root/.cache/huggingface")
MODELS = Mount(kind=MountKind.BIND, source="/srv/models", target="/models")
VOLUME = Mount(kind=MountKind.VOLUME, source="hf", target="/root/.cache/huggingface")


def told(model: str, files: dict[str, str], *mounts: Mount) -> str:
    """What is known of a model that a container with these folders serves, on a host with these files."""
    compose = manifest_text.text(ContainerSpec(image="vllm:1", mounts=mounts), service="vllm")
    return model_files.revision(compose, model, files.get)


@pytest.mark.parametrize("folder", ["/srv/hf/hub", "/srv/hf"])
def test_the_commit_of_the_cache_is_the_revision(folder: str) -> None:
    """Whether the cache itself is bound, or the folder above it."""
    files = {f"{folder}/models--Qwen--Qwen3-8B-AWQ/refs/main": f"{COMMIT}\n"}

    assert told(MODEL, files, MODELS, CACHE) == f"at {COMMIT}"


def test_a_folder_is_known_by_its_configuration() -> None:
    """As the container names it, wherever that is on this host."""
    one = told("/models/qwen/", {"/srv/models/qwen/config.json": "{}"}, CACHE, MODELS)
    other = told("/models/qwen", {"/srv/models/qwen/config.json": "[]"}, CACHE, MODELS)

    assert one.startswith("with config.json ")
    assert one != other


@pytest.mark.parametrize("mounts", [(), (CACHE,), (VOLUME,)], ids=["nothing bound", "empty cache", "a volume"])
@pytest.mark.parametrize("model", [MODEL, "/models/qwen"])
def test_what_is_not_there_is_not_known(model: str, mounts: tuple[Mount, ...]) -> None:
    """A volume of the engine's own is no folder of this host."""
    assert told(model, {}, *mounts) == ""


@given(st.sampled_from(["services", "volumes"]), st.recursive(st.none() | st.text(), st.lists))
def test_a_file_of_another_form_tells_nothing(key: str, value: object) -> None:
    """Whatever stands in it."""
    assert model_files.revision(yaml.safe_dump({key: value}), MODEL, {}.get) == ""
