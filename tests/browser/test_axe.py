"""A screen reader, and an eye for contrast, find nothing wrong with any page, in light and in dark."""

from __future__ import annotations

import pytest

from tests.browser import pages
from tests.browser.chromium import Visit


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("page", ["single", "compared", "lost", *pages.OTHERS])
def test_axe_finds_no_violation(visit: Visit, page: str, *, dark: bool) -> None:
    """Of no rule of axe-core, its best practices among them; unfolded, since what is hidden is passed over."""
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415 - may not be installed, see the conftest

    shown = visit(page, dark=dark)
    shown.shot(f"{page}-{'dark' if dark else 'light'}")
    shown.measured("() => document.querySelectorAll('details').forEach(one => { one.open = true })")

    found = Axe().run(shown.page).response["violations"]

    assert [(one["id"], one["help"], [node["target"] for node in one["nodes"]][:5]) for one in found] == []
