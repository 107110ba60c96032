"""Whether a folder is in use or was left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from vllm_qualify.edge import ownership


def test_a_living_owner(tmp_path: Path) -> None:
    """A folder that we claimed is owned as long as we live."""
    ownership.claim(tmp_path, os.getpid())

    assert ownership.owned(tmp_path)


def test_an_owner_that_ended(tmp_path: Path) -> None:
    """Once the owner has ended, the folder is nobody's."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as owner:
        ownership.claim(tmp_path, owner.pid)
        owner.kill()

    assert not ownership.owned(tmp_path)


@pytest.mark.parametrize(
    "text",
    ["", "{}", "null and void", json.dumps({"pid": os.getpid(), "created": 0})],
    ids=["empty", "no-owner", "no-json", "process-id-of-another"],
)
def test_what_names_no_living_owner(tmp_path: Path, text: str) -> None:
    """A note that cannot be read, or whose process id went to another process, names no owner."""
    (tmp_path / "owner.json").write_text(text)

    assert not ownership.owned(tmp_path)
