from __future__ import annotations

import hashlib
import tarfile
from pathlib import Path

from lab import layers, oci


def pack(tmp_path: Path, *, without: frozenset[str] = frozenset(), said: list[str] | None = None) -> oci.Blob:
    """Pack a folder with one file to keep and one to leave."""
    source = tmp_path / "source"
    source.mkdir(exist_ok=True)
    (source / "kept").write_text("kept")
    (source / "left").write_text("left")
    content = layers.Content(name="it", places={"/opt/it": source}, without=without)
    return layers.pack(content, folder=tmp_path / "layers", say=(said if said is not None else []).append)


def test_a_packed_layer_is_what_it_says_it_is(tmp_path: Path) -> None:
    """Digest and size are those of the file, which holds everything under its place in the image."""
    blob = pack(tmp_path)

    assert isinstance(blob.content, Path)
    assert blob.digest == f"sha256:{hashlib.sha256(blob.content.read_bytes()).hexdigest()}"
    assert blob.size == blob.content.stat().st_size
    with tarfile.open(blob.content) as archive:
        assert archive.getnames() == ["opt/it", "opt/it/kept", "opt/it/left"]


def test_what_is_left_out_is_not_in_it(tmp_path: Path) -> None:
    """A name to leave out is left out, and makes another layer."""
    blob = pack(tmp_path, without=frozenset({"left"}))

    assert isinstance(blob.content, Path)
    with tarfile.open(blob.content) as archive:
        assert archive.getnames() == ["opt/it", "opt/it/kept"]
    assert blob.content != pack(tmp_path).content


def test_a_layer_is_packed_once(tmp_path: Path) -> None:
    """The second call takes what the first one packed."""
    said: list[str] = []

    assert pack(tmp_path, said=said) == pack(tmp_path, said=said)
    assert said == ["packing layer it (once)"]
