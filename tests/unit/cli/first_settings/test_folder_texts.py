"""Which files of a folder are read, and that none of them can hold the reader up."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vllm_qualify.cli.first_settings import folder_texts
from vllm_qualify.system import text_files

TELLS = "image: vllm\n"


def _paths(folder: Path) -> list[str]:
    return [one.path for one in folder_texts.read(folder).texts]


def test_files_that_may_tell_something(folder: Path) -> None:
    """By their suffix and by a word in them; in all folders, but for hidden ones and those of others."""
    for name in ("a.yaml", "sub/b.yml", ".git/c.yaml", "node_modules/d.yaml", "env/e.yaml", "f.txt", "reports/g.json"):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(TELLS)
    (folder / "env" / "pyvenv.cfg").touch()
    (folder / "silent.yaml").write_text("a: b")

    assert _paths(folder) == ["a.yaml", "sub/b.yml"]


def test_links_that_go_in_circles(folder: Path) -> None:
    """No link to a folder is followed, and a link to itself is no file."""
    (folder / "a.yaml").write_text(TELLS)
    (folder / "loop").symlink_to(folder)
    (folder / "self.yaml").symlink_to(folder / "self.yaml")
    (folder / "nowhere.yaml").symlink_to(folder / "nothing")

    read = folder_texts.read(folder)

    assert [one.path for one in read.texts] == ["a.yaml"]
    assert [one for one in read.unread if "nowhere" in one] == []


def test_devices_and_pipes_are_not_read(folder: Path) -> None:
    """Neither an endless one nor one without a writer."""
    (folder / "zero.yaml").symlink_to("/dev/zero")
    os.mkfifo(folder / "pipe.yaml")

    assert folder_texts.read(folder) == folder_texts.FolderTexts()


def test_a_large_file_is_told_and_left(folder: Path) -> None:
    """No more of it is read than a manifest may have."""
    with (folder / "large.yaml").open("wb") as file:
        file.truncate(100_000_000)

    read = folder_texts.read(folder)

    assert read.texts == ()
    most = f"{text_files.MOST_BYTES / 1e6:g} MB"
    said = f"large.yaml cannot be read: it is larger than {most}, the most for such a file; is it the right one?"
    assert read.unread == (said,)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_told(folder: Path) -> None:
    """A file and a folder; everything else is read."""
    (folder / "closed").mkdir(mode=0o000)
    (folder / "secret.yaml").touch(mode=0o000)
    (folder / "z.yaml").write_text(TELLS)

    read = folder_texts.read(folder)

    assert [one.path for one in read.texts] == ["z.yaml"]
    assert sorted(read.unread) == [
        "closed cannot be entered: permission denied",
        "secret.yaml cannot be read: permission denied",
    ]


def test_what_fails_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs this, root too: a file and a folder that the system refuses."""
    (folder / "a.yaml").write_text(TELLS)

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "stat", refused)

    assert folder_texts.read(folder).unread == ("a.yaml cannot be read: permission denied",)


def test_ten_thousand_files(folder: Path) -> None:
    """All are looked at, and those that tell nothing are kept nowhere."""
    for number in range(100):
        below = folder / str(number)
        below.mkdir()
        for each in range(100):
            (below / f"{each}.yaml").write_text("a: b\n")
    (folder / "99" / "vllm.yaml").write_text(TELLS)

    assert folder_texts.read(folder) == folder_texts.FolderTexts(
        texts=(folder_texts.FolderText(path="99/vllm.yaml", text=TELLS),)
    )


def test_there_is_an_end(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond so many files the reader is told to name a smaller folder."""
    monkeypatch.setattr(folder_texts, "MOST_FILES", 2)
    for name in "abc":
        (folder / f"{name}.yaml").write_text(TELLS)

    read = folder_texts.read(folder)

    assert [one.path for one in read.texts] == ["a.yaml", "b.yaml"]
    assert read.unread == ("only the first 2 files were looked at; name a folder with fewer files",)


def test_the_charts_that_are_vllms(folder: Path) -> None:
    """Of a chart no file is read as a manifest; others than vLLM's are passed over."""
    for name, word in {"vllm": "vllm", "redis": "redis"}.items():
        (folder / name / "templates").mkdir(parents=True)
        (folder / name / "Chart.yaml").write_text("name: x\n")
        (folder / name / "templates" / "a.yaml").write_text(f"image: {word}\n")

    assert folder_texts.read(folder) == folder_texts.FolderTexts(charts=("vllm",))
