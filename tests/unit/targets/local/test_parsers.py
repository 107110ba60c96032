"""What of a manifest's command line a parser is asked about."""

from __future__ import annotations

import pytest

from vllm_qualify.core import images
from vllm_qualify.kube.serving import ServingManifest
from vllm_qualify.targets.base import Unavailable
from vllm_qualify.targets.local import parsers

IMAGE = images.parse("vllm/vllm-openai:v0.19.1")


def manifest(*words: str, **more: object) -> ServingManifest:
    """A container with these arguments, in which ``$(X)`` is not known."""
    facts = {"command_line": words, "unknowns": {"$(X)": "a Secret"}, **more}
    return ServingManifest(source="d.yaml", kind="Deployment", name="d", **facts)  # type: ignore[arg-type]  # Made so.


def test_an_option_whose_value_is_not_known_is_not_asked_about() -> None:
    """The parser would refuse its spelling, which nobody will ever write; a model's name may be anything."""
    words = ("m/$(X)", "--max-model-len", "$(X)", "--port=1", "--dtype=$(X)", "--enforce-eager")

    assert parsers.arguments(IMAGE, manifest(*words)) == ("m/$(X)", "--port=1", "--enforce-eager")


def test_what_starts_no_server_cannot_be_asked_about() -> None:
    """The file and the command are named."""
    with pytest.raises(
        Unavailable, match=r"d\.yaml: the manifest's command 'sleep 1' does not start a recognisable vLLM server"
    ):
        parsers.arguments(IMAGE, manifest("sleep", "1", command=("sleep", "1")))
