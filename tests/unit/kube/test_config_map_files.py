from __future__ import annotations

from pathlib import Path

import pytest

from vllm_qualify.kube import config_map_files

MAP = "kind: ConfigMap\nmetadata: {name: c}\ndata: {LEN: '8192', N: 4}\n"


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """A manifest in a folder with a ConfigMap, and with files that are none."""
    (tmp_path / "maps.yml").write_text("kind: Service\n---\n" + MAP)
    (tmp_path / "broken.yaml").write_text("kind: ConfigMap\n  {{ a }}: [")
    (tmp_path / "latin.yaml").write_bytes(b"# ConfigMap \xe9")
    (tmp_path / "notes.txt").write_text(MAP.replace("name: c", "name: d"))
    return tmp_path / "deployment.yaml"


def test_a_config_map_is_found_in_the_folder(manifest: Path) -> None:
    """Among YAML files alone; what is no string is none of its data."""
    find = config_map_files.beside(manifest)

    assert find("", "c") == {"LEN": "8192"}
    assert find("", "d") is None


def test_no_folder_holds_none(tmp_path: Path) -> None:
    """A folder that is not there is nobody's fault here; the manifest itself is told about elsewhere."""
    assert config_map_files.beside(tmp_path / "gone" / "d.yaml")("", "c") is None


def test_files_that_disagree_tell_nothing(manifest: Path) -> None:
    """Two environments in one folder have a ConfigMap of one name each; which one is meant, nobody knows."""
    (manifest.parent / "production.yaml").write_text(MAP.replace("8192", "4096"))

    assert config_map_files.beside(manifest)("", "c") is None
