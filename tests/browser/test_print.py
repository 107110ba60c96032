"""Printed, the decision stands on two sheets; the details follow."""

from __future__ import annotations

import io

from tests.browser.chromium import SCREENSHOTS, Visit

_SHEETS = 2


def test_twelve_candidates_take_two_sheets(visit: Visit) -> None:
    """The headline, every candidate with its verdict and why: all before the first sheet of details."""
    import pypdf  # noqa: PLC0415 - may not be installed, see the conftest

    page = visit("compared", dark=True).page
    heading = page.locator("#details h2").first.inner_text()

    content = page.pdf(prefer_css_page_size=True, print_background=True)

    (SCREENSHOTS / "compared.pdf").write_bytes(content)
    sheets = [" ".join(sheet.extract_text().split()) for sheet in pypdf.PdfReader(io.BytesIO(content)).pages]
    details = next(number for number, text in enumerate(sheets[1:], 1) if text.startswith(heading))
    decision = " ".join(sheets[:details])
    assert details <= _SHEETS
    assert [number for number in range(12) if f"v0.{20 - number}.0" not in decision] == []
    assert decision.count("the engine's driver is too old") == 4
