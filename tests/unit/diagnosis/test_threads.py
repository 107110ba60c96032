"""Lines that people posted in public issues; the name of each file is the cause and the thread it is from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vllm_qualify.diagnosis import SYMPTOMS, diagnose

NOTHING = "none"
EXCERPTS = sorted((Path(__file__).parent / "logs").glob("*.log"))


def thread(excerpt: Path) -> str:
    """The cause, and ``owner/repository#number`` of the issue that the lines are from."""
    cause, owner, *repository, number, _ = excerpt.name.split(".")
    return f"{cause} {owner}/{'.'.join(repository)}#{number}"


def in_json(line: str) -> str:
    """The line as a container runtime writes it to its file."""
    return json.dumps({"log": f"{line}\n", "stream": "stderr", "time": "2026-11-23T14:40:40.852480Z"})


@pytest.mark.parametrize("excerpt", EXCERPTS, ids=thread)
def test_posted_lines(excerpt: Path) -> None:
    """Lines from a public issue give the cause that its thread found, or nothing where they are warnings."""
    found = diagnose(excerpt.read_text(encoding="utf-8").splitlines())

    assert (found.cause if found else NOTHING) == excerpt.name.partition(".")[0]


@pytest.mark.parametrize("excerpt", EXCERPTS, ids=thread)
def test_posted_lines_in_json(excerpt: Path) -> None:
    """The same lines give the same cause as a container runtime writes them to its file."""
    found = diagnose(map(in_json, excerpt.read_text(encoding="utf-8").splitlines()))

    assert (found.cause if found else NOTHING) == excerpt.name.partition(".")[0]


def test_posted_lines_show_many_causes() -> None:
    """At least 25 different causes are held against lines that somebody posted, each of them a known one."""
    causes = {excerpt.name.partition(".")[0] for excerpt in EXCERPTS} - {NOTHING}

    assert len(causes) >= 25
    assert causes <= {symptom.id for symptom in SYMPTOMS}
