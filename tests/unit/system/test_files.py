"""Files are written whole or not at all, and the reason why not is said plainly."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from vllm_qualify.system import files


@pytest.fixture(name="full_disk")
def _full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every flush to the disk says that it is full, as file systems that allocate late do."""

    def fsync(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fsync)


def test_a_file_and_its_folders_are_made(tmp_path: Path) -> None:
    """Content arrives as it is, readable for others, with nothing beside it."""
    path = tmp_path / "a" / "b" / "matrix.html"

    files.write(path, b"new")

    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o644
    assert list(path.parent.iterdir()) == [path]


def test_a_file_is_replaced(tmp_path: Path) -> None:
    """A second write takes the place of the first."""
    path = tmp_path / "matrix.html"

    files.write(path, b"old")
    files.write(path, b"new")

    assert path.read_bytes() == b"new"


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    """What could not be written leaves no trace, and the message says what to do."""
    path = tmp_path / "matrix.html"
    path.write_bytes(b"old")

    with pytest.raises(files.Unwritable, match=r"matrix\.html: the disk is full; free some space") as raised:
        files.write(path, b"new")

    assert raised.value.errno == errno.ENOSPC
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_in_the_way_of_a_folder_is_named(tmp_path: Path) -> None:
    """A file where a folder should be is told apart from a missing right."""
    (tmp_path / "reports").write_text("I am a file")

    with pytest.raises(files.Unwritable, match="a file"):
        files.write(tmp_path / "reports" / "run" / "matrix.html", b"")


@pytest.mark.parametrize(
    "number", [errno.EACCES, errno.EPERM, errno.EROFS, errno.EDQUOT, errno.EIO, errno.ENAMETOOLONG]
)
def test_each_reason_has_one_message(tmp_path: Path, number: int) -> None:
    """The path comes first, then the reason; no message is a bare number."""
    with pytest.raises(files.Unwritable) as raised, files.explained(tmp_path / "x"):
        raise OSError(number, os.strerror(number))

    message = str(raised.value)
    assert message.startswith(f"cannot write {tmp_path / 'x'}: ")
    assert "Errno" not in message
    assert raised.value.errno == number


def test_a_link_moves_in_one_step(tmp_path: Path) -> None:
    """A link can be made, and made to point elsewhere, with nothing left beside it."""
    path = tmp_path / "latest"

    files.link(path, "first")
    files.link(path, "second")

    assert path.readlink() == Path("second")
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_never_replaces_a_folder(tmp_path: Path) -> None:
    """A folder that someone called latest is not taken away."""
    (tmp_path / "latest").mkdir()

    with pytest.raises(files.Unwritable, match="not a link"):
        files.link(tmp_path / "latest", "run")

    assert (tmp_path / "latest").is_dir()


@pytest.mark.parametrize(("mask", "mode"), [(0o077, 0o600), (0o022, 0o644), (0o002, 0o664)])
def test_a_file_keeps_the_umask(tmp_path: Path, mask: int, mode: int) -> None:
    """Who may read evidence is for the operator to say."""
    before = os.umask(mask)
    try:
        files.write(tmp_path / "a", b"x")
    finally:
        os.umask(before)

    assert (tmp_path / "a").stat().st_mode & 0o777 == mode
