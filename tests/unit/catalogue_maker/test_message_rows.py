from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue_maker import message_rows
from vllm_qualify.catalogue import messages


@pytest.mark.parametrize(
    ("parts", "anchor"),
    [
        (("No such attention backend",), "attention"),
        (("No such attention", "backend"), "such"),
        (("No such attention",), "attention"),
        (("", "attention_kernel", "is not available"), "available"),
        (("", "has no text of its own here"), "text"),
        (("Unsupported", ""), ""),
        (("", ""), ""),
        (("is not", ""), ""),
    ],
)
def test_the_anchor_is_a_whole_word(parts: tuple[str, ...], anchor: str) -> None:
    """One that no value beside it makes longer; too few words have none."""
    assert message_rows.anchor(parts) == anchor


@given(st.lists(st.sampled_from(["No such", "attention backend is", "there", ""]), min_size=1, max_size=4), st.data())
def test_a_text_holds_the_anchor_of_its_template(parts: list[str], data: st.DataObject) -> None:
    """Whatever the values are, so that looking for the anchor loses none."""
    values = [data.draw(st.text(alphabet="ab_ C\n-", max_size=9)) for _ in parts[1:]]
    text = parts[0] + "".join(value + part for value, part in zip(values, parts[1:], strict=True))

    anchor = message_rows.anchor(message_rows.normalised(parts))
    assert not anchor or anchor in messages.words(text)
