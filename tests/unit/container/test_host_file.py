"""Files that start vLLM on a host, told from manifests."""

from __future__ import annotations

from pathlib import PurePath

import pytest
import yaml

from vllm_qualify.container import host_file


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("services: {a: {}}", True), ("kind: X\nservices: {}", False), ("services: [a]", False), ("a", False)],
)
def test_a_compose_file_is_told_from_an_object(text: str, is_one: bool) -> None:  # noqa: FBT001  # A column of the table.
    """By its services, and by no kind."""
    assert host_file.is_compose(yaml.safe_load(text)) is is_one


@pytest.mark.parametrize(
    ("name", "text", "is_one"),
    [
        ("vllm.container", "[Container]", True),
        ("start.sh", "", True),
        ("start", "#!/bin/sh", True),
        ("start", "sudo podman run x", True),
        ("vllm.yaml", "kind: Deployment", False),
    ],
)
def test_a_script_is_told_by_its_name_or_its_beginning(name: str, text: str, is_one: bool) -> None:  # noqa: FBT001  # As above.
    """A manifest is none."""
    assert host_file.is_start(PurePath(name), text) is is_one
