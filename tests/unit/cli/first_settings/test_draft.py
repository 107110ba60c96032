"""The text of a first file: valid TOML for any value and any comment."""

from __future__ import annotations

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.cli.first_settings import draft
from vllm_qualify.cli.first_settings.draft import DraftKey, DraftTable, Noted
from vllm_qualify.core import redaction

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
CANARY = "hf_canarycanarycanary12"


@given(value=WORDS, note=WORDS, above=WORDS)
def test_any_text_comes_back(value: str, note: str, above: str) -> None:
    """A value as it was, or as a comment where it may not be shown; no comment becomes a key."""
    table = DraftTable(name="a", above=(above,), keys=(DraftKey(name="b", value=Noted(value=value, note=note)),))

    found = tomllib.loads(draft.text([table]))

    assert found == {"a": {"b": value} if redaction.text(value) == value else {}}


@given(value=WORDS, note=WORDS)
def test_what_does_not_count_is_a_comment(value: str, note: str) -> None:
    """Of a table, of a key, and of an item of a list."""
    off = Noted(value=value, note=note, active=False)
    tables = [
        DraftTable(keys=(DraftKey(name="list", value=(Noted(value="x"), off)), DraftKey(name="one", value=off))),
        DraftTable(name="t", inactive="because", keys=(DraftKey(name="k", value=Noted(value=value)),)),
    ]

    assert tomllib.loads(draft.text(tables)) == {"list": ["x"]}


def test_the_layout() -> None:
    """Comments above, the note behind its value, a list on one line or on several."""
    keys = (
        DraftKey(name="one", value=Noted(value=("a", "b"))),
        DraftKey(name="two", value=(Noted(value="c", note="guessed: so"), Noted(value="d", active=False))),
        DraftKey(name="three", value=Noted(value=30.0, note="from x")),
    )

    text = draft.text([DraftTable(name="t", above=("why", ""), keys=keys)])

    assert text.splitlines() == [
        "# why",
        "#",
        "[t]",
        'one = ["a", "b"]',
        "two = [",
        '    "c",  # guessed: so',
        '    # "d",',
        "]",
        "three = 30  # from x",
    ]


def test_what_has_the_form_of_a_secret_is_left_out() -> None:
    """Be it a value, an item, or a word of a comment."""
    keys = (
        DraftKey(name="one", value=Noted(value=CANARY)),
        DraftKey(name="two", value=Noted(value=("a", CANARY))),
        DraftKey(name="three", value=Noted(value="b", note=f"from {CANARY}")),
    )

    text = draft.text([DraftTable(name="t", above=(CANARY,), keys=keys)])

    assert CANARY not in text
    assert tomllib.loads(text) == {"t": {"three": "b"}}


def test_guesses_are_those_that_count() -> None:
    """By the names of their keys; what is a comment is no guess."""
    guess = Noted(value="x", note="guessed: so")
    keys = (DraftKey(name="a", value=(guess,)), DraftKey(name="b", value=Noted(value="x", note="from y")))

    tables = [DraftTable(keys=keys), DraftTable(name="t", keys=keys), DraftTable(name="u", keys=keys, inactive="no")]

    assert draft.guesses(tables) == ("a", "t.a")
