"""Writes files so that a reader sees the old content or the new one, never a half; says plainly why one cannot."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from vllm_qualify.core.errors import UserError
from vllm_qualify.system import path_checks

_NUMBERS = itertools.count()
_REASONS = {
    errno.EACCES: "no permission to write there; choose another folder, or change its owner",
    errno.EPERM: "no permission to write there; choose another folder, or change its owner",
    errno.EROFS: "its file system is read-only; choose another folder",
    errno.ENOSPC: "the disk is full; free some space, then run vllm-qualify report",
    errno.EDQUOT: "your disk quota is used up; free some space, then run vllm-qualify report",
    errno.EEXIST: "a file of that name exists; move it, or choose another folder",
    errno.ENOTDIR: "a part of that path is a file, not a folder; move it, or choose another folder",
    errno.EISDIR: "a folder of that name exists; move it",
    errno.ENAMETOOLONG: "the name is too long for its file system; choose a shorter path",
}


class Unwritable(UserError, OSError):
    """A file or folder that cannot be written; the message says which, why, and what to do."""


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what the system says of a write into one clear message.

    Raises:
        Unwritable: anything went wrong with the file; ``errno`` is kept.
    """
    try:
        yield
    except Unwritable:
        raise
    except OSError as error:
        unwritable = Unwritable(f"cannot write {path}: {_reason(error)}")
        unwritable.errno = error.errno
        raise unwritable from error


def _reason(error: OSError) -> str:
    return _REASONS.get(error.errno or 0) or error.strerror or str(error)


def write(path: Path, content: bytes, *, flushed: bool = True) -> None:
    """Write a whole file; its folders are made.

    Args:
        path: where.
        content: all of it.
        flushed: it is on the disk when this returns, which takes milliseconds; what can be made again need not be.

    Raises:
        Unwritable: it could not be written; what stood there before still does.
    """
    with explained(path):
        spare = path.with_name(f".{path.name[:80]}.{os.getpid()}.{next(_NUMBERS)}.{os.urandom(4).hex()}")
        try:
            with _opened(spare) as file:
                file.write(content)
                if flushed:
                    file.flush()
                    os.fsync(file.fileno())
            spare.replace(path)
        except BaseException:
            spare.unlink(missing_ok=True)
            raise
    if flushed:
        sync_folder(path.parent)


def content(path: Path) -> bytes | None:
    """All that a file holds; ``None`` where there is no file, or none that may be read."""
    try:
        return path.read_bytes() if path_checks.is_file(path) else None
    except OSError:
        return None


def _opened(path: Path) -> BinaryIO:
    """A new file; its folders are made if they are not there, which is seldom."""
    try:
        return path.open("xb")
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("xb")


def link(path: Path, target: str) -> None:
    """Make a symbolic link, or let the one that is there point elsewhere in a single step.

    Raises:
        Unwritable: something that is no link stands there, or the file system knows no links.
    """
    with explained(path):
        if path.exists() and not path.is_symlink():
            raise Unwritable(f"cannot write {path}: something that is not a link is there; move it")
        spare = path.with_name(f".{path.name}.{os.getpid()}")
        spare.unlink(missing_ok=True)
        try:
            spare.symlink_to(target)
            spare.replace(path)
        except BaseException:
            spare.unlink(missing_ok=True)
            raise


def sync_folder(path: Path) -> None:
    """Bring the names in a folder to the disk, where its file system can."""
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
