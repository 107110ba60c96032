"""ARGS: the operator's command line, put to the candidate's own parser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vllm_qualify import checks
from vllm_qualify.targets.mode import Mode

if TYPE_CHECKING:
    from vllm_qualify.plugin.recorder import Conclude
    from vllm_qualify.targets.candidate import Candidate

pytestmark = [pytest.mark.requirement("ARGS"), pytest.mark.level("quick")]


def test_made_up_flag(candidate: Candidate, conclude: Conclude) -> None:
    """A flag that no release has is rejected; otherwise nothing that the parser accepts would prove anything."""
    conclude(checks.arguments.control(candidate.parsed()[Mode.ML]))


def test_accepted(candidate: Candidate, conclude: Conclude) -> None:
    """Every argument of the everyday mode's manifest is accepted."""
    conclude(checks.arguments.accepted(candidate.parsed()[Mode.ML], Mode.ML.value))


def test_meaning(candidate: Candidate, conclude: Conclude) -> None:
    """Every argument of the everyday mode's manifest still means the same."""
    conclude(checks.arguments.meaning(candidate.parsed()[Mode.ML], Mode.ML.value))


def test_deprecated(candidate: Candidate, conclude: Conclude) -> None:
    """No argument of the everyday mode's manifest is deprecated."""
    conclude(checks.arguments.deprecated(candidate.parsed()[Mode.ML], Mode.ML.value))


def test_catalogue(candidate: Candidate, conclude: Conclude) -> None:
    """The parser is the one that the catalogue has for this release, on which preflight relies."""
    conclude(checks.catalogue.compared(candidate.parsed()[Mode.ML], candidate.image))


@pytest.mark.usefixtures("reasoning_mode")
def test_r1_accepted(candidate: Candidate, conclude: Conclude) -> None:
    """Every argument of the reasoning mode's manifest is accepted."""
    conclude(checks.arguments.accepted(candidate.parsed()[Mode.R1], Mode.R1.value))


@pytest.mark.usefixtures("reasoning_mode")
def test_r1_meaning(candidate: Candidate, conclude: Conclude) -> None:
    """Every argument of the reasoning mode's manifest still means the same."""
    conclude(checks.arguments.meaning(candidate.parsed()[Mode.R1], Mode.R1.value))
