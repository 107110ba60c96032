"""What somebody may have meant is suggested, and nothing else."""

from __future__ import annotations

from vllm_qualify.core import suggestions


def test_the_nearest_name_is_suggested() -> None:
    """Of several that are like it, the one that is most like it."""
    known = ("preflight", "plan", "report")

    assert suggestions.nearest("preflihgt", known) == "preflight"
    assert suggestions.hint("preflihgt", known) == "; did you mean preflight?"


def test_what_is_like_nothing_gets_no_suggestion() -> None:
    """A wrong guess is worse than none."""
    assert suggestions.nearest("kubectl", ("preflight", "plan")) == ""
    assert suggestions.hint("kubectl", ("preflight", "plan")) == ""


def test_the_cutoff_says_how_alike() -> None:
    """A caller that can be sure asks for more."""
    assert suggestions.nearest("--max-len", ("--max-model-len",)) == "--max-model-len"
    assert suggestions.nearest("--max-len", ("--max-model-len",), cutoff=0.9) == ""
