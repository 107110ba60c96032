"""Manifests and configurations as registries hold them, and as they should not be."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests import registry as fake
from vllm_qualify.registry import oci_image
from vllm_qualify.registry.oci_image import ImageFacts, OciManifest, PlatformManifest
from vllm_qualify.registry.protocol import NoImageFacts

CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
DIGEST = "sha256:" + "0" * 64
ONE = OciManifest(config=DIGEST, size_bytes=3)
PERSISTENT = (
    'RUN |3 CUDA_VERSION=12.9.1 /bin/sh -c echo "/usr/local/cuda-$(echo $CUDA_VERSION | cut -d. -f1,2)/compat/" '
    "> /etc/ld.so.conf.d/00-cuda-compat.conf && ldconfig # buildkit"
)

CHARACTERS = st.text(st.characters(exclude_categories=()))
"""Half characters too."""

values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | CHARACTERS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=4,
)


def config(document: Any) -> ImageFacts:
    """What a configuration tells."""
    return oci_image.read_config(json.dumps(document).encode(), ONE, digest=DIGEST)


def manifest(document: Any, **options: str) -> PlatformManifest | OciManifest:
    """What a manifest tells."""
    return oci_image.read_manifest(json.dumps(document).encode(), **options)


def test_a_configuration_tells_how_the_image_starts() -> None:
    """Variables, entrypoint, arguments, labels and steps are those written, in their order."""
    settings = {"Env": ["A=1=2", "B=", "A=3", "odd"], "Cmd": ["--help"], "Labels": {"l": "x"}, "Entrypoint": ["vllm"]}

    found = config({"config": settings, "history": [{"created_by": PERSISTENT}, {"comment": "x"}]})

    assert found.env == {"A": "3", "B": ""}
    assert (found.entrypoint, found.cmd, found.labels) == (("vllm",), ("--help",), {"l": "x"})
    assert (found.history, found.size_bytes) == ((PERSISTENT,), 3)


def test_an_image_without_settings_has_been_asked() -> None:
    """What a configuration leaves out, or writes as null, is empty and not unknown."""
    found = config({"config": {"Env": None}, "history": None})

    assert (found.env, found.entrypoint, found.history) == ({}, (), ())
    assert ImageFacts().env is None


def test_a_record_shows_no_variable_in_a_message() -> None:
    """What an image holds as a variable, label or step may be a token, and is left out of the repr."""
    found = config(
        {"config": {"Env": ["HF_TOKEN=s3cret"], "Labels": {"a": "s3cret"}}, "history": [{"created_by": "s3cret"}]}
    )

    assert "s3cret" not in repr(found)


def test_the_size_is_that_of_all_layers() -> None:
    """Layers are counted as they are sent, compressed."""
    assert manifest(fake.manifest({}, 5, 0, 7)) == OciManifest(config=fake.digest_of({}), size_bytes=12)


@pytest.mark.parametrize("kind", ["", "application/json", "text/plain; charset=utf-8", oci_image.MANIFESTS[1]])
def test_a_manifest_is_known_by_what_it_holds(kind: str) -> None:
    """Registries that tell a general content type, or none, are understood."""
    assert isinstance(manifest(fake.manifest({}, 5), content_type=kind), OciManifest)


def test_an_index_is_read_for_the_architecture_asked_for() -> None:
    """The first entry for Linux and the architecture is taken; without one the message names those there are."""
    platforms = [("windows", "amd64"), ("unknown", "unknown"), ("linux", "arm64")]
    entries = [{"digest": DIGEST, "platform": {"os": os, "architecture": name}} for os, name in platforms]

    assert manifest({"manifests": entries}, architecture="arm64") == PlatformManifest(digest=DIGEST)
    with pytest.raises(NoImageFacts, match=r"not built for linux/amd64; it is for linux/arm64, windows/amd64$"):
        manifest({"manifests": entries})


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"schemaVersion": 1, "fsLayers": []}, "schema 1"),
        ({}, "neither an image manifest nor an index"),
        ({"mediaType": "application/x"}, "of the type application/x"),
        ({"manifests": [], "layers": []}, "neither an image manifest nor an index"),
        ({"manifests": [], "mediaType": oci_image.MANIFESTS[0]}, "neither"),
        ({"layers": [], "mediaType": oci_image.INDEXES[0]}, "neither"),
        ({"manifests": []}, "it is for nothing"),
        ({"manifests": {}}, "manifests of the image is not a list"),
        ({"config": {"mediaType": "application/vnd.cncf.helm.config.v1+json"}}, "it holds application/vnd.cncf.helm"),
        ({"config": {"mediaType": CONFIG_TYPE, "digest": "sha256:../../x"}}, "without a sha256 or sha512 digest"),
        ({"config": {"mediaType": CONFIG_TYPE, "digest": DIGEST}, "layers": [{"size": "1"}]}, "without a size"),
        ({"config": {"mediaType": CONFIG_TYPE, "digest": DIGEST}, "layers": [{"size": True}]}, "without a size"),
        ({"config": {"mediaType": CONFIG_TYPE, "digest": DIGEST}, "layers": [{"size": 10**30}]}, "without a size"),
    ],
)
def test_a_wrong_manifest_is_one_line(document: Mapping[str, Any], words: str) -> None:
    """What is no manifest of an image says what it is, or what is missing."""
    with pytest.raises(NoImageFacts) as caught:
        manifest(document)

    assert words in str(caught.value)


def test_a_page_for_people_is_no_manifest() -> None:
    """A web page in the place of a manifest is told by its content type."""
    with pytest.raises(NoImageFacts, match=r"text/html was returned .* check that this is a registry"):
        oci_image.read_manifest(b"<html>", content_type="text/html; charset=utf-8")


@pytest.mark.parametrize(
    "document",
    [
        {"config": []},
        {"config": {"Env": "A=1"}},
        {"config": {"Cmd": [1]}},
        {"history": ["x"]},
        {"config": {"Labels": 1}},
    ],
)
def test_a_wrong_configuration_is_one_line(document: Mapping[str, Any]) -> None:
    """A part of another type than it should have is named."""
    with pytest.raises(NoImageFacts, match=r"^\w+ of the image is not "):
        config(document)


@given(document=values, key=st.sampled_from(["config", "history", "Env", "Labels", "manifests", "layers", "created"]))
def test_anything_gives_facts_or_one_line(document: Any, key: str) -> None:
    """Whatever JSON stands anywhere, the answer is a record that can be printed, or one printable line."""
    for holder in ({key: document}, {"config": {key: document}}, document, fake.manifest({}, 1) | {key: document}):
        for read in (config, manifest):
            try:
                str(read(holder)).encode()
            except NoImageFacts as error:
                assert str(error).isprintable()  # noqa: PT017 (either of the two is right)


@example(name="\ud800", value="\udfff")
@given(name=CHARACTERS, value=CHARACTERS)
def test_variables_can_be_written_to_a_file(name: str, value: str) -> None:
    """Half characters, which JSON can spell, never reach a record."""
    found = config({"config": {"Env": [f"N{name}={value}"], "Labels": {name: value}}})

    json.dumps([dict(found.env or {}), dict(found.labels)], ensure_ascii=False).encode()
