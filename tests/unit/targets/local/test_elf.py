import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from vllm_qualify.targets.local import elf

LIBRARIES = Path(__file__).parent / "elf"
HOST = frozenset({"GLIBCXX_3.4"})


@pytest.fixture
def idle(tmp_path: Path) -> Path:
    """A library that demands GLIBCXX_3.4.99 and uses nothing of it."""
    return Path(shutil.copy(LIBRARIES / "idle.so", tmp_path))


def test_provided_lists_what_a_library_defines() -> None:
    """The versions that a C++ runtime defines are read from the file."""
    assert {"GLIBCXX_3.4", "GLIBCXX_3.4.99"} <= elf.provided(LIBRARIES / "runtime.so")


def test_missing_is_what_is_demanded_and_not_there(idle: Path) -> None:
    """Only the demanded version that the host lacks is missing."""
    assert elf.missing(idle, HOST) == ("GLIBCXX_3.4.99",)
    assert elf.missing(idle, elf.provided(LIBRARIES / "runtime.so")) == ()


def test_libraries_are_those_the_loader_is_asked_for(idle: Path) -> None:
    """The names are the loader's, with their version."""
    assert elf.libraries(idle) == ("libstdc++.so.6", "libc.so.6")


def test_a_satisfied_demand_leaves_the_file_alone(idle: Path) -> None:
    """Where the host is new enough nothing is written, not even the same bytes."""
    before = idle.stat()

    changed = elf.drop_demand(idle, [*HOST, "GLIBCXX_3.4.99"])

    assert not changed
    assert (idle.stat().st_ino, idle.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_an_idle_demand_is_dropped_in_a_copy(idle: Path, tmp_path: Path) -> None:
    """The mended file takes the place of the old one; a hard link to the old one, as in uv's cache, keeps its bytes."""
    cached = tmp_path / "cached"
    os.link(idle, cached)
    idle.chmod(0o640)

    assert elf.drop_demand(idle, HOST)

    assert elf.missing(idle, HOST) == ()
    assert cached.read_bytes() == (LIBRARIES / "idle.so").read_bytes()
    assert idle.stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cached", "idle.so"]


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the libraries beside this test are x86_64")
def test_a_mended_library_loads(idle: Path) -> None:
    """The system's loader refuses the library before and takes it after."""
    load = [sys.executable, "-c", f"import ctypes; ctypes.CDLL({str(idle)!r})"]
    before = subprocess.run(load, capture_output=True, text=True, check=False)

    elf.drop_demand(idle, HOST)

    assert "GLIBCXX_3.4.99' not found" in before.stderr
    assert subprocess.run(load, check=False).returncode == 0


def test_a_demand_in_use_is_never_dropped(tmp_path: Path) -> None:
    """A library that calls what the host lacks is left as it was, and the message names symbol and way out."""
    busy = Path(shutil.copy(LIBRARIES / "busy.so", tmp_path))

    with pytest.raises(elf.DemandInUse, match=r"GLIBCXX_3\.4\.99.*from_the_future.*newer Linux"):
        elf.drop_demand(busy, HOST)

    assert busy.read_bytes() == (LIBRARIES / "busy.so").read_bytes()


def test_what_is_no_library_is_told(tmp_path: Path) -> None:
    """A file of another kind gives its path, not a crash inside the parser."""
    text = tmp_path / "text.so"
    text.write_text("not an ELF")

    with pytest.raises(ValueError, match=r"text\.so is not an ELF file"):
        elf.libraries(text)
