"""A comparison for programs holds its schema, and has every figure as a number."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise

from vllm_qualify.core.records import RunRecord
from vllm_qualify.reports import compare, compare_json

Validate = Callable[[str, object], None]


def test_every_comparison_holds_the_schema(
    finished: RunRecord, interrupted: RunRecord, restored: RunRecord, beside: RunRecord, validate: Validate
) -> None:
    """Of each two of the stored runs."""
    for before, after in pairwise((finished, interrupted, restored, beside, finished)):
        document = compare_json.document(compare.of(before, after))

        validate("compare", json.loads(json.dumps(document, allow_nan=False)))


def test_a_figure_is_a_number_with_its_unit(finished: RunRecord, restored: RunRecord) -> None:
    """Both values, the share between them, and which way it went; the groups are those of the other forms."""
    document = compare_json.document(compare.of(finished, restored))
    figures = {(one["case"], one["name"]): one for each in document["candidates"] for one in each["figures"]}

    total = figures["LOAD/first-token", "total"]

    assert isinstance(total["before"], float)
    assert total["unit"] == "s"
    assert total["share"] == (total["after"] - total["before"]) / total["before"]
    assert {one["standing"] for one in figures.values()} <= {"worse", "better", "cannot-tell", "same"}


def test_the_sentence_and_the_exit_code_are_those_of_the_command(finished: RunRecord, interrupted: RunRecord) -> None:
    """A program need not count for itself."""
    comparison = compare.of(finished, interrupted)

    document = compare_json.document(comparison)

    assert document["summary"] == compare.headline(comparison)
    assert document["exit_code"] == comparison.exit_code == 1
    assert document["only_before"] == ["vllm/vllm-openai:v0.8.5.post1", "vllm/vllm-openai:v0.12.0"]
