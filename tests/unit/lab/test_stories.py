"""The logs with which scripted images die as in the story lead to the right first cause."""

from __future__ import annotations

from pathlib import Path

import pytest

from vllm_qualify.diagnosis import diagnose

STORIES = sorted((Path(__file__).parents[3] / "lab" / "go" / "own" / "scripted" / "stories").glob("*.log"))


@pytest.mark.parametrize("story", STORIES, ids=lambda path: path.stem)
def test_the_first_cause_is_found_above_the_wrapper(story: Path) -> None:
    """Error 804 in the engine core is the cause; that the initialization failed is only what the parent says of it."""
    lines = story.read_text("utf-8").splitlines()

    found = diagnose(lines, exit_code=1)

    assert found is not None
    assert found.cause == "E01"
    assert lines[found.lines[0].number - 1].startswith("(EngineCore_DP0")
    assert lines[-1].startswith("(APIServer pid=1) RuntimeError: Engine core initialization failed.")


def test_both_releases_that_died_are_there() -> None:
    """The story knows two."""
    assert [path.stem for path in STORIES] == ["v0.12.0", "v0.15.1"]
