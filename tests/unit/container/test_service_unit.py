from __future__ import annotations

import pytest

from vllm_qualify.container import service_unit, unit_file
from vllm_qualify.container.refusal import UnreadableContainer
from vllm_qualify.container.run_spec import StartPlace
from vllm_qualify.container.unit_file import UnitFile

PLACE = StartPlace(folder="/", read=lambda _: None)


def unit(text: str) -> UnitFile:
    """A unit."""
    return unit_file.read(text, name="llm", environment={"HOME": "/home/ops"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[Unit]\nA=b", "llm.service has no ExecStart="),
        ("[Service]\nExecStart=/bin/true", "llm.service starts no vLLM that can be recognised"),
        ("[Service]\nEnvironmentFile=/gone\nExecStart=vllm serve m", "the file /gone of EnvironmentFile= cannot be"),
        ("[Service]\nExecStart=-/usr/bin/docker start -a llm", r"starts the container llm, .* container = 'llm'"),
    ],
)
def test_units_that_are_refused(text: str, said: str) -> None:
    """With what to give instead."""
    with pytest.raises(UnreadableContainer, match=said):
        service_unit.read(unit(text), PLACE)
