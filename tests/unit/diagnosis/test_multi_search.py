"""The fast search finds exactly what a plain search finds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.diagnosis import SYMPTOMS
from vllm_qualify.diagnosis.keywords import Keywords
from vllm_qualify.diagnosis.multi_search import MultiSearch
from vllm_qualify.diagnosis.scan import Plain

ALL = Keywords(SYMPTOMS).words
SIEVE, PLAIN = MultiSearch(ALL), Plain(ALL)
PARTS = st.sampled_from(ALL) | st.sampled_from([word[1:-1] for word in ALL]) | st.binary(max_size=9)


@given(st.lists(PARTS, max_size=30).map(b"".join))
def test_the_sieve_finds_what_a_plain_search_finds(block: bytes) -> None:
    """Whole words, parts of words and anything else, at any offset, give the same places."""
    assert SIEVE.places(block) == PLAIN.places(block)


@pytest.mark.parametrize("word", ALL, ids=lambda word: word.decode().strip())
def test_every_word_is_found_at_every_offset(word: bytes) -> None:
    """Where a word stands does not matter, at the very end neither."""
    assert [at for at in range(16) if (at, word) not in SIEVE.places(b"." * at + word)] == []


def test_a_sieve_without_words_finds_nothing() -> None:
    """No word is in any block, and any word is in none that is empty."""
    assert (MultiSearch(()).places(b"anything at all"), SIEVE.places(b"")) == ([], [])
