"""Every planted fault of the table of behaviours is noticed by the cases that must notice it, and by no other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests import behaviours
from tests.behaviours import Behaviour
from tests.plugin.conftest import outcomes

BLOCKED = "blocked"
"""A case that an earlier one blocks noticed nothing by itself."""
Qualify = Callable[..., pytest.RunResult]


def test_planted_faults_are_noticed(qualify: Qualify, matrix: Callable[[], dict[str, Any]]) -> None:
    """One candidate a row, in one run: exactly those cases that it names are unlike the honest one's."""
    rows = [row for row in behaviours.table().values() if row.noticed or row.name == "honest"]

    _qualified(qualify, rows)

    seen = dict(zip([row.name for row in rows], map(outcomes, matrix()["candidates"]), strict=True))
    honest = seen.pop("honest")
    assert set(honest.values()) <= {"passed", "not-applicable", "inconclusive"}
    planted = [row for row in rows if row.name != "honest"]
    noticed = {row.name: _unlike(honest, seen[row.name], row) for row in planted}
    assert noticed == {row.name: dict(row.noticed) for row in planted}


def test_what_only_shows_beside_a_baseline_is_noticed(qualify: Qualify, matrix: Callable[[], dict[str, Any]]) -> None:
    """The cases that compare notice it, and no other; beside an honest baseline an honest candidate passes them all."""
    rows = [row for row in behaviours.table().values() if row.beside or row.name == "honest"]

    _qualified(qualify, rows, "--baseline", "vllm/vllm-openai:v0.11.0")

    seen = dict(zip([row.name for row in rows], map(outcomes, matrix()["candidates"]), strict=True))
    honest = seen.pop("honest")
    assert honest["THROUGHPUT/no-slower"] == "passed"
    noticed = {row.name: _unlike(honest, seen[row.name], row) for row in rows if row.name != "honest"}
    assert noticed == {row.name: {**row.noticed, **row.beside} for row in rows if row.name != "honest"}


def _qualified(qualify: Qualify, rows: Sequence[Behaviour], *more: str) -> None:
    """Try one candidate a row, in their order."""
    tags = [f"v0.12.0.post{number}" for number in range(len(rows))]
    scripts = {tag: f"Script(behaviour={row.name!r})" for tag, row in zip(tags, rows, strict=True)}
    qualify(
        *(word for tag in tags for word in ("--image", f"vllm/vllm-openai:{tag}")),
        *more,
        scripts=f"{{{', '.join(f'{tag!r}: {script}' for tag, script in scripts.items())}}}",
    )


def _unlike(honest: dict[str, str], cases: dict[str, str], row: Behaviour) -> dict[str, str]:
    """The cases that turned out otherwise than the honest one's; of a fault that spreads, those that it names."""
    unlike = {case: outcome for case, outcome in cases.items() if outcome not in {honest[case], BLOCKED}}
    return {case: outcome for case, outcome in unlike.items() if case in row.noticed or not row.spreads}
