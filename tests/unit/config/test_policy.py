"""The policy of ``qualify.toml``."""

from __future__ import annotations

from typing import get_args, get_type_hints

from vllm_qualify.config.policy import Policy
from vllm_qualify.core import advisories


def test_the_levels_are_those_that_have_a_meaning() -> None:
    """Every word that may be written, on the command line as in the file, means something; by default nothing does."""
    assert get_args(get_type_hints(Policy)["advisories"]) == advisories.LEVELS
    assert advisories.floor(Policy().advisories) is None
