"""Padding makes a prompt long and leaves the document whole in it."""

from __future__ import annotations

import pytest

from vllm_qualify.checks import padding
from vllm_qualify.checks.padding import Padding

SHORT = Padding(wording="{before}|{document}|{after}", mails=("one", "two"), between=" ")


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [(0, 0, "|letter|"), (3, 0, "one two one|letter|"), (1, 2, "one|letter|two one")],
)
def test_mails_stand_around_the_document_in_turn(before: int, after: int, text: str) -> None:
    """The same mails again once all were used, on one side after the other."""
    assert SHORT.around("letter", before=before, after=after) == text


def test_braces_of_a_document_are_left_alone() -> None:
    """A document may say whatever it likes."""
    assert SHORT.around("{before}", before=1) == "one|{before}|"


@pytest.mark.parametrize(
    ("prompts", "read"),
    [
        ({"padded_user": SHORT.wording, "other_mails": ["one", "two"], "between_mails": " "}, SHORT),
        ({"padded_user": "{document}", "other_mails": ["one"]}, None),
        ({"padded_user": SHORT.wording, "other_mails": []}, None),
        ({}, None),
    ],
)
def test_padding_is_read_from_the_prompts(prompts: dict[str, object], read: Padding | None) -> None:
    """It is there whole or not at all."""
    assert padding.read(prompts) == read
