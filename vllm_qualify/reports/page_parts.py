"""What pages of HTML are made with: the templates, the policy that binds a page to itself, and its anchors.

Pure. A page is one file: no network, no font, no script but the one whose hash its policy names.
"""

from __future__ import annotations

import base64
import hashlib
import re
from urllib.parse import quote

import jinja2
from markupsafe import Markup, escape

from vllm_qualify.reports import advisories, bars, diagnosis, findings, pictures, sentences, text
from vllm_qualify.reports.production import clock


def coded(content: str) -> Markup:
    """The text with what stands in backticks, such as a command to copy, set as code."""
    return Markup(re.sub(r"`([^`\n]+)`", r"<code>\1</code>", str(escape(content))))  # noqa: S704 - escaped before


class PageAnchors:
    """Ids of the places in one page: readable, the same for the same parts, and never the same for others.

    The state is what was given away so far; a page asks for its places in the order in which it shows them.
    """

    def __init__(self) -> None:
        self._given: dict[tuple[str, ...], str] = {}
        self._taken: set[str] = set()

    def __call__(self, *parts: str) -> str:
        """The id of a place."""
        if parts not in self._given:
            self._given[parts] = self._free("-".join(parts))
        return self._given[parts]

    def _free(self, wanted: str) -> str:
        # The prefix keeps them apart from the ids that the templates themselves use.
        stem = "c-" + (re.sub(r"[^a-zA-Z0-9_.-]+", "-", wanted).strip("-") or "here")
        name, count = stem, 1
        while name in self._taken:
            count += 1
            name = f"{stem}-{count}"
        self._taken.add(name)
        return name


def policy(*, style: str, script: str = "") -> str:
    """The Content-Security-Policy of a page that may do nothing but show itself.

    Args:
        style: the content of its one style element.
        script: that of its one script element; ``""`` where it has none.
    """
    scripts = f"script-src '{_digest(script)}'; " if script else ""
    return f"default-src 'none'; style-src '{_digest(style)}'; {scripts}base-uri 'none'; form-action 'none'"


def _digest(content: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}"


def inline(name: str) -> Markup:
    """A file beside the templates, as the content of a style or script element."""
    return Markup(TEMPLATES.get_template(name).render())  # noqa: S704 - a file of our own


TEMPLATES = jinja2.Environment(
    loader=jinja2.PackageLoader("vllm_qualify.reports"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
TEMPLATES.filters |= {
    "clean": text.clean,
    "clock": clock,
    "code": coded,
    "duration": text.duration,
    "limit": text.limit,
    "path": quote,
    "sentence": text.sentence,
    "value": text.value,
}
TEMPLATES.globals |= {
    "advisory_groups": advisories.groups,
    "bullet": bars.bullet,
    "changed": pictures.changed,
    "counted": findings.counted,
    "further": diagnosis.further,
    "most_changed": pictures.MOST_CHANGED,
    "place": findings.place,
    "standing": findings.standing,
    "trust": diagnosis.standing,
    "verdicts": sentences.VERDICTS,
    "within": text.within,
    "word": sentences.short_outcome,
}
