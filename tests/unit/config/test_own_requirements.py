from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.config import reading
from vllm_qualify.core.errors import BadConfig
from vllm_qualify.core.requirements import BY_ID, Requirement

SENTENCE = 'sentence = "It holds."'


def refused(text: str) -> list[tuple[int | None, str, str]]:
    """What a text is refused for: line, key, message."""
    with pytest.raises(BadConfig) as caught:
        reading.parse(text, source=Path("qualify.toml"))
    return [(one.line, one.key, one.message) for one in caught.value.problems]


def test_what_is_declared_is_what_a_run_records() -> None:
    """Own requirements are optional unless the operator says that every candidate must show one."""
    text = f"[requirements.LATENCY]\n{SENTENCE}\n[requirements.B2]\n{SENTENCE}\nrequired = true\n"

    own = reading.parse(text, source=Path("qualify.toml")).requirements

    assert [one.named(name) for name, one in own.items()] == [
        Requirement(id="LATENCY", sentence="It holds.", optional=True),
        Requirement(id="B2", sentence="It holds."),
    ]


@pytest.mark.parametrize("name", ["latency", "2B", "A-B", "A" * 17, "<b>", "É", "A\\nB", ""])
def test_an_id_that_no_column_could_have_is_refused(name: str) -> None:
    """With its line, and with what an id is made of."""
    [(line, _, said)] = refused(f'[requirements."{name}"]\n{SENTENCE}\n')

    assert line == 1
    assert said == "is not an id; expected at most 16 capital letters and digits, a letter first, such as LATENCY"


@pytest.mark.parametrize("name", BY_ID)
def test_an_id_that_a_shipped_requirement_has_is_refused(name: str) -> None:
    """A column means the same wherever somebody reads it; so does production's."""
    [(_, key, said)] = refused(f"[requirements.{name}]\n{SENTENCE}\n")

    assert key == f"requirements.{name}"
    assert "is a shipped requirement" in said


@pytest.mark.parametrize("sentence", ["", "  ", "a\\nb", "a\\u001b[1m", "a" * 201])
def test_a_sentence_that_heads_no_column_is_refused(sentence: str) -> None:
    """It has to fit on one line."""
    [(line, key, said)] = refused(f'[requirements.LATENCY]\nsentence = "{sentence}"\n')

    assert (line, key) == (2, "requirements.LATENCY.sentence")
    assert said == "must be one sentence on one line, of at most 200 characters"


def test_all_that_is_wrong_is_told_at_once() -> None:
    """The id, and each key of its table, an unknown one with the one that was meant."""
    found = refused('[requirements.latency]\nsentences = "x"\nrequired = "yes"\n')

    assert [(line, key) for line, key, _ in found] == [
        (1, "requirements.latency"),
        (1, "requirements.latency.sentence"),
        (2, "requirements.latency.sentences"),
        (3, "requirements.latency.required"),
    ]
    assert found[2][2] == "is not a known key; did you mean sentence?"
    assert found[3][2] == 'must be true or false, without quotes, not "yes"'


@given(name=st.from_regex(r"[A-Z][A-Z0-9]{0,15}", fullmatch=True).filter(lambda name: name not in BY_ID))
def test_every_other_id_is_taken(name: str) -> None:
    """Whatever capital letters and digits it has."""
    settings = reading.parse(f"[requirements.{name}]\n{SENTENCE}\n", source=Path("qualify.toml"))

    assert list(settings.requirements) == [name]
