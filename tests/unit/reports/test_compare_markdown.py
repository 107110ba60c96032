"""A comparison as Markdown has the groups of the other forms, and no word of an engine is Markdown."""

from __future__ import annotations

import dataclasses

from syrupy.assertion import SnapshotAssertion

from vllm_qualify.core.records import Observation, RunRecord
from vllm_qualify.reports import compare, compare_markdown


def test_the_comparison_as_it_was(finished: RunRecord, interrupted: RunRecord, snapshot: SnapshotAssertion) -> None:
    """The text of a comparison has not changed unseen."""
    assert compare_markdown.render(compare.of(finished, interrupted)) == snapshot


def test_what_an_engine_said_is_text(finished: RunRecord) -> None:
    """A pipe does not end a cell, and a star is no emphasis."""
    candidate = finished.candidates[0]
    runs = []
    for word in ("works", "a | b **c**"):
        case = dataclasses.replace(candidate.cases[0], observations=(Observation(name="n", value=word),))
        runs.append(dataclasses.replace(finished, candidates=(dataclasses.replace(candidate, cases=(case,)),)))

    told = compare_markdown.render(compare.of(*runs))

    assert "| works | a \\| b \\*\\*c\\*\\* |" in told
