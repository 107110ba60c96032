"""A run of many candidates is still a page that opens."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.browser import sample_runs
from tests.browser.chromium import Visit

_BYTES = 5_000_000
_ELEMENTS_PER_CELL = 13
"""Six in the matrix, six in the details, and the rest of the page; what a browser has to do grows with them."""


def test_two_hundred_candidates_open(visit: Visit, file: Callable[[str], Path]) -> None:
    """With fifty requirements: the page stays small, and its last row can be looked at."""
    assert file("large").stat().st_size <= _BYTES

    shown = visit("large")
    elements = shown.measured("() => document.querySelectorAll('*').length")

    assert shown.page.locator("table.matrix tr[data-verdict]").count() == sample_runs.MANY
    assert elements <= _ELEMENTS_PER_CELL * sample_runs.MANY * sample_runs.WIDE
    last = shown.page.locator("td[data-outcome] a").last
    last.click()
    shown.shot("large")
    assert shown.page.locator("dialog[open]").is_visible()
