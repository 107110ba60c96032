"""A turn has one name, and the baseline's is no image."""

from __future__ import annotations

import pytest

from vllm_qualify.core import images, turns
from vllm_qualify.core.images import BadImage
from vllm_qualify.core.records import Role


@pytest.mark.parametrize("role", Role)
def test_a_name_leads_back_to_what_the_turn_is_for(role: Role) -> None:
    """Whatever image runs in it."""
    assert turns.role(turns.name(role, "vllm/vllm-openai:v0.15.1")) is role


@pytest.mark.parametrize("name", [turns.BASELINE, turns.BASELINE_AGAIN])
def test_no_candidate_can_have_the_name_of_a_baseline(name: str) -> None:
    """A reference without tag and digest is refused."""
    with pytest.raises(BadImage):
        images.parse(name)
