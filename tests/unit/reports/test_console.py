"""The end of a run in a terminal: what many candidates share is told once, and no message fills a screen."""

from __future__ import annotations

from dataclasses import replace

from vllm_qualify.core.records import CaseRecord, Outcome, RunRecord
from vllm_qualify.reports import console, matrix

WARNING = "guided_json: ignored, it was works"


def with_cases(run: RunRecord, outcome: Outcome, message: str) -> RunRecord:
    """Two candidates whose first case came to this."""
    first = run.candidates[0]

    def turn(tag: str) -> object:
        cases: tuple[CaseRecord, ...] = (replace(first.cases[0], outcome=outcome, message=message),)
        return replace(first, image=f"vllm/vllm-openai:{tag}", cases=cases, aside=None)

    return replace(run, candidates=(turn("v0.9.1"), turn("v0.9.2")))


def test_a_warning_that_an_earlier_candidate_had_is_only_named(finished: RunRecord) -> None:
    """Six releases that all changed the same thing say it once."""
    told = console.render(with_cases(finished, Outcome.WARNED, WARNING))

    assert told.count(WARNING) == 1
    assert "warn for the same reason as v0.9.1: " in told


def test_a_failure_is_told_for_each_candidate(finished: RunRecord) -> None:
    """Who reads of one candidate alone finds why it failed."""
    told = console.render(with_cases(finished, Outcome.FAILED, WARNING))

    assert told.count(WARNING) == 2


def test_no_message_fills_the_screen(finished: RunRecord) -> None:
    """The pages have the whole of it."""
    told = console.render(with_cases(finished, Outcome.WARNED, "word " * 500))

    assert told.count("word") < 60
    assert "…" in told


def test_a_table_keeps_names_whole_and_sentences_stay_short(finished: RunRecord) -> None:
    """Where nobody knows the width, a name is not cut for the sake of 100 columns, and no sentence is wider."""
    image = "vllm/vllm-openai:v0.20.0-cu129-ubuntu2404-mirrored-at-home-2026-11-01"
    run = with_cases(finished, Outcome.FAILED, WARNING * 9)
    run = replace(run, candidates=(replace(run.candidates[0], image=image),))

    lines = console.render(run).splitlines()

    heads = {line.partition("|")[0].strip() for line in lines if "|" in line}
    assert {row.name for row in matrix.of(run).rows} <= heads
    assert max(len(line) for line in lines if not {"|", "+"} & {*line}) <= console.WIDTH
