"""Whether a folder is in use or was left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from vllm_qualify.system import ownership, processes


def claimed(folder: Path, **changed: Any) -> Path:
    """A folder of this process, with some of what it says changed."""
    ownership.claim(folder, os.getpid())
    note = folder / "owner.json"
    note.write_text(json.dumps(json.loads(note.read_text()) | changed))
    return folder


def elsewhere(*, machine: str = "", boot: str = "", namespace: str = "") -> str:
    """A place that differs from here in something."""
    here = processes.place().split("/")
    return "/".join(other or own for other, own in zip((machine, boot, namespace), here, strict=True))


def test_a_living_owner(tmp_path: Path) -> None:
    """A folder that we claimed is owned as long as we live."""
    assert ownership.owned(claimed(tmp_path))


def test_an_owner_that_ended(tmp_path: Path) -> None:
    """Once the owner has ended, the folder is nobody's."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as owner:
        ownership.claim(tmp_path, owner.pid)
        owner.kill()

    assert not ownership.owned(tmp_path)


@pytest.mark.parametrize(
    "where",
    [{"machine": "other"}, {"machine": "other", "boot": "other"}, {"namespace": "4026530000"}],
    ids=["another-machine", "another-machine-rebooted", "another-container"],
)
def test_an_owner_that_cannot_be_seen_from_here(tmp_path: Path, where: dict[str, str]) -> None:
    """No process of that number here says anything of it; it may live."""
    folder = claimed(tmp_path, place=elsewhere(**where), machine=where.get("machine", processes.machine()), pid=2**22)

    assert ownership.owned(folder)


def test_an_owner_of_another_host_with_the_same_id(tmp_path: Path) -> None:
    """Virtual machines that were copied, on one shared cache."""
    assert ownership.owned(claimed(tmp_path, place=elsewhere(boot="other"), host="copy"))


def test_an_owner_from_before_this_machine_was_started_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a power cut nothing of it runs any more; where machines have no id, that cannot be told."""
    monkeypatch.setattr(processes, "machine", lambda: "m")
    folder = claimed(tmp_path, place=elsewhere(boot="before"))
    restarted = ownership.owned(folder)
    monkeypatch.setattr(processes, "machine", lambda: "")

    assert not restarted
    assert ownership.owned(claimed(tmp_path, place=elsewhere(boot="before")))


@pytest.mark.parametrize("text", ["", "{}", "null", "[1]", "no json"])
def test_what_names_no_owner(tmp_path: Path, text: str) -> None:
    """A note that says nothing belongs to nobody."""
    (tmp_path / "owner.json").write_text(text)

    assert not ownership.owned(tmp_path)


def test_a_number_that_went_to_another_process(tmp_path: Path) -> None:
    """It is told by the tick at which that was started."""
    assert not ownership.owned(claimed(tmp_path, started=processes.me()[1] - 1))
