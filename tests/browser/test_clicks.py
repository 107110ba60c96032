"""From the headline to the line of the log that shows why."""

from __future__ import annotations

from tests.browser import sample_runs
from tests.browser.chromium import Visit
from vllm_qualify.core import outcomes


def test_the_line_of_the_first_cause_is_one_click_away(visit: Visit) -> None:
    """Of each candidate that failed, out of twelve; three are what a reviewer has the patience for."""
    from playwright.sync_api import expect  # noqa: PLC0415 - may not be installed, see the conftest

    failed = [
        candidate.image
        for candidate in sample_runs.compared().candidates
        if outcomes.verdict(candidate) is outcomes.Verdict.NOT_QUALIFIED
    ]
    assert len(failed) == 8
    shown = visit("compared")
    page = shown.page
    for image in failed:
        page.keyboard.press("Escape")
        page.evaluate("() => { location.hash = ''; scrollTo(0, 0) }")
        row = page.locator("table.matrix tr", has_text=image.rpartition(":")[2])
        line = page.locator(".log").get_by_text(sample_runs.cause_line(image)).first

        row.locator("td[data-outcome=failed] a").first.click()

        expect(line).to_be_in_viewport()
    shown.shot("compared-cause")
