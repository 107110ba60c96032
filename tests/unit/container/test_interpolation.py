from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.container import env_files
from vllm_qualify.container.interpolation import Variables, interpolated

VALUES = {"A": "1", "EMPTY": "", "B": "x y"}


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("$A ${A} a$A.b", "1 1 a1.b"),
        ("$$A $${A} $$$A", "$A ${A} $1"),
        ("${EMPTY:-d} ${EMPTY-d} ${NONE:-d} ${NONE-d}", "d  d d"),
        ("${A:+r} ${EMPTY:+r} ${EMPTY+r} ${NONE+r}", "r  r "),
        ("${A:?no} ${A?no}", "1 1"),
        ("${NONE:-${A}} ${NONE:-${ALSO:-${B}}}", "1 x y"),
        ('{"t":${NONE:-0.6},"k":${A}}', '{"t":0.6,"k":1}'),
        ("$(cmd) $ ${} ${1} $1 ${A", "$(cmd) $ ${} ${1} $1 ${A"),
        ("${B}", "x y"),
    ],
)
def test_variables_are_put_in_as_compose_does(text: str, result: str) -> None:
    """The forms of the specification, nested ones included; what is none of them stays as it is."""
    variables = Variables(values=VALUES)

    assert interpolated(text, variables) == result
    assert variables.unknowns == {}


@pytest.mark.parametrize("text", ["${NONE}", "$NONE", "${NONE:?must be set}", "${EMPTY:?must be set}", "${O:-${NONE}}"])
def test_what_nothing_sets_is_unknown(text: str) -> None:
    """Compose would take it for empty, or refuse; where the file is really used it is set."""
    variables = Variables(values=VALUES)

    written = interpolated(text, variables)

    assert variables.unknowns == {written: "set neither in the environment nor in .env"}


@given(st.text(alphabet="aA ${}:-+?", max_size=80))
def test_no_text_is_a_surprise(text: str) -> None:
    """Every text has a result; one without a dollar sign is its own."""
    result = interpolated(text, Variables(values=VALUES))

    assert "$" in text or result == text


def test_a_file_of_variables_is_read_line_by_line() -> None:
    """Comments, quotes, exports and what stands above; single quotes keep everything as it is."""
    text = """\
# a comment
A=1
export B = two words # not this
C="x\\n$A"
D='$A #'
E=
F=a#b
not a line
G: yaml
H=${A:-2}${Z:-3}
"""

    read = env_files.read(text, Variables(values={"Z": "9"}))

    assert read == {
        "A": "1",
        "B": "two words",
        "C": "x\n1",
        "D": "$A #",
        "E": "",
        "F": "a#b",
        "G": "yaml",
        "H": "19",
    }


@given(st.dictionaries(st.from_regex(r"[A-Z]{1,5}", fullmatch=True), st.text("ab1 #/:=", min_size=1)))
def test_quoted_values_come_through(pairs: dict[str, str]) -> None:
    """In single quotes nothing means anything."""
    text = "".join(f"{name}='{value}'\n" for name, value in pairs.items())

    assert env_files.read(text, Variables()) == pairs
