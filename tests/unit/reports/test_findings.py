"""What was found before a run is told with the gravest first, and what was waived is never hidden."""

from __future__ import annotations

import dataclasses
import json
from xml.etree import ElementTree as ET

import pytest

from vllm_qualify.core.records import Certainty, Finding, RunRecord, Severity
from vllm_qualify.reports import console, findings, junit, matrix_json, matrix_markdown, sentences

BLOCK = Finding(
    id="K05",
    severity=Severity.BLOCK,
    title="the GPU is free",
    subject="pod ml/other",
    expected="no pod but ours",
    actual="it requests one",
    remedy="end it",
)
WARN, NOTE = (dataclasses.replace(BLOCK, severity=severity) for severity in (Severity.WARN, Severity.NOTE))
WAIVED = dataclasses.replace(BLOCK, waived="it is ours too")


@pytest.fixture(name="refused")
def _refused(restored: RunRecord) -> RunRecord:
    """A run that ended before its first candidate."""
    untried = tuple(dataclasses.replace(one, cases=()) for one in restored.candidates)
    return dataclasses.replace(restored, candidates=untried, findings=(NOTE, BLOCK, WAIVED), production=())


def test_the_gravest_comes_first_and_what_was_waived_last() -> None:
    """A waived blocker stands behind a note, for nobody has to act on it."""
    assert findings.ordered([WAIVED, NOTE, BLOCK, WARN]) == (BLOCK, WARN, NOTE, WAIVED)


def test_a_finding_is_told_with_what_to_do() -> None:
    """Where, what is, what should be, and the remedy."""
    assert findings.told([BLOCK]) == (
        "STOP K05 the GPU is free: pod ml/other: it requests one; expected no pod but ours\n     what to do: end it"
    )


def test_a_waived_finding_is_told_with_its_reason() -> None:
    """The operator's reason takes the place of the remedy."""
    said = findings.told([WAIVED])

    assert said.startswith("waived K05")
    assert said.endswith("waived: it is ours too")


def test_nothing_found_is_told_too() -> None:
    """An empty list says that somebody looked."""
    assert "no findings" in findings.told([])


def test_doubt_is_told() -> None:
    """A finding that is not certain says so."""
    assert "(possible)" in findings.sentence(dataclasses.replace(NOTE, certainty=Certainty.POSSIBLE))


def test_findings_are_counted_in_words() -> None:
    """Each kind with its number; none is no word."""
    assert findings.counted([WARN, BLOCK, WARN, WAIVED]) == "1 blocker, 2 warnings and 1 waived"
    assert findings.counted([]) == ""


def test_a_run_that_was_refused_says_what_stands_in_the_way(refused: RunRecord) -> None:
    """The headline does not blame the images, and the console has the blocker in full, the rest as numbers."""
    told = console.render(refused)

    assert sentences.headline(refused) == "Nothing was tried on kubernetes: 1 finding stands in the way."
    assert "before the run: 1 blocker, 1 note and 1 waived" in told
    assert "  STOP K05 the GPU is free: pod ml/other" in told
    assert "waived K05" not in told


def test_junit_fails_for_what_stands_in_the_way_alone(refused: RunRecord) -> None:
    """A blocker is a failure; a note and a waived blocker pass with their words kept."""
    suite = ET.fromstring(junit.files(refused)["junit.xml"])[0]  # noqa: S314 - our own file

    assert (suite.get("name"), suite.get("tests"), suite.get("failures")) == ("preflight", "3", "1")
    assert "it is ours too" in str(suite[2].findtext("system-out"))


def test_markdown_has_a_row_for_each(refused: RunRecord) -> None:
    """The table of findings shows standing, place, expectation and advice, waivers with their reason."""
    rows = [line for line in matrix_markdown.files(refused)["matrix.md"].decode().splitlines() if "K05" in line]

    assert len(rows) == 3
    assert rows[0].startswith(
        "| ❌ block | K05 the GPU is free | pod ml/other | no pod but ours | it requests one | End it"
    )
    assert "Waived: it is ours too" in rows[2]


def test_json_keeps_every_field(refused: RunRecord) -> None:
    """What the rules found comes back from the file as it was."""
    first = json.loads(matrix_json.files(refused)["matrix.json"])["findings"][0]

    known = json.loads(json.dumps(dataclasses.asdict(BLOCK), default=lambda word: word.value))
    assert first == {name: known[name] for name in first}
    assert first.keys() >= {"id", "severity", "title", "subject", "path", "expected", "actual", "remedy", "certainty"}
