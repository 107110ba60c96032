from __future__ import annotations

import io
import os
import socket
import threading
from pathlib import Path

import pytest

from vllm_qualify.system import text_files
from vllm_qualify.system.text_files import UnreadableText


def refused(path: Path) -> str:
    """Why a text cannot be read."""
    with pytest.raises(UnreadableText) as caught:
        text_files.read(path)
    return str(caught.value)


def test_a_file_is_read_with_its_line_ends_or_with_plain_ones(tmp_path: Path) -> None:
    """As the caller wants them."""
    path = tmp_path / "a.yaml"
    path.write_bytes(b"a\r\nb\n")

    assert (text_files.read(path), text_files.read(path, newline="")) == ("a\nb\n", "a\r\nb\n")


def test_standard_input_is_a_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the name that other commands have for it."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"kind: Pod")))

    assert text_files.read(Path("-")) == "kind: Pod"


def test_a_pipe_is_read_to_its_end() -> None:
    """One of a shell's <(...), whose writer is there from the start, and slow."""
    read, write = os.pipe()
    writer = threading.Thread(target=lambda: (os.write(write, b"a: 1\n"), os.write(write, b"b: 2\n"), os.close(write)))
    writer.start()

    found = text_files.read(Path(f"/dev/fd/{read}"))
    writer.join()
    os.close(read)

    assert found == "a: 1\nb: 2\n"


def test_a_pipe_without_a_writer_is_no_reason_to_wait(tmp_path: Path) -> None:
    """It is said instead."""
    path = tmp_path / "pipe"
    os.mkfifo(path)

    assert refused(path) == "cannot be read: it is a pipe without a writer"


def test_nothing_is_read_without_an_end(tmp_path: Path) -> None:
    """A device that never ends, and a file that is no manifest."""
    large = tmp_path / "large.yaml"
    large.write_bytes(b"#" * (text_files.MOST_BYTES + 1))

    said = "cannot be read: it is larger than 3 MB, the most for such a file; is it the right one?"
    assert (refused(Path("/dev/zero")), refused(large)) == (said, said)


def test_what_is_no_text_is_told_with_its_line(tmp_path: Path) -> None:
    """A folder, nothing at all, and another encoding."""
    path = tmp_path / "a"
    path.write_bytes(b"a\n\xe9")

    with pytest.raises(UnreadableText, match="is not UTF-8") as caught:
        text_files.read(path)

    assert caught.value.line == 2
    assert refused(tmp_path) == "cannot be read: is a directory"
    assert refused(tmp_path / "gone") == "cannot be read: no such file or directory"


def test_a_pipe_that_stays_silent_is_not_waited_for_without_an_end(tmp_path: Path) -> None:
    """Its writer is there, and writes nothing."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = os.open(path, os.O_RDWR)

    with pytest.raises(UnreadableText, match="nothing came through it for 0 s"):
        text_files.read(path, silence_seconds=0)
    os.close(writer)


def test_standard_input_may_be_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a shell's <&- leaves it."""
    monkeypatch.setattr("sys.stdin", None)

    assert refused(Path("-")) == "cannot be read: standard input is closed"


def test_standard_input_has_its_limits_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read through its descriptor, as that of a process."""
    read, write = os.pipe()
    os.write(write, b"kind: Pod")
    with os.fdopen(read, "r") as piped:
        monkeypatch.setattr("sys.stdin", piped)
        with pytest.raises(UnreadableText, match="nothing came through it"):
            text_files.read(Path("-"), silence_seconds=0)
    os.close(write)


@pytest.mark.parametrize("name", ["a\0b", "a" * 300, "loop", "socket", "gone/a"])
def test_what_is_no_file_is_said_in_a_line(tmp_path: Path, name: str) -> None:
    """Names that no file can have, links in a circle, sockets, folders that are not there."""
    (tmp_path / "loop").symlink_to("loop")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(tmp_path / "socket"))

        assert refused(tmp_path / name).startswith("cannot be read: ")
