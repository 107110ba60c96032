"""One Chromium for all tests of a worker, and the pages that they open."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser import chromium, pages
from tests.browser.chromium import Opened, Visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where there is no browser, one line says so for all tests here, instead of one for each."""
    ours = [one for one in items if _HERE in one.path.parents]
    if ours and (reason := chromium.missing()):
        first, *others = ours
        first.add_marker(pytest.mark.skip(f"{len(ours)} tests of pages in a browser were not run: {reason}"))
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in others]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A browser that ends with the worker."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - may not be installed, see above.

    with sync_playwright() as playwright:
        made = chromium.launched(playwright)
        yield made
        made.close()


@pytest.fixture(scope="session")
def file(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A page by its name, made when it is first asked for."""
    return functools.cache(lambda name: (pages.MATRICES | pages.OTHERS)[name](tmp_path_factory.mktemp(name)))


@pytest.fixture
def visit(browser: Browser, file: Callable[[str], Path]) -> Iterator[Visit]:
    """Opens a page by its name or its address, and closes all of a test's at its end."""
    before = len(browser.contexts)

    def opened(page: str, **more: Any) -> Opened:
        return chromium.opened(browser, page if "://" in page else file(page).as_uri(), **more)

    yield opened
    for context in browser.contexts[before:]:
        context.close()
