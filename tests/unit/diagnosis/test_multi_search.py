"""The search for many words at once finds exactly what a search for each finds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.diagnosis import SYMPTOMS
from vllm_qualify.diagnosis.keywords import Keywords
from vllm_qualify.diagnosis.multi_search import MultiSearch

ALL = Keywords(SYMPTOMS).words
SEARCHES = [MultiSearch(ALL, large=large) for large in (False, True)]
PARTS = st.sampled_from(ALL) | st.sampled_from([word[1:-1] for word in ALL]) | st.binary(max_size=9)


@given(st.lists(PARTS, max_size=30).map(b"".join))
def test_it_finds_what_a_search_for_each_word_finds(block: bytes) -> None:
    """Whole words, parts of words and anything else, at any offset, give the same places in the same order."""
    plain = sorted((at, word) for word in ALL for at in range(len(block)) if block.startswith(word, at))

    assert [search.places(block) for search in SEARCHES] == [plain, plain]


@pytest.mark.parametrize("word", ALL, ids=lambda word: word.decode().strip())
def test_every_word_is_found_at_every_offset(word: bytes) -> None:
    """Where a word stands does not matter, at the very end neither."""
    missed = [at for at in range(16) for search in SEARCHES if (at, word) not in search.places(b"." * at + word)]

    assert missed == []


def test_a_search_without_words_finds_nothing() -> None:
    """No word is in any block, and any word is in none that is empty."""
    assert (MultiSearch((), large=True).places(b"anything at all"), SEARCHES[0].places(b"")) == ([], [])
