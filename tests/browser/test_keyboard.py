"""Whoever has no mouse reaches everything, sees where they are, and comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.browser import sample_runs
from tests.browser.chromium import Visit

if TYPE_CHECKING:
    from playwright.sync_api import Page

_FAR = 150
"""Presses of the Tab key after which somebody has given up."""


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until something of that kind has the focus, and is seen to have it."""
    for _ in range(_FAR):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            assert page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle") != "none"
            return
    raise AssertionError(f"{_FAR} presses of Tab do not lead to {selector}")


def test_a_cell_opens_its_details_and_gives_the_focus_back(visit: Visit) -> None:
    """Enter opens, Escape closes, and one goes on from the same cell."""
    from playwright.sync_api import expect  # noqa: PLC0415 - may not be installed, see the conftest

    page = visit("compared").page
    tab_to(page, "td[data-outcome=failed] a")
    start = page.evaluate_handle("() => document.activeElement")
    line = page.locator(".log").get_by_text(sample_runs.cause_line("vllm/vllm-openai:v0.19.0")).first

    page.keyboard.press("Enter")
    expect(line).to_be_in_viewport()
    assert page.evaluate("() => document.querySelector('dialog').contains(document.activeElement)")

    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    assert page.evaluate("start => document.activeElement === start", start)


def test_the_matrix_can_be_skipped(visit: Visit) -> None:
    """Two keys lead past a hundred cells to the details."""
    page = visit("compared").page

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    assert page.evaluate("() => location.hash") == "#details"
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.querySelector('#details').contains(document.activeElement)")
