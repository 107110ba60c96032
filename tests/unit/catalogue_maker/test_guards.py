import ast

import pytest

from catalogue_maker import guards


def expression(source: str) -> ast.expr:
    """The syntax tree of an expression."""
    return ast.parse(source, mode="eval").body


@pytest.mark.parametrize(
    ("test", "opposite"),
    [
        ("a == b", "a != b"),
        ("a not in b", "a in b"),
        ("a >= 8", "a < 8"),
        ("a is None", "a is not None"),
        ("not ready()", "ready()"),
        ("ready()", "not ready()"),
        ("a or b == 1", "not a and b != 1"),
        ("a and b", "not (a and b)"),
        ("0 <= a < b", "not 0 <= a < b"),
    ],
)
def test_the_opposite_of_a_condition_is_said_plainly(test: str, opposite: str) -> None:
    """As a person would write it."""
    assert guards.guard(expression(test), {}, holds=False).text == opposite


def test_names_are_those_of_the_configuration() -> None:
    """Through the local names that were given to them; a constant of the module is none."""
    aliases = {"kind": "self.cache_config.cache_dtype"}
    found = guards.names(expression('kind in LIMITS and envs.VLLM_USE_V1 and x.a_b("--port of HF_HOME")'), aliases)

    expected = ["self.cache_config.cache_dtype", "envs.VLLM_USE_V1", "--port", "HF_HOME", "x.a_b"]
    assert sorted(found) == sorted(expected)


def test_a_long_condition_is_cut() -> None:
    """People read it."""
    text = guards.guard(expression(" and ".join(f"name_{number}" for number in range(99))), {}).text

    assert len(text) <= guards.LONGEST
    assert text.endswith(" ...")
