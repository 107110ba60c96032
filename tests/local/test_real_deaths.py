"""Real engines of several releases, started wrong in the ways that people do: the cause of each death is named."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.explained import explains, misleads
from tests.local import remembered
from tests.local.deaths import DEATHS, Death
from vllm_qualify.core.records import Diagnosis
from vllm_qualify.diagnosis import diagnose

TESTED = [death for death in DEATHS if death.tested]
AT_LEAST = 0.9
"""Share of the deaths whose explanation names what was wrong: eighteen of twenty."""
_AT_ONCE = 2
"""Most of the time an engine imports, on one processor."""


@pytest.fixture(scope="module")
def diagnoses(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Diagnosis | None]:
    """What is said of each death, from what the engine printed and how it ended."""
    folder = tmp_path_factory.mktemp("deaths")
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return dict(pool.map(lambda death: (death.name, _diagnosis(death, folder)), TESTED))


def _diagnosis(death: Death, folder: Path) -> Diagnosis | None:
    own = folder / death.name
    own.mkdir()
    log, code = remembered.death(death, own)
    return diagnose(log.splitlines(), exit_code=code)


def test_what_was_wrong_is_named(diagnoses: dict[str, Diagnosis | None]) -> None:
    """At least eighteen of twenty explanations name the option, the variable or the file that was wrong."""
    unexplained = {
        death.name: diagnoses[death.name]
        for death in TESTED
        if not explains(diagnoses[death.name], causes=death.causes, names=death.names)
    }

    assert len(TESTED) >= 20
    assert len({death.command.release for death in TESTED}) >= 3
    assert 1 - len(unexplained) / len(TESTED) >= AT_LEAST, unexplained


def test_nothing_else_is_certain(diagnoses: dict[str, Diagnosis | None]) -> None:
    """Of no death another cause is said to be certain."""
    wrong = [death.name for death in TESTED if misleads(diagnoses[death.name], causes=death.causes)]

    assert not wrong, [diagnoses[name] for name in wrong]
