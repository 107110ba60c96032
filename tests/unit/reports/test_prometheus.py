"""The metrics of a run are what Prometheus' own reader finds in them, and say nothing of what was not done."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.reports.odd_runs import ODD, RUNS
from vllm_qualify.core.records import RunRecord, Skipped
from vllm_qualify.reports import prometheus, text

LOST = """\
# HELP vllm_qualify_last_run_timestamp_seconds When the run ended, or began if it was killed, in seconds since 1970.
# TYPE vllm_qualify_last_run_timestamp_seconds gauge
vllm_qualify_last_run_timestamp_seconds{target="kubernetes",node="k3s-gpu-worker"} 1768669383
# HELP vllm_qualify_production_restored 1 if production is back after the run, 0 if it is not or nobody knows.
# TYPE vllm_qualify_production_restored gauge
vllm_qualify_production_restored{target="kubernetes",node="k3s-gpu-worker"} 0
# HELP vllm_qualify_verdict 1 for the verdict that the run came to for an image.
# TYPE vllm_qualify_verdict gauge
vllm_qualify_verdict{image="vllm/vllm-openai:v0.12.0",target="kubernetes",node="k3s-gpu-worker",\
verdict="not-qualified"} 1
"""
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def written(run: RunRecord) -> str:
    """The file of a run."""
    return prometheus.files(run)["metrics.prom"].decode()


def read(content: str) -> Samples:
    """What the client of Prometheus reads in a file; it refuses what is no exposition."""
    parser: Any = pytest.importorskip("prometheus_client.parser", reason="it is in requirements/test.txt")
    families = list(parser.text_string_to_metric_families(content))
    assert {family.type for family in families} == {"gauge"}
    samples = [one for family in families for one in family.samples]
    found = {(one.name, frozenset(one.labels.items())): one.value for one in samples}
    assert len(found) == len(samples), "two lines are one series"
    return found


def verdicts(run: RunRecord) -> dict[str, str]:
    """The verdict of each image."""
    found = [dict(labels) for name, labels in read(written(run)) if name == prometheus.VERDICT]
    return {one["image"]: one["verdict"] for one in found}


def test_the_file_is_exactly_this(lost: RunRecord) -> None:
    """Of one run, with help and type before each metric."""
    assert written(lost) == LOST


def test_each_image_has_its_verdict(finished: RunRecord) -> None:
    """With the word that matrix.json has."""
    assert verdicts(finished) == {
        "vllm/vllm-openai:v0.8.5.post1": "qualified",
        "vllm/vllm-openai:v0.12.0": "not-qualified",
        "vllm/vllm-openai:v0.15.1": "qualified",
    }


def test_an_older_journal_has_no_node(finished: RunRecord) -> None:
    """An empty label is the same to Prometheus as none."""
    assert 'target="local",node=""' in written(finished)


@pytest.mark.parametrize(("name", "back"), [("finished", None), ("restored", 1.0), ("lost", 0.0), ("interrupted", 0.0)])
def test_production_is_told_where_it_was_taken_away(
    request: pytest.FixtureRequest, name: str, back: float | None
) -> None:
    """1 for back, 0 for not back or not known; nothing where there was nothing to put back."""
    found = read(written(request.getfixturevalue(name)))

    assert next((value for (metric, _), value in found.items() if metric == prometheus.RESTORED), None) == back


def test_a_killed_run_has_the_time_of_its_beginning(interrupted: RunRecord) -> None:
    """Its end is not known."""
    found = read(written(interrupted))

    (at,) = (value for (metric, _), value in found.items() if metric == prometheus.LAST_RUN)
    assert at == int(interrupted.started.timestamp())


def test_what_was_passed_over_has_no_series(finished: RunRecord) -> None:
    """A search would leave hundreds of them; what facts rule out was judged."""
    first, second, third = finished.candidates
    aside = [replace(one, cases=(), aside=Skipped(ruled_out=out, reason="")) for one, out in ((first, 1), (second, 0))]

    found = verdicts(replace(finished, candidates=(*aside, third)))

    assert found.pop(first.image) == "ruled-out"
    assert set(found) == {third.image}


@given(value=st.text(alphabet=st.characters(exclude_categories=("Cs",))) | st.text(alphabet='\\"\nn'))
def test_any_text_comes_back_from_a_label(value: str) -> None:
    """Backslash, quote and line feed are escaped, and nothing else is."""
    content = f'# TYPE a gauge\na{{b="{prometheus.escaped(value)}"}} 1\n'

    assert read(content) == {("a", frozenset({("b", value)})): 1.0}


@settings(deadline=None, max_examples=50)
@given(run=RUNS, image=ODD)
def test_any_run_reads(run: RunRecord, image: str) -> None:
    """Whatever an image is called, and in whatever order they were tried."""
    odd = replace(run, candidates=tuple(replace(one, image=image) for one in run.candidates))

    assert set(verdicts(odd)) == ({text.short(image, 500)} if odd.candidates else set())
    assert written(replace(odd, candidates=odd.candidates[::-1])) == written(odd)
