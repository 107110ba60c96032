"""What candidates and registries say is text, wherever it stands."""

from __future__ import annotations

from tests.browser import sample_runs
from tests.browser.chromium import Visit


def test_hostile_words_stay_text(visit: Visit) -> None:
    """They are read as they were written, become no element, run nothing and give the policy nothing to stop."""
    shown = visit("hostile")

    shown.measured("() => document.querySelectorAll('details').forEach(one => { one.open = true })")

    assert shown.page.locator("body").inner_text().count(sample_runs.HOSTILE) > 0
    assert shown.page.locator("img, [onclick], [onerror], body script:not([data-own])").count() == 0
    assert shown.complaints == []
