from __future__ import annotations

from pathlib import Path

import pytest

from lab import oci, pushing


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("vllm/vllm-openai:v0.8.5", ("vllm/vllm-openai", "v0.8.5")),
        ("docker.io/vllm/vllm-openai:v0.8.5", ("vllm/vllm-openai", "v0.8.5")),
        ("docker.io/busybox", ("library/busybox", "latest")),
        ("busybox:1", ("library/busybox", "1")),
        ("ghcr.io/someone/it:1", ("someone/it", "1")),
        ("localhost:5000/it", ("it", "latest")),
    ],
)
def test_a_public_name_is_kept_where_containerd_asks_for_it(reference: str, expected: tuple[str, str]) -> None:
    """Host left out, ``library`` put in, ``latest`` by default: as containerd does before it asks a mirror."""
    assert pushing.path_of(reference) == expected


def test_files_are_linked_into_a_registry_and_not_copied(tmp_path: Path) -> None:
    """A layer on disk appears under its digest, as the same file; what is in memory is left to be pushed."""
    held = tmp_path / "layer.tar"
    held.write_bytes(b"gigabytes")
    image = oci.image([oci.blob(held)], entrypoint=["/x"])
    value = image.blobs[0].digest.removeprefix("sha256:")

    pushing.link_in(tmp_path / "registry", "vllm/vllm-openai:x", image)

    root = tmp_path / "registry" / "docker" / "registry" / "v2"
    assert [path.samefile(held) for path in root.glob("blobs/sha256/*/*/data")] == [True]
    assert (root / f"repositories/vllm/vllm-openai/_layers/sha256/{value}/link").read_text() == f"sha256:{value}"
