from __future__ import annotations

import pytest

from vllm_qualify.config import lines

TEXT = '''\
# candidates = 1
candidates = [  # first
    "a:b",
    # a comment
    "c:d", "e:f"
]
note = """
target = "not this one"
"""
"quoted.key" = 1

[budgets]  # a table
load_seconds = 120
throughput.low = 30
[modes."ml"]
model = "x"
'''


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (("candidates",), 2),
        (("candidates", 0), 3),
        (("candidates", 1), 5),
        (("candidates", 2), 5),
        (("candidates", 3), 2),
        (("note",), 9),
        (("quoted.key",), 10),
        (("budgets",), 12),
        (("budgets", "load_seconds"), 13),
        (("budgets", "throughput", "low"), 14),
        (("budgets", "throughput", "high"), 14),
        (("modes", "ml", "model"), 16),
        (("modes", "ml", "manifest"), 15),
    ],
)
def test_a_key_is_found_on_its_line(keys: lines.Keys, line: int) -> None:
    """Tables, dotted keys, elements over several lines; what is missing is found at its table."""
    assert lines.locate(TEXT, [keys]) == {keys: line}


def test_what_stands_inside_a_string_is_no_key() -> None:
    """The word in the text of another value is not taken for the key."""
    assert lines.locate(TEXT, [("target",)]) == {}


def test_a_file_of_no_sane_length_is_not_searched() -> None:
    """Beyond a thousand lines the key must do; the search would take longer than the operator waits."""
    text = "a = 1\n" + "\n" * lines.MOST_LINES

    assert lines.locate(text, [("a",)]) == {}
