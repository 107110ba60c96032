from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from vllm_qualify.config import Modes, ModeSettings, Settings, loading
from vllm_qualify.core.errors import BadConfig
from vllm_qualify.core.shipped import HOME_LAB
from vllm_qualify.system.process_runner import CompletedProcess
from vllm_qualify.upgrade import folder
from vllm_qualify.upgrade.folder import FolderReading

MANIFEST = "applications/vllm/deployment.yaml"


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    """A copy of the example."""
    return Path(shutil.copytree(HOME_LAB, tmp_path / "repository" / "lab"))


def read(lab: Path) -> FolderReading:
    """What an upgrade may change."""
    return folder.read(loading.load(lab / "qualify.toml"), source=lab / "qualify.toml")


def test_without_git_a_patch_begins_where_the_settings_are(lab: Path) -> None:
    """Three files, with their line ends."""
    (lab / MANIFEST).write_bytes((lab / MANIFEST).read_bytes().replace(b"\n", b"\r\n"))

    found = read(lab)

    assert found.root == lab
    assert list(found.folder.texts) == [
        MANIFEST,
        "applications/vllm/deployment-r1.yaml",
        "applications/litellm/configmap.yaml",
    ]
    assert found.folder.texts[MANIFEST].encode() == (lab / MANIFEST).read_bytes()


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_within_a_repository_it_begins_at_its_root(lab: Path, kind: str) -> None:
    """In a worktree and a submodule .git is a file."""
    mark = lab.parent / ".git"
    mark.mkdir() if kind == "folder" else mark.touch()

    found = read(lab)

    assert found.root == lab.parent
    assert found.folder.modes[0].path == f"lab/{MANIFEST}"


def test_a_link_is_followed_to_the_file(lab: Path) -> None:
    """Git changes no link; the file behind it is the one to change."""
    real = lab / "real.yaml"
    (lab / MANIFEST).rename(real)
    (lab / MANIFEST).symlink_to(real)

    assert read(lab).folder.modes[0].path == "real.yaml"


def test_all_files_outside_are_told_at_once(lab: Path) -> None:
    """A patch cannot reach them."""
    outside = lab.parent / "applications"
    (lab / "applications").rename(outside)
    (lab / "applications").symlink_to(outside)

    with pytest.raises(BadConfig) as caught:
        read(lab)

    assert str(caught.value).count(f"lies outside of {lab}, where no patch can change it") == 3


@pytest.mark.parametrize("named", ["applications/vllm", "applications/vllm/kustomization.yaml"])
def test_of_a_kustomize_folder_the_kustomization_is_changed(lab: Path, named: str) -> None:
    """And what kubectl renders of it is what serves."""
    (lab / "applications/vllm/kustomization.yaml").write_text("resources: [deployment.yaml]\n")
    rendered = CompletedProcess(exit_code=0, stdout=(lab / MANIFEST).read_text())
    kustomized = Settings(modes=Modes(ml=ModeSettings(manifest=lab / named)))

    found = folder.read(kustomized, source=lab / "qualify.toml", run=lambda _argv: rendered).folder

    assert (found.modes[0].path, found.modes[0].kustomized) == ("applications/vllm/kustomization.yaml", True)
    assert found.modes[0].serving.image == "vllm/vllm-openai:v0.5.5"
    assert found.texts == {"applications/vllm/kustomization.yaml": "resources: [deployment.yaml]\n"}
