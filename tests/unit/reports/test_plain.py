"""Documents become what JSON takes."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.core.records import Certainty, LogLine
from vllm_qualify.reports import plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A document with every kind of value."""

    at: datetime
    certainty: Certainty
    lines: tuple[LogLine, ...]
    facts: dict[str, float | None]
    sure: bool


def test_every_kind_of_value_becomes_plain() -> None:
    """Enums become their values, times ISO 8601, tuples lists, and what is no number a null; truth stays truth."""
    page = Page(
        at=datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC),
        certainty=Certainty.PROBABLE,
        lines=(LogLine(number=7, text="a"),),
        facts={"a": math.nan, "b": math.inf, "c": 1.5, "d": None},
        sure=True,
    )

    assert plain.of(page) == {
        "at": "2026-11-23T01:02:03+00:00",
        "certainty": "probable",
        "lines": [{"number": 7, "text": "a"}],
        "facts": {"a": None, "b": None, "c": 1.5, "d": None},
        "sure": True,
    }


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: st.lists(inner).map(tuple) | st.dictionaries(st.text(), inner),
    )
)
def test_whatever_it_makes_is_strict_json(value: object) -> None:
    """Nothing is left that a strict writer refuses, and what is plain already stays as it is."""
    made = plain.of(value)

    assert json.loads(json.dumps(made, allow_nan=False)) == made


def test_every_text_is_cleaned() -> None:
    """Names of facts included."""
    assert plain.of({"a": ("b", {"c": 1})}, str.upper) == {"A": ["B", {"C": 1}]}


def test_a_document_takes_the_fields_that_its_source_has() -> None:
    """What is given stands before what the source has under the same name."""
    line = LogLine(number=7, text="a")

    assert plain.like(LogLine, line, text="b") == LogLine(number=7, text="b")
