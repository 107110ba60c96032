from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from catalogue_maker import span_text
from vllm_qualify.catalogue import spans

ORDER = ["0.5.5", "0.6.0", "0.6.1.post1", "0.9.2", "0.10.0", "0.33.0"]


@given(st.sets(st.integers(0, len(ORDER) - 1)))
def test_what_is_encoded_is_decoded(places: set[int]) -> None:
    """Whatever releases have a fact, the text covers exactly these."""
    assert spans.decode(span_text.encode(places, ORDER), ORDER) == places


def test_a_fact_of_the_newest_release_is_left_open() -> None:
    """So a newer release that has it too leaves the line as it is."""
    assert span_text.encode([0, 3, 4, 5], ORDER) == "0.5.5 0.9.2.."
