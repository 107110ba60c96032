from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lab import actors
from tests.faults import aftermath, runs
from tests.faults.matrix import Actor
from tests.faults.runs import Restored


class Ended:
    """A run that has ended, and the site that it leaves."""

    def __init__(self, code: int, *, message: str = "", env: Any = ()) -> None:
        self.process = self
        self.returncode = code
        self.folder = Path()
        self.message = message
        self.env = list(env)

    def events(self) -> list[dict[str, Any]]:
        case = {"image": "", "outcome": "failed" if self.message else "passed", "message": self.message}
        return [{"type": "case-finished", "case": case}]

    def witnessed(self) -> list[dict[str, str]]:
        return []

    def get(self, *_: str) -> Any:
        return {"spec": {"template": {"spec": {"containers": [{"env": self.env}]}}}}


def problems(
    monkeypatch: pytest.MonkeyPatch, run: Any, actor: Actor, again: Restored | None = None, *, overwrite: int = 0
) -> list[str]:
    """What is wrong, where a last restore ends as it is told."""
    monkeypatch.setattr(runs, "restore", lambda *_: Restored(exit_code=overwrite, said="no"))
    return aftermath.problems(run, run, actor, again)


def test_a_reason_is_enough_where_somebody_meant_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """An edit that is still there, exit code 20 and why."""
    run = Ended(20, message="changed by somebody else", env=[actors.EDIT])

    assert problems(monkeypatch, run, Actor.COLLEAGUE) == []


@pytest.mark.parametrize(
    ("run", "actor", "problem"),
    [
        (Ended(20, message="x"), Actor.ANNOTATOR, "production was left away because of annotator: x"),
        (Ended(20), Actor.GITOPS, "exit code 20 without a reason"),
        (Ended(10), Actor.COLLEAGUE, "an edit by hand was overwritten"),
    ],
)
def test_what_is_no_good_end(run: Any, actor: Actor, problem: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Left away for the harmless, without a word, or over somebody's work."""
    assert problems(monkeypatch, run, actor) == [problem]


def test_a_killed_run_is_judged_by_its_restore(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which may refuse with a reason, and must do as it is told then."""
    refused = Restored(exit_code=20, said="12:00:00 x\nvllm-qualify restore: was changed by somebody else\n")

    assert problems(monkeypatch, Ended(-9), Actor.GITOPS, refused) == []
    assert problems(monkeypatch, Ended(-9), Actor.GITOPS, refused, overwrite=20) == [
        "restore --overwrite ended with 20: no"
    ]
    assert problems(monkeypatch, Ended(-9), Actor.GITOPS, Restored(exit_code=1, said="why")) == [
        "restore ended with 1: why"
    ]
