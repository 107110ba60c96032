"""A page needs nothing but itself, and lets nothing else in."""

from __future__ import annotations

import pytest

from tests.browser import pages
from tests.browser.chromium import Visit

_INJECTED = """() => {
    document.body.insertAdjacentHTML("beforeend", '<button id="probe" onclick="window.ran = true">x</button>');
    const inline = document.createElement("script");
    inline.textContent = "window.ran = true";
    document.body.append(inline);
    document.getElementById("probe").click();
    return window.ran ?? false;
}"""
_FOREIGN = """() => new Promise(done => {
    const script = document.createElement("script");
    script.onload = () => done("ran");
    script.onerror = () => done("blocked");
    script.src = "https://elsewhere.example/script.js";
    document.body.append(script);
})"""


@pytest.mark.parametrize("page", ["single", "compared", "lost", "hostile", *pages.OTHERS])
def test_nothing_is_asked_of_anybody(visit: Visit, page: str) -> None:
    """No font, no image, no script of another place, and the browser has nothing to complain of."""
    shown = visit(page)

    assert (shown.requests, shown.complaints) == ([], [])


def test_no_script_runs_that_is_not_the_page_s_own(visit: Visit) -> None:
    """The policy stops handlers in attributes and scripts that got into the document by whatever way."""
    shown = visit("single")

    assert shown.measured(_INJECTED) is False
    assert [one for one in shown.complaints if "Content Security Policy" in one]


def test_no_script_comes_from_elsewhere(visit: Visit) -> None:
    """The policy stops it before the network is asked."""
    shown = visit("single")

    assert shown.measured(_FOREIGN) == "blocked"
    assert shown.requests == []
