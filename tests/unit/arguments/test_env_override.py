"""What stands behind ``--env`` is a variable, and nothing that others must not read."""

from __future__ import annotations

import pytest

from vllm_qualify.arguments import env_override
from vllm_qualify.arguments.env_override import BadOverride


def test_a_value_may_hold_whatever_is_no_secret() -> None:
    """Equal signs, blanks, nothing."""
    assert env_override.public(["A=b=c", "B=", "C=d e"]) == {"A": "b=c", "B": "", "C": "d e"}


@pytest.mark.parametrize("word", ["", "A", "=b", "1A=b", "A-B=c", "A B=c"])
def test_what_is_no_variable_is_refused(word: str) -> None:
    """With an example of what is."""
    with pytest.raises(BadOverride, match="takes NAME=VALUE, such as LD_LIBRARY_PATH="):
        env_override.read([word])


@pytest.mark.parametrize("word", ["HF_TOKEN=hunter2", "A=hf_" + "a" * 20, "DB_PASSWORD=x", "VLLM_API_KEY=abc"])
def test_a_secret_is_refused_without_being_shown(word: str) -> None:
    """Neither its value nor a part of it."""
    with pytest.raises(BadOverride, match="looks like a secret") as caught:
        env_override.public([word])

    assert word.partition("=")[2] not in str(caught.value)
