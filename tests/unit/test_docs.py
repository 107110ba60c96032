"""What the documents say of the code is so."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

from vllm_qualify.targets import gpu_mode

ROOT = Path(__file__).parents[2]


def test_the_picture_of_the_layers_is_that_of_the_contract() -> None:
    """Every layer of the contract is a box of the picture, with the same packages, in the same order."""
    contract = configparser.ConfigParser()
    contract.read(ROOT / ".importlinter")
    lines = contract["importlinter:contract:layers"]["layers"].split("\n")
    wanted = [{part.strip().removeprefix("vllm_qualify.") for part in line.split("|")} for line in lines if line]
    picture = (ROOT / "docs" / "design.md").read_text().split("```")[1]

    boxes = [" ".join(line[:29] for line in box.splitlines()) for box in picture.split("   │\n")]

    assert [set(re.findall(r"\w+", box)) - {"suites"} for box in boxes] == wanted


def test_the_cases_of_the_operators_command_are_named() -> None:
    """Each case with the marker, the marker, and the finding that blocks a run for the command."""
    suite, told = (ROOT / "suites" / "test_r1_mode.py").read_text(), (ROOT / "docs" / "routing.md").read_text()

    found = re.findall(r"@pytest\.mark\.gpu_mode\n(?:@.*\n)*def test_(\w+)", suite)

    assert len(found) == 3
    for name in ("gpu_mode", gpu_mode.ANSWERS, *(f"R1/{case.replace('_', '-')}" for case in found)):
        assert f"`{name}`" in told, name
