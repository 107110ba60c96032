import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue_maker import templates
from catalogue_maker.templates import GAP, Template

KNOWN = {"prefix": [("No ",)], "either": [("a",), ("b",)], "LIMIT": [("eight",)]}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('"No GPU"', [("No GPU",)]),
        ('"No " "GPU"', [("No GPU",)]),
        ('f"No {gpu} found"', [("No ", " found")]),
        ('f"No {gpu!r:>8}"', [("No ", "")]),
        ('f"at most {LIMIT}"', [("at most eight",)]),
        ('"No " + gpu + " found"', [("No ", " found")]),
        ('"No %s at %5.1f %%" % (gpu, share)', [("No ", " at ", " %")]),
        ('"No %(gpu)s" % values', [("No ", "")]),
        ('"No {} of {name:x}, {{braces}}".format(a, name=b)', [("No ", " of ", ", {braces}")]),
        ('prefix + "GPU"', [("No GPU",)]),
        ('f"{prefix}GPU"', [("", "GPU")]),
        ('" ".join(["No", gpu, "found"])', [("No ", " found")]),
        ('", ".join(names)', [GAP]),
        ('textwrap.dedent("  No GPU ").strip()', [("  No GPU ",)]),
        ('"one" if x else "two"', [("one",), ("two",)]),
        ('either + " of " + either', [("a of a",), ("a of b",), ("b of a",), ("b of b",)]),
        ("describe(error)", [GAP]),
        ("message", [GAP]),
        ('"{ no format".format(x)', [("{ no format",)]),
    ],
)
def test_what_an_expression_comes_to(source: str, expected: list[Template]) -> None:
    """In whichever of Python's ways the text is put together."""
    expression = ast.parse(source, mode="eval").body

    assert list(templates.fold(expression, KNOWN)) == expected


def test_too_many_alternatives_are_a_gap() -> None:
    """Whatever the variable is; the rest of the text stays."""
    expression = ast.parse('"see " + many + " there"', mode="eval").body

    assert templates.fold(expression, {"many": [(str(number),) for number in range(9)]}) == (("see ", " there"),)


def test_a_logging_call_fills_its_own_text() -> None:
    """The text of the call is filled by the arguments behind it."""
    assert templates.percent(("No %s, ", " of %d")) == ("No ", ", ", " of ", "")


def test_an_address_is_a_gap() -> None:
    """It differs from release to release; the words around it stay."""
    said = ("read https://example.org/a-b?c=1 for ", ", or `http://example.org`.")

    assert templates.without_addresses(said) == ("read ", " for ", ", or `", "`.")


@given(st.lists(st.text(alphabet="abc %{}", max_size=6), min_size=1, max_size=5).map(tuple))
def test_joining_a_text_to_nothing_leaves_it(template: Template) -> None:
    """So parts are neither lost nor doubled."""
    assert templates.join([("",), template, ("",)]) == template


@given(st.text(alphabet="ab{}", max_size=8), st.text(alphabet="ab{}", max_size=8))
def test_an_f_string_has_its_text_around_the_gap(before: str, behind: str) -> None:
    """Whatever braces are in it."""
    doubled = [text.replace("{", "{{").replace("}", "}}") for text in (before, behind)]
    expression = ast.parse(f'f"{doubled[0]}{{x}}{doubled[1]}"', mode="eval").body

    assert templates.fold(expression, {}) == ((before, behind),)
