"""Every wheel that the harness executes is held to a hash."""

from __future__ import annotations

import re

import pytest

from vllm_qualify import catalogue, pins, standins

LINE = re.compile(r"[a-z-]+==\S+(?: --hash=sha256:[0-9a-f]{64})+")


def test_every_release_of_the_catalogue_is_pinned() -> None:
    """Its wheel is what the parser probe executes."""
    assert [one.version for one in catalogue.releases() if pins.line(f"vllm=={one.version}") is None] == []


def test_every_cpu_build_is_pinned() -> None:
    """Whether or not its whole environment is."""
    assert [build for build in standins.builds() if pins.line(f"{standins.DISTRIBUTION}=={build}") is None] == []


def test_every_line_has_its_hashes() -> None:
    """In the form that an installer takes."""
    assert [line for line in pins.known().values() if LINE.fullmatch(line) is None] == []


@pytest.mark.parametrize("requirement", ["vllm==9.9.9", "vllm", "", "#"])
def test_what_nobody_pinned_has_no_line(requirement: str) -> None:
    """It is for the caller to say what becomes of it."""
    assert pins.line(requirement) is None
