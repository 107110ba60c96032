"""--baseline: what candidates are compared with, and when it is measured."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from vllm_qualify.core import outcomes
from vllm_qualify.core.outcomes import Verdict
from vllm_qualify.core.records import CandidateRecord, Outcome, Role, RunRecord
from vllm_qualify.reports import run_folder

OLD, NEW = "vllm/vllm-openai:v0.8.5.post1", "vllm/vllm-openai:v0.15.1"
CANDIDATE = ("--image", NEW)
IMAGE = (*CANDIDATE, "--baseline", OLD)

Qualify = Callable[..., pytest.RunResult]


@pytest.fixture
def recorded(checkout: pytest.Pytester) -> Callable[[], RunRecord]:
    """Reads the newest run back from its journal."""
    return lambda: run_folder.load(Path(checkout.path / "reports" / "latest"))


def outcome(record: CandidateRecord | None, case: str) -> tuple[Outcome, str]:
    """What a case came to in a turn, and what it says."""
    assert record is not None
    return next((one.outcome, one.message) for one in record.cases if one.id == case)


def test_an_image_is_measured_before_the_candidates_and_after_them(
    qualify: Qualify, recorded: Callable[[], RunRecord]
) -> None:
    """It is asked what is marked for it and no more, has no verdict, and its cost is said before."""
    result = qualify(*IMAGE)

    run = recorded()
    assert result.ret == 0, result.stdout.str()
    assert run.baseline is not None
    assert run.baseline_again is not None
    assert [one.image for one in run.candidates] == [NEW]
    assert (run.baseline.image, run.baseline.role) == (OLD, Role.BASELINE)
    first, second = ({one.id for one in each.cases} for each in (run.baseline, run.baseline_again))
    assert first > second > {"CLASSIFY/with-schema", "LOAD/first-token", "THROUGHPUT/decode-rate"}
    assert "CLASSIFY/without-schema" in first - second
    assert {one.id for one in run.baseline.cases} < {one.id for one in run.candidates[0].cases}
    assert run.baseline.cases[-1].started < run.candidates[0].cases[0].started < run.baseline_again.cases[0].started
    result.stdout.fnmatch_lines([f"compared with: the baseline {OLD}", "*two more loads of a model*"])


def test_the_same_fault_in_both_speaks_against_no_upgrade(qualify: Qualify, recorded: Callable[[], RunRecord]) -> None:
    """What the baseline fails as well is a warning; a case that it was not asked stays a failure."""
    scripts = "dict.fromkeys(('v0.8.5.post1', 'v0.15.1'), Script(behaviour='babbles'))"

    qualify(*IMAGE, scripts=scripts)

    found, said = outcome(recorded().candidates[0], "CLASSIFY/with-schema")
    assert outcome(recorded().baseline, "CLASSIFY/with-schema")[0] is Outcome.FAILED
    assert found is Outcome.WARNED
    assert f"the baseline {OLD} does the same today" in said
    assert outcome(recorded().candidates[0], "CLASSIFY/constraint-acts")[0] is Outcome.FAILED


def test_a_fault_of_the_baseline_alone_is_nobody_elses(qualify: Qualify, recorded: Callable[[], RunRecord]) -> None:
    """It is no failure of the candidate's, of which is not known then whether it is as good."""
    result = qualify(*IMAGE, scripts="{'v0.8.5.post1': Script(never_ready=True)}")

    assert result.ret == outcomes.EXIT_UNDECIDED, result.stdout.str()
    assert outcome(recorded().baseline, "THROUGHPUT/decode-rate")[0] is Outcome.BLOCKED
    assert [outcomes.verdict(one) for one in recorded().candidates] == [Verdict.INCONCLUSIVE]
    found, said = outcome(recorded().candidates[0], "THROUGHPUT/no-slower")
    assert (found, said[:13]) == (Outcome.INCONCLUSIVE, "no baseline: ")


def test_a_death_is_a_failure_whatever_the_baseline_did(qualify: Qualify, recorded: Callable[[], RunRecord]) -> None:
    """An engine that is gone is worse than one that answers wrongly."""
    scripts = "{'v0.8.5.post1': Script(behaviour='babbles'), 'v0.15.1': Script(behaviour='crashes-on-schema')}"

    result = qualify(*IMAGE, scripts=scripts)

    assert result.ret == 1
    assert outcome(recorded().candidates[0], "CLASSIFY/with-schema")[0] is Outcome.FAILED


def test_production_may_run_what_is_tried(qualify: Qualify, recorded: Callable[[], RunRecord]) -> None:
    """The same image as baseline and as candidate is two turns, and evidence of one is not the other's."""
    qualify(*CANDIDATE, "--baseline", NEW, scripts="{'v0.15.1': Script(behaviour='babbles')}")

    run = recorded()
    assert run.baseline is not None
    assert run.candidates[0].image == run.baseline.image == NEW
    kept = [{one.path for case in each.cases for one in case.evidence} for each in (run.baseline, run.candidates[0])]
    assert kept[0]
    assert kept[1]
    assert not kept[0] & kept[1]


def test_a_search_measures_it_once(qualify: Qualify, recorded: Callable[[], RunRecord]) -> None:
    """Whether a candidate is good enough has to be known when its turn is over."""
    result = qualify("--pick", "newest", "--image", NEW, "--image", "vllm/vllm-openai:v0.10.2", "--baseline", OLD)

    run = recorded()
    assert result.ret == 0, result.stdout.str()
    assert run.baseline is not None
    assert run.baseline_again is None
    assert [outcomes.verdict(one) for one in run.candidates] == [Verdict.QUALIFIED, Verdict.NOT_TRIED]


