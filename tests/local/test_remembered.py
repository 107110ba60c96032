"""What was seen of real engines is remembered for as long as nothing of the harness changes, and no longer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.local import engines, remembered

See = Callable[[], int]


@pytest.fixture
def see(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[See]:
    """Observes something that differs each time, in a small harness below ``tmp_path``."""
    monkeypatch.setenv("VLLM_QUALIFY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(engines, "ROOT", tmp_path)
    (tmp_path / "suites").mkdir()
    (tmp_path / "suites" / "test_deploy.py").write_text("one")
    made = iter(range(1, 9))
    yield lambda: int(remembered.observation("fate", lambda: next(made), module="test_fates"))
    remembered.told()


def test_an_unchanged_harness_remembers_and_says_so(see: See) -> None:
    """The engine is looked at once, and what was remembered is told once, with its day."""
    assert (see(), remembered.told()) == (1, [])

    assert see() == 1
    (told,) = remembered.told()
    assert told.startswith("observations/fate of 20")
    assert remembered.told() == []


@pytest.mark.parametrize("path", ["suites/test_deploy.py", "vllm_qualify/core/new.py", "canary/ml/config.json"])
def test_any_change_of_the_harness_looks_anew(see: See, tmp_path: Path, path: str) -> None:
    """A file that changed or is new, also one that no module imports; what the older harness saw is gone."""
    see()
    changed = tmp_path / path
    changed.parent.mkdir(parents=True, exist_ok=True)
    changed.write_text("two")

    assert (see(), see()) == (2, 2)
    assert len(list((tmp_path / "cache" / "observations").iterdir())) == 1


def test_a_variable_that_an_engine_hears_looks_anew(see: See, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is part of how it is started."""
    see()
    monkeypatch.setenv("VLLM_CPU_KVCACHE_SPACE", "2")

    assert see() == 2


def test_what_a_test_failed_on_is_not_remembered(see: See) -> None:
    """Another module's failure leaves it alone."""
    see()
    remembered.forget("test_others")
    assert see() == 1

    remembered.forget("test_fates")

    assert see() == 2
