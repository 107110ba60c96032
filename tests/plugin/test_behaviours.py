"""Every planted fault of the table of behaviours is noticed by the cases that must notice it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests import behaviours
from tests.plugin.conftest import outcomes

Qualify = Callable[..., pytest.RunResult]


def test_planted_faults_are_noticed(qualify: Qualify, matrix: Callable[[], dict[str, Any]]) -> None:
    """One candidate a row, in one run: the cases that the row names have its outcomes, and the honest one qualifies."""
    rows = [row for row in behaviours.table().values() if row.noticed or row.name == "honest"]
    tags = [f"v0.12.0.post{number}" for number in range(len(rows))]
    scripts = {tag: f"Script(behaviour={row.name!r})" for tag, row in zip(tags, rows, strict=True)}

    qualify(
        *(word for tag in tags for word in ("--image", f"vllm/vllm-openai:{tag}")),
        scripts=f"{{{', '.join(f'{tag!r}: {script}' for tag, script in scripts.items())}}}",
    )

    seen = dict(zip([row.name for row in rows], map(outcomes, matrix()["candidates"]), strict=True))
    noticed = {row.name: {case: seen[row.name][case] for case in row.noticed} for row in rows}
    assert noticed == {row.name: dict(row.noticed) for row in rows}
    assert {seen["honest"][case] for row in rows for case in row.noticed} == {"passed"}