def test_without_a_word_this_machine_compares_with_nothing(qualify: Qualify, recorded: Callable[[], RunRecord]) -> None:
    """It has no production; ``none`` says the same."""
    qualify(*CANDIDATE, "--baseline", "none")

    assert recorded().baseline is None


def test_every_turn_is_listed(qualify: Qualify) -> None:
    """What is only collected shows the cases of the baseline around those of the candidates."""
    result = qualify(*IMAGE, "--collect-only", "-q", "suites/test_throughput.py")

    result.stdout.fnmatch_lines(["*decode_rate?baseline?", "*decode_rate?v0.15.1?", "*decode_rate?baseline-again?"])


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("current", "--baseline current: the local target takes no production down; give the image*"),
        (
            "vllm/vllm-openai",
            "--baseline: 'vllm/vllm-openai' is neither current nor none, no folder of a run*has no tag*",
        ),
        ("vllm/vllm-openai:v0.0.1", "--baseline: no CPU build of vLLM 0.0.1 is known*"),
    ],
)
def test_what_cannot_be_measured_is_refused_before_anything_starts(qualify: Qualify, asked: str, said: str) -> None:
    """One line says what is wrong and what to do."""
    result = qualify(*CANDIDATE, "--baseline", asked)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*{said}"])


COMPARISON = '''
    import pytest
    from vllm_qualify.core.records import Judgement, Outcome

    pytestmark = pytest.mark.requirement("LOAD")

    def test_compares(compared, conclude):
        """A case that compares."""
        turns = (compared.baseline, compared.candidate, compared.again)
        ended = [one and [case.id for case in one.cases if case.requirement == "THROUGHPUT"] for one in turns]
        conclude(Judgement(outcome=Outcome.PASSED, message="/".join(str(one and len(one)) for one in ended)))
'''


@pytest.fixture
def comparison(checkout: pytest.Pytester) -> None:
    """A suite with a case that compares."""
    (checkout.path / "suites" / "test_zz.py").write_text(textwrap.dedent(COMPARISON))


@pytest.mark.usefixtures("comparison")
def test_what_compares_comes_when_everything_was_measured(qualify: Qualify, recorded: Callable[[], RunRecord]) -> None:
    """It has the cases of all three turns, and no turn of its own."""
    qualify(*IMAGE, "suites/test_zz.py", "suites/test_throughput.py::test_decode_rate")

    assert outcome(recorded().candidates[0], "LOAD/compares") == (Outcome.PASSED, "1/1/1")


@pytest.mark.usefixtures("comparison")
def test_a_search_compares_at_the_end_of_each_turn(qualify: Qualify, recorded: Callable[[], RunRecord]) -> None:
    """With what was measured by then."""
    qualify(*IMAGE, "--pick", "newest", "suites/test_zz.py", "suites/test_throughput.py::test_decode_rate")

    assert outcome(recorded().candidates[0], "LOAD/compares") == (Outcome.PASSED, "1/1/None")


@pytest.mark.usefixtures("comparison")
def test_without_a_baseline_nothing_is_compared(qualify: Qualify, recorded: Callable[[], RunRecord]) -> None:
    """The cases are left out, and no requirement has less to show for it."""
    qualify(*CANDIDATE, "suites/test_zz.py", "suites/test_throughput.py::test_decode_rate")

    assert [one.id for one in recorded().candidates[0].cases] == ["THROUGHPUT/decode-rate"]


def test_a_stored_run_is_compared_with_in_the_place_of_turns(
    qualify: Qualify, recorded: Callable[[], RunRecord]
) -> None:
    """Its baseline is copied into the journal, so that the new run is read without it; no engine is started for it."""
    qualify(*IMAGE, "suites/test_throughput.py")
    before = recorded()
    assert before.baseline is not None

    result = qualify(*CANDIDATE, "--baseline", "latest", "suites/test_throughput.py")

    run = recorded()
    assert run.baseline is not None
    assert run.baseline_again is not None
    assert (run.baseline.image, len(run.baseline.cases)) == (OLD, len(before.baseline.cases))
    assert run.baseline.cases[0].started == before.baseline.cases[0].started
    assert run.baseline.facts["stored run"] == before.run
    result.stdout.fnmatch_lines([f"compared with: the baseline {OLD} of run {before.run}"])


def test_a_candidate_that_qualified_is_one_too(qualify: Qualify, recorded: Callable[[], RunRecord]) -> None:
    """By the folder of its run; what fails there as well is a warning here."""
    qualify("--image", OLD)
    first = recorded()

    qualify(*CANDIDATE, "--baseline", f"reports/{first.run}", "suites/test_throughput.py")

    run = recorded()
    assert run.baseline is not None
    assert run.baseline.image == OLD
    assert run.baseline_again is None


def test_a_run_of_something_else_is_refused_with_every_reason(
    qualify: Qualify, checkout: pytest.Pytester, recorded: Callable[[], RunRecord]
) -> None:
    """Another processor, other work, and nobody that qualified: a line each."""
    qualify("--image", OLD, "suites/test_throughput.py")
    journal = checkout.path / "reports" / recorded().run / "journal.jsonl"
    told = journal.read_text()
    for name, value in (("processor", "other"), ("workload", "0123")):
        told = told.replace(f'"{name}":"{recorded().facts[name]}"', f'"{name}":"{value}"')
    journal.write_text(told)

    result = qualify(*CANDIDATE, "--baseline", "latest")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "*--baseline latest: it has neither a baseline nor a candidate that qualified",
            "*--baseline latest: its workload is 0123, and now it is *",
            "*--baseline latest: its processor is other, and now it is *",
        ]
    )
