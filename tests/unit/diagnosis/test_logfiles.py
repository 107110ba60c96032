"""Logs are read as people keep them; what is none is told in one line."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vllm_qualify.diagnosis import logfiles

TEXT = "INFO all is well\nERROR █ it broke\n" * 3000
LOG = TEXT.encode()


def content(path: Path) -> bytes:
    """All that is read of a file."""
    return b"".join(logfiles.blocks(str(path)))


def refused(path: Path) -> str:
    """Why a file is no log, "" where it is one."""
    try:
        content(path)
    except logfiles.NoLog as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    "pack",
    [
        bytes,
        gzip.compress,
        bz2.compress,
        lzma.compress,
        lambda log: gzip.compress(gzip.compress(log)),
        lambda log: log.decode().encode("utf-16"),
        lambda log: log.decode().encode("utf-16-le"),
        lambda log: log.decode().encode("utf-16-be"),
        lambda log: log.decode().encode("utf-32"),
        lambda log: gzip.compress(log.decode().encode("utf-16")),
    ],
    ids=["plain", "gzip", "bzip2", "xz", "twice", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gzip-of-utf-16"],
)
def test_all_ways_to_keep_a_log(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    """Compressed or in another encoding, the text is the same."""
    (tmp_path / "log").write_bytes(pack(LOG))

    assert content(tmp_path / "log").decode().removeprefix("\ufeff") == TEXT


def test_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is piped in may be compressed as well."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(LOG))))

    assert b"".join(logfiles.blocks(logfiles.PIPE)) == LOG


@pytest.mark.parametrize(
    ("bytes_", "said"),
    [
        (b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 40, "not a text file"),
        (b"\x00" * 5000, "not a text file"),
        (b"PK\x03\x04rest", "zip archive"),
        (b"\x28\xb5\x2f\xfdrest", "zstd -d"),
        (b"name".ljust(257, b"\x00") + b"ustar\x00", "tar archive"),
        (gzip.compress(b"name".ljust(257, b"\x00") + b"ustar\x00", mtime=0), "tar archive"),
    ],
)
def test_what_is_no_log(bytes_: bytes, said: str, tmp_path: Path) -> None:
    """A program, an archive or an unknown compression is told with what to do about it."""
    (tmp_path / "file").write_bytes(bytes_)

    with pytest.raises(logfiles.NoLog, match=said):
        content(tmp_path / "file")


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress], ids=["gzip", "bzip2", "xz"])
def test_what_was_cut_off(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    """Of a compressed file without its end, what can be read is given before it is told."""
    (tmp_path / "log").write_bytes(pack(LOG + bytes(range(32, 127)) * 100)[:-20])

    with pytest.raises(logfiles.CutOff, match="cut off"):
        content(tmp_path / "log")


def test_a_log_that_was_truncated_while_it_was_written(tmp_path: Path) -> None:
    """Zeros before the text, as such a file has them, do not make it a program."""
    (tmp_path / "log").write_bytes(b"\x00" * 60_000 + LOG)

    assert content(tmp_path / "log").endswith(LOG)


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    """A file that is not there is named with the reason."""
    with pytest.raises(logfiles.NoLog, match=r"cannot read .*gone: No such file"):
        content(tmp_path / "gone")


def test_a_folder_stands_for_its_logs(tmp_path: Path) -> None:
    """Logs and texts of a folder are read in the order of their names; other files and folders are not."""
    for name in ("b.log", "a.txt", "b.log.1", "c.json"):
        (tmp_path / name).touch()
    (tmp_path / "inner.log").mkdir()

    assert [Path(name).name for name in logfiles.named([str(tmp_path), "-"])] == ["a.txt", "b.log", "b.log.1", "-"]


def test_a_folder_without_logs(tmp_path: Path) -> None:
    """A folder that holds none is told, with what was looked for."""
    with pytest.raises(logfiles.NoLog, match=r"without \*\.log"):
        list(logfiles.named([str(tmp_path)]))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400) | st.binary(max_size=400).map(gzip.compress) | st.sampled_from([b"\x1f\x8b", b"BZh"]))
def test_any_bytes_are_read_or_told(tmp_path: Path, bytes_: bytes) -> None:
    """Whatever a file holds, it is read or refused in one line."""
    (tmp_path / "file").write_bytes(bytes_)

    assert "\n" not in refused(tmp_path / "file")
