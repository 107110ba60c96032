"""How the pages become a site: ``script/test -e docs``, which leaves it in reports/site. Read by Sphinx."""

import re
from pathlib import Path, PurePosixPath

from sphinx.application import Sphinx

project = "vllm-qualify"
author = "the authors of vllm-qualify"
root_doc = "index"
extensions = ["myst_parser"]
exclude_patterns = ["conf.py"]
# As GitHub names a heading, so that a link to one holds on both.
myst_heading_anchors = 4
# A block without a language is not guessed at; what a language's reader stumbles over ("...") is shown as it is.
highlight_language = "none"
suppress_warnings = ["misc.highlighting_failure"]
# Quotation marks in settings and commands are to be copied as they are.
smartquotes = False
html_theme = "furo"
html_title = "vllm-qualify"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
templates_path: list[str] = []

OUTSIDE = {
    "CHANGELOG.md": "development/changelog.md",
    "CONTRIBUTING.md": "development/contributing.md",
    "canary/README.md": "development/canaries.md",
    "examples/home-lab/README.md": "how-to/example.md",
}
"""Pages that stand elsewhere in the repository, with the page of the site that includes each."""

_LINK = re.compile(r"\]\((?P<path>[^)\s:#]+)(?P<anchor>#[^)\s]*)?\)")
_TOP = Path(__file__).parents[1]


def _led_into_the_site(_: Sphinx, name: str, source: list[str]) -> None:
    """A link to a page outside of docs/, which holds in the repository, leads to the page that includes it."""
    here = PurePosixPath("docs", name).parent
    source[0] = _LINK.sub(lambda link: _led(here, link), source[0])


def _led(here: PurePosixPath, link: re.Match[str]) -> str:
    target = (_TOP / here / link["path"]).resolve()
    for outside, page in OUTSIDE.items():
        if target == _TOP / outside:
            up = "../" * (len(here.parts) - 1)
            return f"]({up}{page}{link['anchor'] or ''})"
    return link[0]


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("source-read", _led_into_the_site)
