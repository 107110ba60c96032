from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path

from lab import docker, oci


def test_the_same_files_give_the_same_layer() -> None:
    """Neither time nor order of naming enters a layer, so a registry keeps it once."""
    one = oci.layer({"/a": b"1", "/b": b"2"}, links={"/c": "/a"})
    other = oci.layer({"/b": b"2", "/a": b"1"}, links={"/c": "/a"})

    assert one == other


def test_a_layer_holds_executables_and_links() -> None:
    """Files are executable, below the root, and links point where they were told to."""
    made = oci.layer({"/usr/bin/it": b"program"}, links={"/usr/bin/alias": "/usr/bin/it"})

    assert isinstance(made.content, bytes)
    with tarfile.open(fileobj=io.BytesIO(made.content)) as archive:
        entries = {entry.name: entry for entry in archive}
    assert entries["usr/bin/it"].mode == 0o755
    assert entries["usr/bin/alias"].linkname == "/usr/bin/it"


def test_a_manifest_names_every_blob_by_its_digest() -> None:
    """What the manifest says of each blob is true, and the configuration lists the layers unpacked."""
    image = oci.image([oci.layer({"/a": b"1"})], entrypoint=["/a"], env={"SCRIPTED_HANG": "1"})
    manifest = json.loads(image.manifest)
    kept = {blob.digest: blob.content for blob in image.blobs if isinstance(blob.content, bytes)}

    named = [manifest["config"], *manifest["layers"]]
    config = json.loads(kept[manifest["config"]["digest"]])

    assert all(len(kept[one["digest"]]) == one["size"] for one in named)
    assert all(f"sha256:{hashlib.sha256(content).hexdigest()}" == digest for digest, content in kept.items())
    assert config["rootfs"]["diff_ids"] == [one["digest"] for one in manifest["layers"]]
    assert config["config"]["Env"] == ["SCRIPTED_HANG=1"]


def test_a_file_and_its_bytes_are_one_blob(tmp_path: Path) -> None:
    """A blob on disk has the digest and size of its content."""
    (tmp_path / "layer.tar").write_bytes(b"content")

    assert oci.blob(tmp_path / "layer.tar").digest == oci.blob(b"content").digest
    assert oci.blob(tmp_path / "layer.tar").size == 7


def test_an_archive_for_docker_names_what_it_holds() -> None:
    """Every path that manifest.json names is in the archive, under the public name of the image."""
    image = oci.image([oci.layer({"/a": b"1"})], entrypoint=["/a"])
    with tarfile.open(fileobj=io.BytesIO(docker.archive("vllm/vllm-openai:x", image))) as archive:
        names = set(archive.getnames())
        held = archive.extractfile("manifest.json")
        assert held is not None
        (index,) = json.load(held)

    assert {index["Config"], *index["Layers"]} <= names
    assert index["RepoTags"] == ["vllm/vllm-openai:x"]
