"""The plain words of a pattern are what it cannot match without."""

from __future__ import annotations

import pytest

from vllm_qualify.diagnosis import literals


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (r"plain words", ("plain words",)),
        (r"one word|another word", ("one word", "another word")),
        (r"before (\d+) behind it", (" behind it",)),
        (r"colou?r of the sea", ("r of the sea",)),
        (r"(?:a|b) then this", (" then this",)),
        (r"a\.dot and \(more\)", ("a.dot and (more)",)),
        (r"[Nn]o space left\b", ("o space left",)),
        (r"first {1,3}the longer part", ("the longer part",)),
        (r"one of these+", ("one of these",)),
    ],
)
def test_of(pattern: str, words: tuple[str, ...]) -> None:
    """What may be absent belongs to no word; of each alternative the longest word is taken."""
    assert literals.of(pattern) == words


@pytest.mark.parametrize("pattern", [r"(?i)any case", r"a\d+b", r"long enough|no", r"(all of it in a group)"])
def test_patterns_without_words_are_refused(pattern: str) -> None:
    """A pattern that nothing plain stands for is a fault of the table, and is told by name."""
    with pytest.raises(literals.NoLiteral, match=r"flags|no run of"):
        literals.of(pattern)
