from __future__ import annotations

from pathlib import Path

from lab import depot, oci

REFERENCE = "vllm/vllm-openai:v0.8.5.post1"


def _image(content: bytes) -> oci.Image:
    return oci.image([oci.layer({"/usr/bin/vllm": content})], entrypoint=["vllm"])


def test_an_image_lies_under_its_digest_and_its_tag(tmp_path: Path) -> None:
    """A pull by tag and one by digest find the same manifest, and each of its blobs."""
    image = _image(b"one")

    depot.add(tmp_path, REFERENCE, image)

    digest = depot.digest(tmp_path, REFERENCE)
    assert (tmp_path / "manifests" / "vllm/vllm-openai" / digest).read_bytes() == image.manifest
    assert {one.name for one in (tmp_path / "blobs").iterdir()} == {one.digest for one in image.blobs}


def test_a_tag_that_moves_leaves_the_earlier_image_under_its_digest(tmp_path: Path) -> None:
    """As in a real registry, a tag names the newer image, and the older one is found by digest alone."""
    depot.add(tmp_path, REFERENCE, _image(b"one"))
    earlier = depot.digest(tmp_path, REFERENCE)

    depot.add(tmp_path, REFERENCE, _image(b"two"))

    assert depot.digest(tmp_path, REFERENCE) != earlier
    assert (tmp_path / "manifests" / "vllm/vllm-openai" / earlier).is_file()


def test_a_removed_tag_is_gone(tmp_path: Path) -> None:
    """What an owner takes away is not found any more by its tag."""
    depot.add(tmp_path, REFERENCE, _image(b"one"))

    depot.remove(tmp_path, REFERENCE)

    assert not (tmp_path / "manifests" / "vllm/vllm-openai" / "v0.8.5.post1").exists()
