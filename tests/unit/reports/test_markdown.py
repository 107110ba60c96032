"""Nothing that an engine said breaks a table or a block of Markdown."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.core.records import Certainty, Diagnosis, LogLine
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


def test_a_log_cannot_close_its_block() -> None:
    """A line of three backticks stays a line of the log."""
    lines = (LogLine(number=1, text="```"), LogLine(number=2, text="# no heading"))
    diagnosis = Diagnosis(cause="E01", title="t", certainty=Certainty.CERTAIN, lines=lines)

    said = markdown._diagnosis(diagnosis)

    assert said[2].startswith("````")
    assert said.count(said[2].removesuffix("text")) == 1
