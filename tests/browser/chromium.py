"""The distribution's Chromium, driven by Playwright: what it shows, asks the network for, and complains of."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vllm_qualify.core.shipped import HOME

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
SCREENSHOTS = HOME / "reports" / "screenshots"
DESKTOP, TABLET, PHONE = 1280, 960, 390


def missing() -> str | None:
    """Why no page can be opened here, in one line that says what to do; ``None`` if one can."""
    if importlib.util.find_spec("playwright") is None:
        return "playwright is not installed; run script/test -e browser, which brings it"
    if _program() is None:
        return "there is no Chromium on PATH; run script/browser, which installs it by apt-get, as root"
    return None


def launched(playwright: Playwright) -> Browser:
    """A browser of one worker; without a sandbox, which root cannot have, and every page is ours."""
    return playwright.chromium.launch(executable_path=_program(), args=["--no-sandbox", "--disable-gpu"])


def _program() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A page that was opened.

    Attributes:
        requests: addresses that the page asked for beside itself; none of them was answered.
        complaints: what the browser wrote to the console as an error, and exceptions of scripts.
    """

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def shot(self, name: str) -> None:
        """Keep what is seen, for somebody to look at."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", animations="disabled")

    def measured(self, script: str) -> Any:
        """What a function of JavaScript returns in the page; its policy does not concern the driver."""
        return self.page.evaluate(script)


Visit = Callable[..., Opened]


def opened(
    browser: Browser, address: str, *, width: int = DESKTOP, dark: bool = False, within: str = "", **more: Any
) -> Opened:
    """A page in a window of its own; whatever it asks for beside itself and what lies within is noted and refused."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light", **more
    )
    made = Opened(page=context.new_page())

    def answer(route: Any) -> None:
        if route.request.url.partition("#")[0] == address or (within and route.request.url.startswith(within)):
            route.continue_()
        else:
            made.requests.append(route.request.url)
            route.abort()

    context.route("**/*", answer)
    made.page.on("console", lambda message: made.complaints.append(message.text) if message.type == "error" else None)
    made.page.on("pageerror", lambda error: made.complaints.append(str(error)))
    made.page.goto(address, wait_until="load")
    return made
