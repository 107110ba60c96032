"""What is recorded about the security of candidates, in every form that people read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from vllm_qualify.core import images
from vllm_qualify.core.advisories import AdvisoryOutlook
from vllm_qualify.core.records import RunRecord
from vllm_qualify.preflight import launch_specs, node, predict
from vllm_qualify.preflight.predict import Subject
from vllm_qualify.reports import advisories, console, html, matrix, matrix_json, matrix_markdown

IMAGE = "vllm/vllm-openai:v0.19.1"
START = launch_specs.from_args("--model Qwen/Qwen3-8B-AWQ --api-key k")
SUBJECT = Subject(
    node=node(), starts=(replace(START, manifest=replace(START.manifest, image="vllm/vllm-openai:v0.8.5.post1")),)
)
LINE = (
    "against v0.8.5.post1 closes 23 (1 applies), opens 4; 14 advisories recorded as open in v0.19.1 as of "
    "2026-07-23: 1 applies (CVE-2026-48746, critical 9.1), 3 do not, 10 cannot be told"
)
CREDIT = "ecorded by 2026-07-23 in the PyPA Advisory Database, CC BY 4.0"


def outlook(image: str = IMAGE, subject: Subject = SUBJECT) -> AdvisoryOutlook:
    """What is recorded of an image, against what the start names."""
    found = predict.advisory_outlook(images.parse(image), subject)
    assert found is not None
    return found


@pytest.fixture
def told(finished: RunRecord) -> RunRecord:
    """A run of which the first candidate alone has a release that is known."""
    first, *others = finished.candidates
    return replace(finished, candidates=(replace(first, advisories=outlook()), *others))


def test_a_row_has_the_line_and_the_matrix_the_source(told: RunRecord, finished: RunRecord) -> None:
    """A candidate of which nothing is known has none, and a run without any names no source."""
    whole = matrix.of(told)

    assert [row.advisories for row in whole.rows] == [LINE, *[""] * (len(whole.rows) - 1)]
    assert CREDIT in whole.credit
    assert matrix.of(finished).credit == ""


@pytest.mark.parametrize(
    "render",
    [
        lambda run: " ".join(console.render(run).split()),
        lambda run: matrix_markdown.files(run)["matrix.md"].decode(),
        lambda run: re.sub(r"(?s)<textarea.*?</textarea>", "", html.files(run)["matrix.html"].decode()),
    ],
    ids=["console", "markdown", "html"],
)
def test_every_page_tells_it_with_its_source(
    told: RunRecord, finished: RunRecord, render: Callable[[RunRecord], str]
) -> None:
    """The line and what staying costs once each, and the source; a run of earlier versions has none of them."""
    said = render(told)

    assert said.count("33 advisories recorded as open in v0.8.5.post1, which runs now, as of 2026-07-23: 2 apply") == 1

    assert said.count("closes 23 (1 applies), opens 4") == 1
    assert CREDIT in said
    assert not re.search("dvisories|hat staying costs", render(finished))


def test_the_page_links_what_applies(told: RunRecord) -> None:
    """Of those that an upgrade closes as of those that stay, each with its severity and its reason."""
    page = html.files(told)["matrix.html"].decode()
    part = page.partition("<b>advisories</b>")[2].partition("</details>")[0]

    assert "Apply here, closed by the upgrade:" in part
    assert "Apply here, open in both v0.8.5.post1 and v0.19.1:" in part
    assert 'href="https://osv.dev/vulnerability/' in part
    assert ">CVE-2026-48746, critical 9.1</a>" in part
    assert "needs: API key; in use here" in part
    assert part.count("<li>") == 2


def test_foreign_words_are_escaped(told: RunRecord) -> None:
    """A journal may come from anywhere."""
    first, *others = told.candidates
    hostile = replace(outlook(), release="<script>@all", against="<b>")
    run = replace(told, candidates=(replace(first, advisories=hostile), *others))

    assert "<script>@all" not in html.files(run)["matrix.html"].decode()
    assert "<script>" not in matrix_markdown.files(run)["matrix.md"].decode()


def test_the_json_has_all_of_it(told: RunRecord, validate: Callable[[str, object], None]) -> None:
    """Each advisory in its group, as the schema has it; null where nothing is known."""
    document = json.loads(matrix_json.files(told)["matrix.json"])

    validate("matrix", document)
    first, *others = (one["advisories"] for one in document["candidates"])
    assert [len(first[group]) for group in ("closes", "opens", "stays")] == [23, 4, 10]
    assert first["stays"][0] == {
        "name": "CVE-2026-48746",
        "id": first["stays"][0]["id"],
        "score": 9.1,
        "rating": "critical",
        "applies": "applies",
        "why": "needs: API key; in use here",
    }
    assert others == [None] * len(others)


def test_people_read_groups_with_what_applies_first() -> None:
    """Closed, opened, open before and after, in columns; the source stands at the end."""
    lines = advisories.people(IMAGE, outlook()).splitlines()

    heads = ["closed by the upgrade", "opened by it", "open in both v0.8.5.post1 and v0.19.1"]
    assert [line for line in lines if line in heads] == heads
    first = lines[lines.index("closed by the upgrade") + 1]
    assert first == "  CVE-2025-59425   high      7.5  applies         needs: API key; in use here"
    assert any(line.startswith("  CVE-2025-46570   unrated        cannot be told") for line in lines)
    assert any(CREDIT in line for line in lines)
    assert max(map(len, lines)) <= 100


def test_what_runs_now_has_one_group() -> None:
    """An upgrade to itself closes and opens nothing."""
    said = advisories.people("i", outlook("vllm/vllm-openai:v0.8.5.post1"))

    assert "33 advisories recorded as open in v0.8.5.post1, which runs now," in " ".join(said.split())
    assert "open in v0.8.5.post1\n" in said
    assert "closed by the upgrade" not in said


def test_of_an_unknown_release_it_says_that_nothing_is_known() -> None:
    """Silence would read as if nothing were recorded."""
    assert advisories.people("my/vllm:dev\x1b[2J", None) == (
        "my/vllm:dev: the catalogue does not have its release, so nothing is known of it\n"
    )
