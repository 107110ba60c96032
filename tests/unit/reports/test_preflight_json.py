"""What preflight says of an image, for programs."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from vllm_qualify import catalogue, preflight
from vllm_qualify.core import images
from vllm_qualify.preflight import ImageFacts, ManifestFacts, NodeFacts, predict
from vllm_qualify.preflight.predict import LaunchSpec, RegistryAnswer, Subject
from vllm_qualify.reports import preflight_json

IMAGE = images.parse("vllm/vllm-openai:v0.12.0")
NODE = preflight.node(gpu="RTX 3060", driver="570.195.03", toolkit="1.18.0", memory_mib=12288)
START = LaunchSpec(manifest=ManifestFacts(source="a.yaml", args=("--model", "x", "--port", "s3cret-word")))


@pytest.mark.parametrize("node", [NODE, preflight.node(), preflight.node(gpu="Mystery 1")], ids=lambda one: one.gpu)
def test_every_document_holds_what_the_schema_says(validate: Callable[[str, object], None], node: NodeFacts) -> None:
    """Of every release in the catalogue, on a node that is known, unknown, or has a GPU that nobody knows."""
    subject = Subject(node=node, starts=(START,))
    made = [preflight_json.document(one, subject) for one in predict.every(subject)]

    assert len(made) == len(catalogue.releases())
    for one in made:
        validate("preflight", json.loads(json.dumps(one)))


def test_a_document_has_a_basis() -> None:
    """Programs see as well who answered."""
    subject = Subject(node=NODE, starts=(START,))
    asked = RegistryAnswer(facts=ImageFacts(digest="sha256:1"))

    alone, told = (preflight_json.document(predict.of(IMAGE, subject, told=one), subject) for one in (None, asked))

    assert (alone["basis"], alone["digest"]) == ("catalogue", "")
    assert (told["basis"], told["digest"]) == ("registry", "sha256:1")


def test_a_node_is_told_in_words() -> None:
    """The capability as it is written, and what nobody knows as empty or null."""
    known, unknown = (
        preflight_json.document(predict.of(IMAGE, subject), subject)["node"]
        for subject in (Subject(node=node, starts=(START,)) for node in (NODE, replace(preflight.node(), driver="")))
    )

    assert (known["compute_capability"], known["memory_mib"]) == ("8.6", 12288)
    assert (unknown["compute_capability"], unknown["memory_mib"]) == ("", None)


def test_no_secret_is_told() -> None:
    """Wherever it stands, in what the rules say or in the name of a manifest."""
    start = replace(START, manifest=replace(START.manifest, source="s3cret-word.yaml"))
    subject = Subject(node=NODE, starts=(start,))

    said = json.dumps(preflight_json.document(predict.of(IMAGE, subject), subject, ["s3cret-word"]))

    assert "[redacted].yaml" in said
    assert "s3cret-word" not in said
