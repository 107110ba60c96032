from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from lab import lifecycle
from vllm_qualify.system import ownership, processes
from vllm_qualify.system.caches import Caches


def folder(cache: Caches, *, started: int) -> Path:
    """What ``up`` has made of a lab before it laid the cable."""
    made = cache.root / "lab" / "labs" / "it"
    made.mkdir(parents=True)
    ownership.claim(made, os.getpid())
    note = made / "owner.json"
    note.write_text(json.dumps(json.loads(note.read_text()) | {"started": started}))
    return made


def test_a_lab_whose_owner_lives_is_left_alone(tmp_path: Path) -> None:
    """A sweep beside a running ``up`` touches nothing."""
    cache = Caches(tmp_path)
    made = folder(cache, started=processes.me()[1])

    lifecycle.sweep(cache, say=print)

    assert made.exists()


def test_a_lab_whose_owner_is_another_process_by_now_is_removed(tmp_path: Path) -> None:
    """A process id alone proves nothing: ours, but with another start, is a stranger's."""
    cache, said = Caches(tmp_path), list[str]()
    made = folder(cache, started=1)

    lifecycle.sweep(cache, say=said.append)

    assert not made.exists()
    assert said == ["removing what was left of lab it"]


def test_there_is_nothing_to_take_down(tmp_path: Path) -> None:
    """``down`` says that there was no such lab and changes nothing."""
    assert lifecycle.down("it", cache=Caches(tmp_path)) is False
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("answer", [None, {}, {"items": []}, {"items": [{"status": {}}, {}]}])
def test_a_node_that_says_nothing_is_not_ready(answer: dict[str, object] | None) -> None:
    """Neither silence nor half an answer is taken for readiness."""
    assert lifecycle._node_ready(answer) is False
