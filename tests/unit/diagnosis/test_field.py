"""Logs and events of other operators: each gives the cause that it is known to have, and a remedy that helps."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from vllm_qualify.core.records import Certainty, Diagnosis
from vllm_qualify.diagnosis import diagnose

HERE = Path(__file__).parent
FIELD, THREADS, OWN = HERE / "field", HERE / "logs", HERE.parent / "data" / "logs"
DEATHS, HEALTHY = THREADS / "deaths", THREADS / "healthy"
LABELS: list[dict[str, Any]] = json.loads((FIELD / "labels.json").read_text(encoding="utf-8"))
OWN_LABELS = {"v0.12.0-bfloat16-dies-on-schema.log": "E58", "v0.15.1-healthy.log": ""}
EACH = pytest.mark.parametrize("label", LABELS, ids=lambda label: label["file"])


def of_label(label: dict[str, Any]) -> Diagnosis | None:
    """What a labelled file comes to."""
    lines = (FIELD / label["file"]).read_text(encoding="utf-8").splitlines()
    return diagnose([], events=lines) if label.get("events") else diagnose(lines)


def of_file(file: Path) -> Diagnosis | None:
    """What a log comes to."""
    content = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    return diagnose(content.decode("utf-8").splitlines())


@EACH
def test_the_cause_is_the_known_one(label: dict[str, Any]) -> None:
    """The id is the one that the thread came to, and no surer than the label allows."""
    found = of_label(label)

    assert found is not None
    assert (found.cause, found.certainty.value) == (label["cause"], label["certainty"])


@EACH
def test_the_remedy_helps(label: dict[str, Any]) -> None:
    """What helped the person is said, and nothing that did not."""
    found = of_label(label)

    assert found is not None
    said = f"{found.title}\n{found.remedy}\n{found.message}"
    assert [word for word in label["says"] if word not in said] == []
    assert [word for word in label.get("never", ()) if word in found.title + found.remedy] == []


def everything() -> dict[str, tuple[set[str], Diagnosis | None]]:
    """Each log of these tests by name, with the causes that it is known to have and what is said of it."""
    known = {f"field/{label['file']}": ({label["cause"]}, of_label(label)) for label in LABELS}
    known |= {f"own/{name}": ({cause} - {""}, of_file(OWN / name)) for name, cause in OWN_LABELS.items()}
    known |= {f"healthy/{file.name}": (set(), of_file(file)) for file in HEALTHY.iterdir()}
    deaths = json.loads((DEATHS / "labels.json").read_text(encoding="utf-8"))
    known |= {
        f"deaths/{name}": (set(one["causes"]), of_file(DEATHS / f"{name}.log.gz")) for name, one in deaths.items()
    }
    for file in THREADS.glob("*.log"):
        known[f"threads/{file.name}"] = ({file.name.partition(".")[0]} - {"none"}, of_file(file))
    return known


def test_no_answer_is_certain_and_wrong() -> None:
    """Of all logs here, counted against what is known of each, none gets a wrong answer that claims to be certain."""
    wrong = [
        f"{name}: {found.cause} and not {sorted(causes)}"
        for name, (causes, found) in everything().items()
        if found is not None and found.certainty is Certainty.CERTAIN and found.cause not in causes
    ]

    assert wrong == []


def test_the_count_covers_every_log() -> None:
    """No log is left out of the count: each file of the folders has a label."""
    folders = {"field": FIELD, "healthy": HEALTHY, "deaths": DEATHS, "threads": THREADS}
    files = {f"{name}/{file.name}" for name, folder in folders.items() for file in folder.glob("*.*")}

    counted = {f"{name}.log.gz" if name.startswith("deaths/") else name for name in everything()}
    assert files - {"field/labels.json", "deaths/labels.json"} == {
        name for name in counted if not name.startswith("own/")
    }
    assert len(files) > 80
