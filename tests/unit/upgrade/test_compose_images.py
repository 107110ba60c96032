from __future__ import annotations

import pytest

from vllm_qualify.core import images
from vllm_qualify.kube.serving import BadManifest
from vllm_qualify.upgrade import compose_images
from vllm_qualify.upgrade.compose_images import ComposeTexts

NEW = images.parse("vllm/vllm-openai:v0.12.0")


def project(written: str, *, variables: str | None = None, more: str = "", **environment: str) -> ComposeTexts:
    """A project whose service has an image."""
    text = f"services:\n  llm:\n    image: {written} # ours\n    gpus: all\n{more}"
    return ComposeTexts(
        texts={"compose.yml": text},
        variables=None if variables is None else (".env", variables),
        environment=environment,
    )


def changed(found: ComposeTexts) -> tuple[str, str]:
    """The file that changes, and its text afterwards."""
    return compose_images.with_image(found, compose_images.place(found, "llm", NEW), NEW)


@pytest.mark.parametrize(
    ("written", "after"),
    [
        ("vllm/vllm-openai:v0.8.5", "vllm/vllm-openai:v0.12.0"),
        ("'vllm/vllm-openai:v0.8.5'", "'vllm/vllm-openai:v0.12.0'"),
        ("${VLLM_IMAGE:-vllm/vllm-openai:v0.8.5}", "${VLLM_IMAGE:-vllm/vllm-openai:v0.12.0}"),
        ("vllm/vllm-openai:${VLLM_TAG-v0.8.5}", "vllm/vllm-openai:${VLLM_TAG-v0.12.0}"),
    ],
)
def test_the_line_or_its_default_changes(written: str, after: str) -> None:
    """Nothing else of the file does; a default is not taken for what somebody may set."""
    path, text = changed(project(written))

    assert path == "compose.yml"
    assert text.replace('"', "") == project(after).texts["compose.yml"].replace('"', "")


@pytest.mark.parametrize(
    ("written", "before", "after"),
    [
        ("${VLLM_IMAGE}", "VLLM_IMAGE=vllm/vllm-openai:v0.8.5\n", "VLLM_IMAGE=vllm/vllm-openai:v0.12.0\n"),
        ("${VLLM_IMAGE:-x:1}", "VLLM_IMAGE='vllm/vllm-openai:v0.8.5'\n", "VLLM_IMAGE='vllm/vllm-openai:v0.12.0'\n"),
        ("vllm/vllm-openai:$TAG", "A=1\nTAG=v0.8.5\n", "A=1\nTAG=v0.12.0\n"),
    ],
)
def test_a_variable_that_is_set_changes_where_it_is(written: str, before: str, after: str) -> None:
    """In the file of variables, whatever the default says."""
    assert changed(project(written, variables=before)) == (".env", after)


def test_the_last_file_has_the_last_word() -> None:
    """It is the one that changes."""
    first = project("vllm/vllm-openai:v0.8.5").texts["compose.yml"]
    last = "services: {llm: {image: 'vllm/vllm-openai:v0.9.2'}}\n"
    found = ComposeTexts(texts={"compose.yml": first, "gpu.yml": last, "more.yml": "services: {web: {image: a}}\n"})

    assert compose_images.place(found, "llm", NEW).image == "vllm/vllm-openai:v0.9.2"
    assert changed(found) == ("gpu.yml", last.replace("v0.9.2", "v0.12.0"))


def test_of_an_image_that_is_built_the_base_changes() -> None:
    """Its own name stays; a candidate that was built is exchanged by that."""
    text = "services: {llm: {image: 'lab/llm:1', build: {context: ., args: {BASE: 'vllm/vllm-openai:v0.8.5'}}}}\n"

    found = ComposeTexts(texts={"c.yml": text})
    own = images.parse("lab/llm:2")

    assert changed(found) == ("c.yml", text.replace("v0.8.5", "v0.12.0"))
    assert compose_images.place(found, "llm", NEW).built
    assert compose_images.with_image(found, compose_images.place(found, "llm", own), own) == (
        "c.yml",
        text.replace("llm:1", "llm:2"),
    )


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (project("${A}/${B}"), "compose.yml:3: the image ${A}/${B} is put together in a way that is not edited here"),
        (project("${A}"), "compose.yml:3: nothing that can be changed here sets A; set it to vllm/vllm-openai:v0.12.0"),
        (project("${A:-x:1}", A="y:1"), "compose.yml:3: A is set in the environment, which no patch can change"),
        (project("mine/vllm:${T:-1}"), "the image mine/vllm:${T:-1} is put together"),
        (project("&i vllm/vllm-openai:v0.8.5", more="  two: {image: *i}\n"), "is shared with other services through"),
        (ComposeTexts(texts={"c.yml": "services: {web: {}}"}), "c.yml: no file names an image of the service llm"),
    ],
)
def test_what_is_not_edited_says_what_to_write(found: ComposeTexts, said: str) -> None:
    """And where."""
    with pytest.raises(BadManifest) as caught:
        changed(found)

    assert said in str(caught.value)
