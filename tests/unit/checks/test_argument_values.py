from typing import Any

import pytest

from vllm_qualify.arguments.command_line import Entrypoint
from vllm_qualify.arguments.parser_report import Flag, Parsed, ParserFacts
from vllm_qualify.checks import argument_values


def same(*words: str, value: Any, **flag: Any) -> bool | None:
    """Whether an option ``--x`` with these words came through as the value."""
    known = Flag(options=("--x", "--no-x"), dest="x", **flag)
    facts = ParserFacts(version="1", entrypoint=Entrypoint.SERVE, flags=(known,))
    (reading,) = argument_values.readings(Parsed(argv=words, accepted=True, values={"x": value}), facts)
    return reading.same


@pytest.mark.parametrize(
    ("words", "value", "expected"),
    [
        (("--x", "0.90"), 0.9, True),
        (("--x", "8192"), 4096, False),
        (("--x", "8k"), 8000, None),
        (("--x", "auto"), "auto", True),
        (("--x", "AWQ"), "awq", True),
        (("--x", "awq_marlin"), "awq", False),
        (("--x", "awq"), None, False),
        (("--x", "None"), None, True),
        (("--x", "true"), True, True),
        (("--x", "false"), True, False),
        (("--x", "1"), True, None),
        (("--x", '{"a": 1}'), {"a": 1}, True),
        (("--x", '{"a": 1}'), {"repr": "Config(a=1)"}, None),
        (("--x", "a", "b"), ["a", "b"], True),
        (("--x", "[1, 2]"), [1, 2], True),
        (("--x", "a"), ["c"], None),
        (("--x=1", "--x=2"), 2, True),
        (("--x.key", "1"), {"key": 2}, None),
    ],
)
def test_words_are_compared_with_values(words: tuple[str, ...], value: Any, expected: bool | None) -> None:  # noqa: FBT001 - a column.
    """Equal, different, or honestly undecided, for every kind of value that a parser makes."""
    assert same(*words, value=value) is expected


@pytest.mark.parametrize(
    ("word", "value", "const", "expected"),
    [
        ("--x", True, True, True),
        ("--x", False, True, False),
        ("--x", False, False, True),
        ("--x", True, None, True),
        ("--no-x", False, None, True),
        ("--no-x", True, None, False),
    ],
)
def test_switches_mean_what_they_say(word: str, value: bool, const: bool | None, expected: bool) -> None:  # noqa: FBT001 - columns.
    """A switch sets its constant; one that can be negated follows its spelling."""
    assert same(word, value=value, nargs=0, const=const) is expected


def test_words_behind_a_switch_are_not_its_value() -> None:
    """A positional word that follows a switch does not change what the switch means."""
    assert same("--x", "some/model", value=True, nargs=0, const=True) is True


def test_an_optional_value_falls_back_to_its_constant() -> None:
    """Without a word the constant counts, and without a constant nothing can be told."""
    assert same("--x", value=True, nargs="?", const="True") is True
    assert same("--x", value=True, nargs="?") is None
