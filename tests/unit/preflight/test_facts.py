from __future__ import annotations

import pytest

from vllm_qualify.kube.serving import ServingManifest
from vllm_qualify.preflight import ManifestFacts


@pytest.mark.parametrize(
    ("image", "words", "command"),
    [
        ("registry.example/llm:1", ("vllm", "serve", "m"), True),
        ("", ("python3", "-m", "vllm.entrypoints.openai.api_server", "--model", "m"), True),
        ("vllm/vllm-openai:v0.9.2", ("vllm", "serve", "m"), False),
        ("registry.example/llm:1", ("--model", "m"), False),
    ],
)
def test_arguments_of_ones_own_image_may_be_its_command(image: str, words: tuple[str, ...], command: bool) -> None:  # noqa: FBT001  # A column of the table.
    """An image without an entrypoint executes them; the official one hands them to the server, one word too many."""
    facts = ManifestFacts.of(ServingManifest(source="d", kind="Pod", name="p", image=image, command_line=words))

    assert (facts.command, facts.args) == ((words, ()) if command else ((), words))
