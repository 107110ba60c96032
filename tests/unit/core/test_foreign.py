"""What others write may be anything; nothing of it is taken for what it is not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.core import foreign

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(VALUES)
def test_a_value_of_the_kind_is_itself_and_any_other_is_empty(value: Any) -> None:
    """At most one of the three readings keeps a value, and the others are empty."""
    read = {dict: foreign.mapping(value), list: foreign.items(value), str: foreign.text(value)}

    for kind, found in read.items():
        assert found == (value if isinstance(value, kind) else kind())


def test_what_is_no_mapping_in_a_list_is_passed_over() -> None:
    """Be it nothing, a number or a list of its own."""
    assert foreign.mappings([{"a": 1}, None, 1, [{"b": 2}], {}]) == [{"a": 1}, {}]
    assert foreign.mappings({"a": 1}) == []


@given(VALUES)
def test_a_text_is_the_json_object_that_it_holds(value: Any) -> None:
    """Other JSON is an empty one."""
    assert foreign.json_mapping(json.dumps(value)) == foreign.mapping(value)


@pytest.mark.parametrize("written", ["", "{", "no", "[" * 100_000])
def test_a_text_that_is_no_json_is_an_empty_object(written: str) -> None:
    """However deep it goes."""
    assert foreign.json_mapping(written) == {}


def test_a_complaint_about_a_line_has_no_other_number_of_one() -> None:
    """The file's own is told already."""
    assert foreign.complaint("expected ident at line 1 column 2") == "expected ident at column 2"
    assert foreign.complaint("Field required") == "Field required"
