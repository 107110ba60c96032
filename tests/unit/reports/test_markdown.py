"""Nothing that an engine said breaks a table or a block of Markdown."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.reports import markdown


@given(content=st.text())
def test_escaped_text_stays_in_its_cell(content: str) -> None:
    """There is no line end, no bare bar and no tag in a cell."""
    cell = markdown.escape(content)

    assert "\n" not in cell
    assert "<" not in cell
    assert "|" not in cell.replace("\\\\", "").replace("\\|", "")


@given(content=st.text(alphabet="`a ", min_size=1).filter(str.strip))
def test_code_is_fenced_beyond_its_own_marks(content: str) -> None:
    """The fence is longer than any run of backticks within."""
    said = markdown.code(content)
    fence = said[: len(said) - len(said.lstrip("`"))]

    assert fence not in said.removeprefix(fence).removesuffix(fence)


@pytest.mark.parametrize(
    "said",
    [
        "@team",
        "(@a/b)",
        "see #123",
        "vllm-project/vllm#33992",
        "GH-7",
        "!12",
        "vllm-project/vllm@1a2b3c4d",
        "x@host.example",
    ],
)
def test_nobody_is_called_and_nothing_is_linked(said: str) -> None:
    """GitHub and GitLab find no name, number or commit in what is shown, for a character without width parts it."""
    shown = html.unescape(re.sub(r"`.*?`", "", markdown.escape(said))).replace("\\", "")

    assert not re.search(r"(?<!\w)@\w|#\d|GH-\d|!\d|@[0-9a-f]{7}|@host", shown)


@pytest.mark.parametrize(
    "kept", ["vllm/vllm-openai@sha256:1a2b", "git@host", "# no number", "50 % of $HOME", "C#", "a!"]
)
def test_what_calls_nobody_can_be_copied(kept: str) -> None:
    """An image with its digest has nothing within it that a reader does not see."""
    assert markdown.escape(kept).replace("\\", "") == kept


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("read https://example.test/a?b=1&c=2.", "read `https://example.test/a?b=1&c=2`."),
        ("(www.example.test/x)", "(`www.example.test/x`)"),
        ("ask me@example.test", "ask `me@example.test`"),
        ("HTTP://EXAMPLE.TEST|x", "`HTTP://EXAMPLE.TEST`\\|x"),
    ],
)
def test_an_address_is_code(said: str, shown: str) -> None:
    """It can be copied, and an issue that it names learns nothing of the page."""
    assert markdown.escape(said) == shown


def test_of_many_names_the_first_are_told() -> None:
    """The rest is counted."""
    assert markdown.listed(["a", "b", "c", "d"], most=2) == "a, b and 2 more"
    assert markdown.listed(["a", "b"], most=2) == "a and b"
