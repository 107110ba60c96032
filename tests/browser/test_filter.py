"""What passed can be set aside, and the matrix taken elsewhere."""

from __future__ import annotations

from tests.browser.chromium import Visit


def test_the_filter_leaves_what_did_not_qualify(visit: Visit) -> None:
    """Candidates that qualified go from the matrix and from the details, the others and production stay; and back."""
    shown = visit("compared")
    page = shown.page
    rows = "table.matrix tr[data-verdict]"
    good, bad = page.locator(f"{rows}[data-verdict^=qualified]"), page.locator(f"{rows}[data-verdict=not-qualified]")
    assert (good.count(), bad.count()) == (4, 8)

    page.locator("#filter-failed").check()

    shown.shot("compared-filtered")
    assert [one.is_visible() for one in good.all()] == [False] * 4
    assert [one.is_visible() for one in bad.all()] == [True] * 8
    assert page.locator("article[data-verdict^=qualified]:visible").count() == 0
    assert page.locator("table.matrix tr.baseline").is_visible()

    page.locator("#filter-failed").uncheck()
    assert all(one.is_visible() for one in good.all())


def test_the_matrix_is_copied_as_markdown(visit: Visit) -> None:
    """One press, and it can be pasted into a pull request."""
    page = visit("compared", permissions=["clipboard-read", "clipboard-write"]).page

    page.locator("#copy-markdown").click()
    page.get_by_text("Copied").wait_for()

    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert page.locator("h1").inner_text() in copied
    assert all(f"v0.{20 - number}.0" in copied for number in range(12))
