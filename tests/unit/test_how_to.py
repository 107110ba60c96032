"""Whoever types what the how-to pages show gets what they show."""

from __future__ import annotations

import os
import re
import shutil
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests import documented
from vllm_qualify.core import journal
from vllm_qualify.core.events import CaseFinished, Event, RunStarted
from vllm_qualify.core.records import CaseRecord, Outcome

ROOT = Path(__file__).parents[2]
DOCS, EXAMPLES = ROOT / "docs", ROOT / "examples"
PAGES = [*sorted((DOCS / "how-to").glob("*.md")), DOCS / "how-to.md", DOCS / "advisories.md"]
PAGES.remove(DOCS / "how-to" / "offline.md")  # It installs the harness: tests/package runs it.
DATA = Path(__file__).parent / "data"
FIRST, LATER, KILLED = "20260115-021004-local", "20260122-021004-local", "20260116-021004-kubernetes"


def a_week_later(event: Event) -> Event:
    """The same run again: the newest image loads too slowly now, and the reasoning of another one is right."""
    if isinstance(event, RunStarted):
        return replace(event, run=LATER, at=event.at + timedelta(days=7))
    return CaseFinished(case=_later(event.case)) if isinstance(event, CaseFinished) else event


def _later(case: CaseRecord) -> CaseRecord:
    if case.image.endswith("v0.12.0") and case.id in {"R1/reasoning", "R1/back"}:
        return replace(case, outcome=Outcome.PASSED, message="")
    if case.image.endswith("v0.15.1") and case.id == "LOAD/first-token":
        total, *phases = case.observations
        said = "152.3 s of 120 s; the longest phase is weights"
        slow = (replace(total, value=152.3), *phases)
        return replace(case, outcome=Outcome.FAILED, message=said, observations=slow)
    return case


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    """The folder of an operator who has tried some images, twice, and once in vain."""
    shutil.copytree(ROOT / "examples" / "home-lab", tmp_path, dirs_exist_ok=True)
    shutil.copytree(ROOT / "examples" / "own-suite", tmp_path / "own-suite")
    first = (DATA / "journal.jsonl").read_bytes()
    later = map(a_week_later, journal.decode(first.splitlines(keepends=True)))
    runs = {
        FIRST: first,
        LATER: b"".join(map(journal.encode, later)),
        KILLED: (DATA / "interrupted.jsonl").read_bytes(),
    }
    for run, content in runs.items():
        (tmp_path / "reports" / run).mkdir(parents=True)
        (tmp_path / "reports" / run / "journal.jsonl").write_bytes(content)
    (tmp_path / "reports" / "latest").symlink_to(LATER)
    return tmp_path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_commands_of_a_page_do_what_it_says(
    page: Path, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Each command ends with the exit code and the output that the page shows, in the order of the page."""
    # The harness is read from the checkout, and where the tests run it may not be installed.
    program = tmp_path_factory.mktemp("bin") / "vllm-qualify"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m vllm_qualify "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    path = os.pathsep.join([str(program.parent), str(Path(sys.executable).parent), os.defpath])
    env = {"PATH": path, "HOME": str(folder), "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT)}
    commands = documented.commands(page.read_text(encoding="utf-8"))

    differences = [one.difference(folder, env) for one in commands]

    assert commands
    assert "".join(differences) == ""


@pytest.mark.parametrize("page", sorted((DOCS / "how-to").glob("*.md")), ids=lambda page: page.stem)
def test_no_block_of_a_page_is_only_shown(page: Path) -> None:
    """Every block of a page of its own is one that the test above runs, or stands in a file of an example."""
    blocks = re.findall(r"^```(.*)\n((?:.*\n)*?)```$", page.read_text(encoding="utf-8"), re.MULTILINE)
    examples = [path.read_text(encoding="utf-8") for kind in ("py", "toml") for path in EXAMPLES.rglob(f"*.{kind}")]

    shown = [text for kind, text in blocks if kind not in {"console", "sh"}]

    assert [text for text in shown if not any(text in example for example in examples)] == []
