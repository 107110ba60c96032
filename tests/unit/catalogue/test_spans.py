import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.catalogue import spans
from vllm_qualify.catalogue.spans import BadSpan

ORDER = ["0.5.5", "0.6.0", "0.6.1.post1", "0.9.2", "0.10.0", "0.33.0"]


@given(st.sets(st.integers(0, len(ORDER) - 1)))
def test_what_is_encoded_is_decoded(places: set[int]) -> None:
    """Whatever releases have a fact, the text covers exactly these."""
    assert spans.decode(spans.encode(places, ORDER), ORDER) == places


def test_a_fact_of_the_newest_release_is_left_open() -> None:
    """So a newer release that has it too leaves the line as it is."""
    assert spans.encode([0, 3, 4, 5], ORDER) == "0.5.5 0.9.2.."


def test_an_open_span_reaches_a_newer_release() -> None:
    """The same text covers one release more once the catalogue has it."""
    assert spans.decode("0.10.0..", [*ORDER, "0.34.0"]) == {4, 5, 6}


@pytest.mark.parametrize("text", ["0.7.0", "0.5.5..0.7.0", "0.9.2..0.6.0", "nonsense"])
def test_a_span_of_unknown_releases_is_refused(text: str) -> None:
    """A slip in the data is told, and not read as a fact that no release has."""
    with pytest.raises(BadSpan, match=text):
        spans.decode(text, ORDER)
