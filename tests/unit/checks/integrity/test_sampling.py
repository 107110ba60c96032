"""The log of each release says by which defaults it samples."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.checks.integrity.test_prefix_cache import reply
from vllm_qualify.checks.integrity import sampling
from vllm_qualify.client.exchanges import ChatReply
from vllm_qualify.core.records import Outcome

OLD = "INFO 11-27 04:00:00 [serving_chat.py:118] Using default chat sampling params from model: {'temperature': 0.6}"
NEW = (
    "(APIServer pid=7) WARNING [model.py:1529] Default vLLM sampling parameters have been overridden by the model's "
    "`generation_config.json`: `{'top_k': 20, 'temperature': 0.7, 'max_tokens': 2048}`. If this is not intended, please"
)


@pytest.mark.parametrize(
    ("log", "told"),
    [
        ([OLD], {"temperature": 0.6}),
        (["Starting", NEW], {"top_k": 20, "temperature": 0.7, "max_tokens": 2048}),
        ([NEW, OLD], {"temperature": 0.6}),
        (["Using default chat sampling params from model: {'temperature': open('x')}"], {}),
        ([], {}),
    ],
)
def test_defaults_are_read_in_the_words_of_each_release(log: list[str], told: dict[str, float]) -> None:
    """The last start counts; what is no plain value is nothing."""
    assert sampling.defaults(log) == told


@given(st.text())
def test_no_line_breaks_the_reading(text: str) -> None:
    """Whatever stands behind the words, the result is numbers by name."""
    told = sampling.defaults([f"Using default chat sampling params from model: {{{text}}}"])

    assert all(isinstance(value, (int, float)) for value in told.values())


@pytest.mark.parametrize(
    ("silent", "named", "outcome", "message"),
    [
        (reply("a"), (reply("a"), reply("a")), Outcome.PASSED, "temperature 0.6, top_p 1 (the model's"),
        (reply("a"), (reply("b"), reply("b")), Outcome.WARNED, "without them is 'a', with them 'b'"),
        (reply("a"), (reply("a"), reply("b")), Outcome.PASSED, "could not be tried"),
        (ChatReply(status=500), (reply("a"), reply("a")), Outcome.INCONCLUSIVE, "HTTP 500"),
    ],
)
def test_outcomes(silent: ChatReply, named: tuple[ChatReply, ChatReply], outcome: Outcome, message: str) -> None:
    """With one seed the answers must be the same, where the seed itself brings the same answer twice."""
    got = sampling.judge({"temperature": 0.6}, silent, named)

    assert got.outcome is outcome
    assert message in got.message
    assert got.material == {"sampling_defaults": {"temperature": 0.6, "top_p": 1.0}}
