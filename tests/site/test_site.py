"""The pages become a site whose links hold, and which loads nothing from elsewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest

ROOT = Path(__file__).parents[2]
SITE = ROOT / "reports" / "site"
LOADED = {
    ("script", "src"),
    ("img", "src"),
    ("source", "srcset"),
    ("iframe", "src"),
    ("link", "href"),
    ("form", "action"),
}
"""What a browser fetches by itself, or sends to."""
NOT_LOADED = {"canonical", "next", "prev", "index", "search", "author"}
"""Relations of a link that a browser does not follow by itself."""


@dataclass
class Page(HTMLParser):
    """What a page links, loads, and can be linked at; filled while it is read."""

    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids |= {given["id"]} if "id" in given else set()
        self.links += [given["href"]] if tag == "a" and "href" in given else []
        if not NOT_LOADED & set(given.get("rel", "").split()):
            self.loads += [given[name] for kind, name in LOADED if kind == tag and name in given]


@pytest.fixture(name="said", scope="session")
def _said() -> str:
    """Make the site anew, for people to look at too; what was said of it."""
    words = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--fresh-env", "--quiet", "docs", str(SITE)]
    made = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    return made.stderr or str(made.returncode or "")


@pytest.fixture(name="site", scope="session")
def _site(said: str) -> dict[Path, Page]:
    """Every page of the site, read."""
    assert said == ""
    return dict(_read())


def _read() -> Iterator[tuple[Path, Page]]:
    for path in SITE.rglob("*.html"):
        page = Page()
        page.feed(path.read_text(encoding="utf-8"))
        yield path, page


def test_the_site_is_made_without_a_warning(said: str) -> None:
    """Each page has its place in the contents, each link between pages leads to a page and a heading of it."""
    assert said == ""


def test_every_link_within_the_site_leads_somewhere(site: dict[Path, Page]) -> None:
    """To a file, and to a place on it, in what a browser gets."""
    broken = []
    for path, page in site.items():
        for link in page.links:
            place, anchor = urldefrag(link)
            target = (path.parent / unquote(place)).resolve() if place else path
            there = ":" in place or (target.is_file() and (target not in site or anchor in site[target].ids | {""}))
            broken += [] if there else [f"{path.relative_to(SITE)}: {link}"]

    assert len(site) > 40
    assert broken == []


def test_no_page_loads_anything_from_elsewhere(site: dict[Path, Page]) -> None:
    """Fonts, scripts, pictures, styles and the search come with the site."""
    loaded = {f"{path.relative_to(SITE)}: {each}" for path, page in site.items() for each in page.loads}
    styles = {
        f"{path.relative_to(SITE)}: {each}"
        for path in SITE.rglob("*.css")
        for each in re.findall(r"(?:@import\s*|url\()\s*['\"]?([^'\")\s]+)", path.read_text(encoding="utf-8"))
    }

    assert loaded
    assert {each for each in loaded | styles if re.search(r": (?:\w+:)?//", each)} == set()
