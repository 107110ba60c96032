"""What is known of a cluster before a run is begun on it."""

from __future__ import annotations

import pytest

from vllm_qualify import preflight
from vllm_qualify.config import Cluster
from vllm_qualify.preflight import NodeFacts
from vllm_qualify.preflight.launch_specs import BadInput
from vllm_qualify.targets.kubernetes import kind

NODE = preflight.node(gpu="RTX 3060", driver="570.195.03", toolkit="1.18.0")


def test_a_node_that_cannot_be_read_is_unknown_and_said_to_be() -> None:
    """A run is not refused for that; preflight just rules less out."""

    def unread(_: Cluster) -> NodeFacts:
        raise BadInput("no label")

    node, note = kind.known(Cluster(context="home"), unread)

    assert node.gpu == ""
    assert note.endswith("so it rules out little: no label")


@pytest.mark.parametrize(
    ("toolkit", "note"), [("1.18.0", ""), ("", "preflight would be more certain with `toolkit` in")]
)
def test_what_no_label_tells_comes_from_the_settings(toolkit: str, note: str) -> None:
    """Without the toolkit's version nobody knows what happens to the compat library, and the reader is told."""
    node, said = kind.known(Cluster(context="home", toolkit=toolkit), lambda _: NODE)

    assert node is NODE
    assert said.startswith(note)
    assert bool(said) is not bool(toolkit)
