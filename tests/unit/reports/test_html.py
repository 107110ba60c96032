"""The page stands on its own, its parts fit together, and it trusts nothing that an engine said."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import re

import pytest

from bench import report
from tests.unit.reports.parsed_page import ParsedPage
from vllm_qualify.core.advisories import AdvisoryOutlook
from vllm_qualify.core.records import Evidence, RunRecord
from vllm_qualify.reports import html

ATTACK = '</script><script>alert(1)</script><img src=x onerror=alert(1)>"\' onclick="x'


@pytest.fixture(name="page", params=["finished", "interrupted", "restored", "lost", "beside"])
def _page(request: pytest.FixtureRequest) -> ParsedPage:
    return parsed(request.getfixturevalue(request.param))


def parsed(run: RunRecord) -> ParsedPage:
    """The page of a run, taken apart."""
    return ParsedPage(html.files(run)["matrix.html"].decode())


def altered(run: RunRecord, **changes: object) -> RunRecord:
    """The run with its first case alone, changed."""
    candidate = run.candidates[0]
    case = dataclasses.replace(candidate.cases[0], **changes)  # type: ignore[arg-type]
    return dataclasses.replace(run, candidates=(dataclasses.replace(candidate, cases=(case,)),))


def test_every_element_is_closed(page: ParsedPage) -> None:
    """The page is well formed."""
    assert page.open == []


def test_the_page_needs_no_network(page: ParsedPage) -> None:
    """There is no font, no image, no file and no address of another machine; the policy forbids them too."""
    assert not {"link", "img", "iframe"} & {tag for tag, _ in page.elements}
    assert not [href for href in page.values("href") if re.match(r"[a-z]+:|//", href)]
    assert page.values("src") == page.values("style") == []


def test_the_policy_allows_the_style_and_the_script_of_the_page_alone(interrupted: RunRecord) -> None:
    """Their hashes are those of what stands in the elements, so neither is refused and nothing else is run."""
    page = html.files(interrupted)["matrix.html"].decode()
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', page)

    assert policy.startswith("default-src &#39;none&#39;; ")
    for element in ("style", "script"):
        (content,) = re.findall(rf"<{element}(?: data-own)?>(.*?)</{element}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{element}-src &#39;sha256-{digest}&#39;" in policy


def test_every_place_is_named_once_and_every_jump_arrives(page: ParsedPage) -> None:
    """No id stands twice, and no link within the page leads nowhere."""
    ids = page.values("id")

    assert len(ids) == len(set(ids))
    assert {href[1:] for href in page.values("href") if href.startswith("#")} <= set(ids)


def test_the_matrix_is_a_table_to_a_screen_reader(page: ParsedPage) -> None:
    """Headers are headers of rows and columns, also where the table is drawn as cards on a phone."""
    roles = page.values("role")

    assert roles.count("columnheader") == 9
    assert roles.count("cell") == 8 * roles.count("rowheader")
    assert all(attributes.get("scope") in {"row", "col"} for tag, attributes in page.elements if tag == "th")


def test_no_picture_is_without_words(page: ParsedPage) -> None:
    """Each drawing either has a label or is hidden from those who cannot see it."""
    drawings = [attributes for tag, attributes in page.elements if tag == "svg"]

    assert all(drawing.get("aria-hidden") == "true" or drawing.get("aria-label") for drawing in drawings)


def test_no_outcome_is_told_by_colour_alone(interrupted: RunRecord) -> None:
    """Each outcome has its word in its cell, and a sign of its own."""
    page = html.files(interrupted)["matrix.html"].decode()
    outcomes = {"passed", "warned", "failed", "inconclusive", "blocked", "broken", "not-tried", "not-applicable"}
    signs = dict(re.findall(r'data-outcome="([\w-]+)"\][^{]*\{[^}]*--sign: "([^"]+)"', page))
    words = set(re.findall(r'<td [^>]*data-outcome="([\w-]+)"[^>]*><\w+[^>]*><b>([\w/ ]+)</b>', page))

    assert set(signs) == outcomes
    assert len(set(signs.values())) == len(outcomes)
    assert {(name, name.replace("-", " ")) for name in outcomes - {"not-applicable"}} <= words


@pytest.mark.parametrize("field", ["message", "sentence", "id"])
def test_what_an_engine_said_is_text(finished: RunRecord, field: str) -> None:
    """No word of an engine becomes an element or an attribute of the page."""
    page = parsed(altered(finished, **{field: ATTACK}))

    tags = [tag for tag, _ in page.elements]
    assert (tags.count("script"), tags.count("img")) == (1, 0)
    assert page.values("onclick") == page.values("onerror") == []


def test_evidence_is_linked_within_the_folder(finished: RunRecord) -> None:
    """A path of evidence is a relative link, whatever it looks like."""
    kept = (Evidence(name="a", path="evidence/a b#1.txt"), Evidence(name="b", path="javascript:alert(1)"))

    hrefs = parsed(altered(finished, evidence=kept)).values("href")

    assert "evidence/a%20b%231.txt" in hrefs
    assert not [href for href in hrefs if href.startswith("javascript:")]


def test_that_production_is_not_back_comes_first(lost: RunRecord) -> None:
    """The alarm stands before the matrix, is announced, and says which command to run."""
    page = html.files(lost)["matrix.html"].decode()

    assert page.index('role="alert"') < page.index('class="matrix')
    assert page.index("Production is NOT back") < page.index("<code>vllm-qualify restore</code>")


def test_that_production_is_back_is_no_alarm(restored: RunRecord) -> None:
    """The page says for how long it was away, after the matrix, and alarms nobody."""
    page = html.files(restored)["matrix.html"].decode()

    assert page.index('class="matrix') < page.index(
        '<h2 id="production">Production was down for 129 s (17:01:02 to 17:03:11 UTC)'
    )
    assert 'role="alert"' not in page


def test_a_waiver_is_seen_with_its_reason(restored: RunRecord) -> None:
    """What the operator waived is in the page without a click, and as waived."""
    page = html.files(restored)["matrix.html"].decode()

    summary = next(line for line in page.splitlines() if "<summary>" in line and "never NFS" in line)
    assert "<b>waived</b>" in summary
    assert "until the disk is larger" in summary


def test_the_first_cause_stands_in_the_row_and_leads_to_its_log_lines(interrupted: RunRecord) -> None:
    """One jump from the row of a failed candidate; what it leads to is open, and shows the line of the log."""
    page = html.files(interrupted)["matrix.html"].decode()
    (place,) = re.findall(r'<a class="cause" href="#([^"]+)">The image&#39;s CUDA is newer', page)
    _, _, after = page.partition(f'<details class="case" data-outcome="failed" id="{place}" open>')
    case, _, _ = after.partition("</details>")

    assert '<div class="log"' in case
    assert "What to do" in case


def test_the_same_cause_is_told_once(interrupted: RunRecord) -> None:
    """A case that died of what an earlier one died of leads there instead."""
    page = html.files(interrupted)["matrix.html"].decode()

    assert page.count("The same cause as <a ") == 1


def test_production_is_the_first_row(beside: RunRecord) -> None:
    """What the candidates are compared with stands above them, with its figures and without a verdict."""
    page = html.files(beside)["matrix.html"].decode()

    assert page.index('<tr role="row" class="baseline">') < page.index('<tr role="row" data-verdict=')
    assert "<span>40.0 tok/s</span><span>±0 %</span>" in page


def test_the_matrix_can_be_copied_as_markdown(finished: RunRecord) -> None:
    """The page carries what matrix.md says; the button that copies it comes with the script."""
    page = parsed(finished)

    assert (
        "button",
        {"type": "button", "id": "copy-markdown", "data-copy": "markdown", "hidden": None},
    ) in page.elements
    assert "| candidate | verdict |" in html.files(finished)["matrix.html"].decode()


def test_what_is_not_shown_stands_above_the_matrix(finished: RunRecord) -> None:
    """Whoever reads the verdicts has read before what they do not cover, and the command that comes next."""
    page = html.files(finished)["matrix.html"].decode()

    assert page.index("vllm-qualify plan reports/") < page.index("Not shown on local") < page.index('class="matrix')
    assert "THROUGHPUT in part, VRAM, ROUTE" in page


def test_what_the_upgrade_closes_stands_beside_its_command(finished: RunRecord) -> None:
    """The advisories of the candidate that the command is for, above the matrix; those of others stay with them."""
    outlook = AdvisoryOutlook(
        release="v0.15.1",
        released="2026-01-29",
        against="v0.8.5",
        closes=(),
        opens=(),
        stays=(),
        until="2026-07-23",
        source="a database",
    )
    told = tuple(
        dataclasses.replace(one, advisories=outlook if one.image.endswith("v0.15.1") else None)
        for one in finished.candidates
    )

    page = html.files(dataclasses.replace(finished, candidates=told))["matrix.html"].decode()

    assert page.index('<span class="label">Advisories</span> ') < page.index('class="matrix')
    assert '<span class="label">Advisories</span>' not in html.files(finished)["matrix.html"].decode()


def test_a_large_run_stays_a_page() -> None:
    """A thousand cases cost little more than half a kilobyte each, cell, details and Markdown together."""
    page = html.files(report.sample(candidates=20, requirements=50))["matrix.html"]

    assert len(page) < 560 * 1000


def test_a_run_of_nothing_has_a_page(finished: RunRecord) -> None:
    """A run without a candidate says so."""
    page = html.files(dataclasses.replace(finished, candidates=()))["matrix.html"].decode()

    assert "No candidate was named, so nothing was tried." in page
