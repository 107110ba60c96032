"""Of an answer paths and types are kept, nothing that two answers of one server need not share."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.checks.shape import paths

DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


def test_paths_and_types() -> None:
    """Lists are one path, whole numbers are numbers, and a field may have several types."""
    document = {"a": [{"b": 1}, {"b": None, "c": 0.5}], "d": True, "e": {}}

    assert paths.of([document]) == {
        "a": ["array"], "a[]": ["object"], "a[].b": ["null", "number"], "a[].c": ["number"], "d": ["boolean"],
        "e": ["object"],
    }  # fmt: skip


@given(document=st.dictionaries(st.sampled_from("xyz"), DOCUMENTS, max_size=3))
def test_the_length_of_a_list_is_no_form(document: dict[str, Any]) -> None:
    """The same twice in a list is the same once."""
    assert paths.of([{"l": [document, document]}]) == paths.of([{"l": [document]}])


@given(document=DOCUMENTS)
def test_what_is_kept_is_small(document: object) -> None:
    """However deep or wide an answer is."""
    for _ in range(20):
        document = {"a" * 50: [document]}

    kept = paths.of([document, {f"k{number}": 1 for number in range(500)}])

    assert len(kept) <= 150
    assert all(len(path) <= 120 for path in kept)
