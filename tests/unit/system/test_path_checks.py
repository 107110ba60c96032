"""What is said of paths at which pathlib itself raises."""

from __future__ import annotations

from pathlib import Path

import pytest

from vllm_qualify.system import path_checks


@pytest.mark.parametrize("name", ["a\0b", "a" * 300, "loop", "gone", "file/a"])
def test_what_cannot_be_looked_at_is_not_there(tmp_path: Path, name: str) -> None:
    """Nothing is raised: whoever opens it says why."""
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "file").touch()
    path = tmp_path / name

    assert not any((path_checks.exists(path), path_checks.is_file(path), path_checks.is_folder(path)))


def test_what_is_there(tmp_path: Path) -> None:
    """A file, a folder, and a link to one."""
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path)

    assert path_checks.is_file(tmp_path / "link" / "file")
    assert path_checks.is_folder(tmp_path / "link")
    assert path_checks.exists(tmp_path / "file")


def test_a_path_without_its_links(tmp_path: Path) -> None:
    """One whose links go in a circle has an end all the same."""
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "link").symlink_to(".")

    assert path_checks.resolved(tmp_path / "link" / "a") == tmp_path / "a"
    assert path_checks.resolved(tmp_path / "loop" / "a") == tmp_path / "loop" / "a"
