"""Values that are mappings, and the remedies in which options read them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.preflight import mappings

KINDS = ("json", "json or pairs", "json or text", "pairs")


@pytest.mark.parametrize(
    ("value", "taken"),
    [
        ('{"image": 4}', ("json", "json or pairs", "json or text")),
        ("image=4", ("json or pairs", "json or text", "pairs")),
        ("image=4,video=0", ("json or pairs", "json or text", "pairs")),
        ("{image: 4}", ()),
        ("image=four", ("json or text",)),
        ("auto", ("json or text",)),
        ("3", ("json", "json or pairs", "json or text")),
        ("None", KINDS),
        ("", KINDS),
        ("[" * 100_000, ("json or text",)),
    ],
)
def test_what_each_way_takes(value: str, taken: tuple[str, ...]) -> None:
    """Since 0.10.0 pairs are refused, before 0.8.5 JSON was, and in between either was taken."""
    assert tuple(kind for kind in KINDS if not mappings.refused(value, kind)) == taken


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,8}", fullmatch=True), st.integers(0, 999), min_size=1, max_size=4))
def test_a_mapping_is_rewritten_to_what_is_taken(mapping: dict[str, int]) -> None:
    """Pairs become JSON and JSON becomes pairs, and both mean the same."""
    pairs = ",".join(f"{key}={number}" for key, number in mapping.items())

    assert json.loads(mappings.rewritten(pairs, "json")) == mapping
    assert mappings.rewritten(json.dumps(mapping), "pairs") == pairs


@given(st.text(max_size=40), st.sampled_from((*KINDS, "", "unheard of")))
def test_no_text_breaks_it(value: str, kind: str) -> None:
    """Whatever stands there, the answer is a reason or none; an unknown way refuses nothing."""
    assert isinstance(mappings.refused(value, kind), str)
    assert isinstance(mappings.rewritten(value, kind), str)
    assert kind in KINDS or mappings.refused(value, kind) == ""
