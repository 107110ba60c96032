"""The forms of merged runs say the same: rows, runs, production and what differs; no word of an engine acts in them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from syrupy.assertion import SnapshotAssertion

from vllm_qualify.core.records import RunRecord
from vllm_qualify.reports import merged, merged_json, merged_markdown, merged_text
from vllm_qualify.reports.merged import MergedMatrix

ANSI = re.compile(r"\x1b\[[0-9;]*m")
Validate = Callable[[str, object], None]


@pytest.fixture(name="whole")
def _whole(finished: RunRecord, interrupted: RunRecord, restored: RunRecord, lost: RunRecord) -> MergedMatrix:
    later = replace(lost, run="20260118-020000-kubernetes", started=lost.started + timedelta(days=1))
    return merged.of((run, run.run) for run in (finished, interrupted, restored, later))


def test_the_text_as_it_was(whole: MergedMatrix, snapshot: SnapshotAssertion) -> None:
    """It has not changed unseen."""
    assert merged_text.render(whole, width=100) == snapshot


@pytest.mark.parametrize("width", [1, 60, 100, 160])
def test_no_line_is_wider_than_the_terminal(whole: MergedMatrix, width: int) -> None:
    """Of a terminal that is narrower than 60 columns nobody can make more."""
    lines = merged_text.render(whole, width=width).splitlines()

    assert max(map(len, lines)) <= max(width, 60)


def test_colours_add_no_word(whole: MergedMatrix) -> None:
    """Without them the text is the same."""
    coloured = merged_text.render(whole, width=100, colour=True)

    assert ANSI.search(coloured)
    bare = [line.rstrip() for line in ANSI.sub("", coloured).splitlines()]
    assert bare == merged_text.render(whole, width=100).splitlines()


def test_that_production_is_not_back_comes_first(whole: MergedMatrix) -> None:
    """Before any verdict, with the command to run."""
    for told in (merged_text.render(whole, width=100), merged_markdown.render(whole)):
        assert told.index("Production is NOT back") < told.index("vllm-qualify restore") < told.index("v0.15.1")


def test_the_markdown_as_it_was(whole: MergedMatrix, snapshot: SnapshotAssertion) -> None:
    """It has not changed unseen."""
    assert merged_markdown.render(whole) == snapshot


def test_the_document_holds_its_schema(whole: MergedMatrix, validate: Validate) -> None:
    """Every key is described, and every row and run of the matrix is in it."""
    document = merged_json.document(whole)

    validate("merged", json.loads(json.dumps(document, allow_nan=False)))
    assert len(document["candidates"]) == len(whole.rows)
    assert [one["production"] and one["production"]["state"] for one in document["runs"]] == [
        "not-back",
        "back",
        "unknown",
        None,
    ]
    assert (document["summary"], document["exit_code"]) == (merged.headline(whole), 20)
