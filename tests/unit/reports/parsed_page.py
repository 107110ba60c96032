"""A page of HTML taken apart, for tests of pages: its elements, their attributes, and whether they close in order."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

VOID = frozenset({"br", "circle", "input", "link", "meta", "path", "rect", "use"})
ATTACK = '</script><script>alert(1)</script><img src=x onerror=alert(1)>"\' onclick="x'


class ParsedPage(HTMLParser):
    """What a page consists of."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.content = content
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element that is closed at once."""
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """Hold an end against what is open."""
        assert self.open.pop() == tag

    def values(self, attribute: str) -> list[str]:
        """All values of an attribute."""
        return [value for _, attributes in self.elements if (value := attributes.get(attribute)) is not None]

    def tags(self) -> set[str]:
        """The kinds of elements."""
        return {tag for tag, _ in self.elements}


def assert_sound(page: ParsedPage) -> None:
    """It is well formed, bound to itself by its policy, and can be read by a screen reader."""
    style = page.content.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    ids = page.values("id")
    assert page.open == []
    assert page.tags().isdisjoint({"script", "link", "img", "iframe"})
    assert not [href for href in page.values("href") if re.match(r"[a-z]+:|//", href)]
    assert any(f"default-src 'none'; style-src 'sha256-{digest}'" in policy for policy in page.values("content"))
    assert "style" not in {name for _, attributes in page.elements for name in attributes}
    assert len(ids) == len(set(ids))
    assert {href[1:] for href in page.values("href") if href.startswith("#")} <= set(ids)
    assert all(attributes.get("scope") in {"row", "col"} for tag, attributes in page.elements if tag == "th")
    assert all(one.get("aria-label") for tag, one in page.elements if tag == "svg")
