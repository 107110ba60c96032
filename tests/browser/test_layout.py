"""A page fits the window, from a phone to a desktop, whatever the images are called."""

from __future__ import annotations

import pytest

from tests.browser import pages
from tests.browser.chromium import DESKTOP, PHONE, TABLET, Visit

_TALLEST_PX = 128.0
"""Five lines of a cell's text with its padding; a column of single letters is taller."""


@pytest.mark.parametrize("width", [PHONE, TABLET, DESKTOP])
@pytest.mark.parametrize("page", ["single", "compared", "long", "hostile", *pages.OTHERS])
def test_the_page_does_not_scroll_sideways(visit: Visit, page: str, width: int) -> None:
    """What is wider than the window scrolls in a frame of its own."""
    shown = visit(page, width=width)
    shown.shot(f"{page}-{width}")

    assert shown.measured("() => document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [PHONE, TABLET, DESKTOP])
@pytest.mark.parametrize("page", ["compared", "long"])
def test_no_cell_is_a_column_of_letters(visit: Visit, page: str, width: int) -> None:
    """Each outcome stands on few lines, however long the name of the image beside it is."""
    shown = visit(page, width=width)

    heights = shown.measured("() => [...document.querySelectorAll('td[data-outcome]')].map(one => one.offsetHeight)")

    assert heights
    assert max(heights) <= _TALLEST_PX
