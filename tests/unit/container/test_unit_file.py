from __future__ import annotations

import pytest

from vllm_qualify.container import unit_file
from vllm_qualify.container.refusal import UnreadableContainer
from vllm_qualify.container.unit_file import UnitFile


def unit(text: str, name: str = "llm") -> UnitFile:
    """A unit."""
    return unit_file.read(text, name=name, environment={"HOME": "/home/ops"})


def test_keys_stand_again_and_lines_go_on() -> None:
    """An empty value takes back those before it; comments between joined lines are none of them."""
    read = unit("[A]\nK=1\nK=\nK=2 \\\n# no\n  3\n; no\nK=4\n[B]\nK=5\n")

    assert read.values("A", "K") == ("2 3", "4")
    assert read.values("B", "K") == ("5",)
    assert read.words("A", "K") == ("2", "3", "4")


def test_specifiers_are_put_in() -> None:
    """Those that a file's name and its owner tell; others stay."""
    assert unit("[A]\nK=%h/%i-%N%%%t\n", name="llm@7").values("A", "K") == ("/home/ops/7-llm@7%%t",)


def test_an_open_quotation_is_refused() -> None:
    """With the key."""
    with pytest.raises(UnreadableContainer, match="K= cannot be split into words: no closing quotation; mend"):
        unit("[A]\nK='x\n").words("A", "K")
