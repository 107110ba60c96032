"""The scanner finds the metrics that an expression reads, and no word that only looks like one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.checks.promql import Read, branches, names_matched, reads

NAMES = st.from_regex(r"vllm:[a-z][a-z0-9_]{0,20}", fullmatch=True)
# What stands around a name and says nothing of metrics, whatever it holds.
AROUND = st.sampled_from(
    [
        "rate({}[5m])", "sum by (le, model_name) ({})", "{} offset 5m", "({}) > 0.9", "{} # vllm:comment", "-{}",
        "histogram_quantile(0.9, sum by (le) (rate({}{{a=\"vllm:x\",b!~'vllm:y'}}[$__rate_interval])))",
        "label_replace({}, 'vllm:z', \"$1\", `vllm:s`, '.*')", "{} / on(x) group_left(y) job:vllm:rule",
        '{}{{model="a}}\\"vllm:t"}}', "max_over_time({}[1h:5m] @ end())", "${{vllm:v}} + {}", "[[vllm:w]] * {}",
    ]
)  # fmt: skip


@given(names=st.lists(NAMES, min_size=1, max_size=4), around=st.lists(AROUND, min_size=4, max_size=4))
def test_exactly_the_names_are_found(names: list[str], around: list[str]) -> None:
    """Wherever they stand: strings, comments, ranges, labels, variables and recording rules are none."""
    parts = [form.format(name) for name, form in zip(names, around, strict=False)]

    assert [read.name for read in reads("\n + ".join(parts))] == names


@given(names=st.lists(NAMES, min_size=1, max_size=3))
def test_a_name_may_stand_in_the_braces(names: list[str]) -> None:
    """As the value of __name__, or alone in quotes; a matcher that excludes a name reads none."""
    parts = [f'{{__name__="{name}"}} + {{"{name}", x="y", __name__!="vllm:no"}}' for name in names]

    assert [read.name for read in reads(" or ".join(parts))] == [name for name in names for _ in range(2)]


@given(text=st.text(alphabet="vllm:ab_(){}[]\"'`\\$#=~!,|. \n", max_size=80))
def test_any_text_is_scanned_to_its_end(text: str) -> None:
    """Whatever the operator wrote, and the lines are lines of it."""
    assert all(0 <= read.line <= text.count("\n") for read in reads(text))


def test_lines_are_those_of_the_expression() -> None:
    """A rule of several lines is told by the line that has the name."""
    assert reads("sum(\n  vllm:a\n) / vllm:b") == (Read(name="vllm:a", line=1), Read(name="vllm:b", line=2))


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("vllm:a|vllm:b|go_.*", [Read(name="vllm:a"), Read(name="vllm:b")]),
        ("^vllm:(?:a|b)_(sum|count)$", [Read(name=f"vllm:{one}") for one in ("a_sum", "a_count", "b_sum", "b_count")]),
        ("vllm:.*", [Read(name="vllm:.*", regex=True)]),
        ("vllm:(a|b.*)", [Read(name="vllm:a"), Read(name="vllm:b.*", regex=True)]),
        ("vllm:(a|b)?c", [Read(name="vllm:(a|b)?c", regex=True)]),
        ("vllm:[a|b]|x", [Read(name="vllm:[a|b]", regex=True)]),
        ("node_.+", []),
    ],
)
def test_what_a_regular_expression_lists_is_told_apart(pattern: str, expected: list[Read]) -> None:
    """Plain alternatives are names; the rest stays an expression."""
    assert list(names_matched(pattern)) == expected


def test_too_many_alternatives_are_left_alone() -> None:
    """Nobody's expression makes a run compute for long."""
    pattern = "(a|b)" * 20

    assert branches(pattern) == (pattern,)
