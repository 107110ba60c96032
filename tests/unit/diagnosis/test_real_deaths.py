"""Engines that were really started wrong: each log names what was wrong.

The logs are whole and real: ``tests/local/deaths.py`` says how each engine was started and makes them again, with
``labels.json``, which holds what was wrong and what an explanation has to say.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests.explained import explains, misleads
from vllm_qualify.core.records import Diagnosis
from vllm_qualify.diagnosis import diagnose

LOGS = Path(__file__).parent / "logs" / "deaths"
LABELS: dict[str, dict[str, Any]] = json.loads((LOGS / "labels.json").read_text())
EACH = pytest.mark.parametrize("name", sorted(LABELS))


def found(name: str, *, exit_code: int | None) -> Diagnosis | None:
    """The cause that the stored log gives."""
    lines = gzip.decompress((LOGS / f"{name}.log.gz").read_bytes()).decode().splitlines()
    return diagnose(lines, exit_code=exit_code)


@EACH
def test_what_was_wrong_is_named(name: str) -> None:
    """By a cause that means it or by a look-up in the sources, with the option, the variable or the file."""
    label = LABELS[name]

    diagnosis = found(name, exit_code=label["exit_code"])

    assert explains(diagnosis, causes=label["causes"], names=label["names"]), (label, diagnosis)


@EACH
def test_nothing_else_is_certain(name: str) -> None:
    """Also from the log alone, as it is when somebody else's is read."""
    label = LABELS[name]

    assert not misleads(found(name, exit_code=None), causes=label["causes"])


def test_every_log_has_its_label() -> None:
    """A log without a label would be read by no test."""
    assert {file.name.removesuffix(".log.gz") for file in LOGS.glob("*.log.gz")} == set(LABELS)
