"""Of runs of several nodes and nights, the newest speaks for each candidate on each node, and nothing is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.core.outcomes import Verdict
from vllm_qualify.core.records import CandidateRecord, CaseRecord, Outcome, RunRecord, Skipped
from vllm_qualify.core.requirements import REQUIREMENTS
from vllm_qualify.reports import merged, remake

NIGHT = datetime(2026, 1, 15, 2, tzinfo=UTC)
OLD, NEW = "vllm/vllm-openai:v0.8.5.post1", "vllm/vllm-openai:v0.12.0"


def candidate(image: str, outcome: Outcome | None, *, digest: str = "") -> CandidateRecord:
    """A candidate all of whose requirements came to this; ``None`` for one that was not tried."""
    if outcome is None:
        return CandidateRecord(image=image, target="local", aside=Skipped(ruled_out=False, reason="no time was left"))
    cases = (
        CaseRecord(image=image, requirement=known.id, id=known.id, sentence="s", outcome=outcome, started=NIGHT)
        for known in REQUIREMENTS
    )
    return CandidateRecord(image=image, target="local", cases=tuple(cases), facts={"digest": digest} if digest else {})


def night(number: int, *candidates: CandidateRecord, node: str = "n1", **facts: str) -> RunRecord:
    """A run of that night."""
    return RunRecord(
        run=f"night-{number}-{node}",
        started=NIGHT + timedelta(days=number),
        finished=NIGHT + timedelta(days=number, hours=1),
        target="local",
        facts={"node": node} | facts,
        candidates=candidates,
    )


def of(*runs: RunRecord) -> merged.MergedMatrix:
    """The runs as one matrix."""
    return merged.of((run, run.run) for run in runs)


def test_the_newest_night_speaks_for_the_pair() -> None:
    """What older ones said is counted, whatever it was."""
    whole = of(
        night(1, candidate(NEW, Outcome.PASSED)),
        night(2, candidate(NEW, Outcome.BROKEN)),
        night(3, candidate(NEW, Outcome.PASSED)),
        night(4, candidate(NEW, Outcome.FAILED)),
    )

    (row,) = whole.rows
    assert (row.source.run.run, row.row.verdict) == ("night-4-n1", Verdict.NOT_QUALIFIED)
    assert row.before == "2 x qualified, 1 x broken"
    assert not row.stale
    assert whole.exit_code == 1


def test_each_node_has_a_row_of_its_own() -> None:
    """A failure on one is no failure on the other, and the sentence counts what holds on all."""
    whole = of(
        night(1, candidate(OLD, Outcome.PASSED), candidate(NEW, Outcome.PASSED), node="n1"),
        night(1, candidate(OLD, Outcome.PASSED), candidate(NEW, Outcome.FAILED), node="n2"),
    )

    assert [(row.source.node, row.row.candidate.image) for row in whole.rows] == [
        ("n1 (local)", OLD),
        ("n1 (local)", NEW),
        ("n2 (local)", OLD),
        ("n2 (local)", NEW),
    ]
    assert (
        merged.headline(whole)
        == f"2 candidates on 2 nodes, from 2 runs: 1 qualified on every node that tried it, {OLD}."
    )


def test_a_night_that_did_not_try_it_is_told_and_hides_nothing() -> None:
    """The last verdict stays, with its night, and with the run that passed it over."""
    whole = of(night(1, candidate(NEW, Outcome.PASSED)), night(2, candidate(NEW, None)))

    (row,) = whole.rows
    assert (row.source.run.run, row.row.verdict) == ("night-1-n1", Verdict.QUALIFIED)
    assert row.notes == ("not tried by night-2-n1",)


def test_a_candidate_that_the_newest_night_lacks_is_marked() -> None:
    """Its verdict is of an older night, which a reader must know."""
    whole = of(night(1, candidate(OLD, Outcome.PASSED)), night(2, candidate(NEW, Outcome.PASSED)))

    assert [(row.row.candidate.image, row.stale, row.notes) for row in whole.rows] == [
        (NEW, False, ()),
        (OLD, True, ("not in the newest run of this node",)),
    ]


def test_facts_that_differ_are_told_with_their_runs() -> None:
    """A driver that was updated, and a tag that now means another image; what is the same is left out."""
    whole = of(
        night(1, candidate(NEW, Outcome.PASSED, digest="sha256:1"), driver="550", memory="16 GiB"),
        night(2, candidate(NEW, Outcome.PASSED, digest="sha256:2"), driver="570", memory="16 GiB"),
        night(3, candidate(NEW, Outcome.PASSED, digest="sha256:2"), driver="570", memory="16 GiB"),
    )

    assert {fact.name: dict(fact.values) for fact in whole.facts} == {
        "driver": {"570": ("night-3-n1", "night-2-n1"), "550": ("night-1-n1",)},
        f"digest of {NEW}": {"sha256:2": ("night-3-n1", "night-2-n1"), "sha256:1": ("night-1-n1",)},
    }
    assert whole.facts[0].told == "570 (2 runs, the newest is night-3-n1); 550 (night-1-n1)"


def test_the_state_of_production_is_kept_for_each_run(restored: RunRecord, lost: RunRecord) -> None:
    """That it is not back after the last run of a node is an alarm; after an older one it is history, and kept."""
    alarm = of(restored, replace(lost, started=restored.started + timedelta(days=1)))
    history = of(restored, replace(lost, started=restored.started - timedelta(days=1)))

    assert [one.run.run for one in alarm.alarms] == [lost.run]
    assert alarm.exit_code == 20
    assert (history.alarms, history.exit_code) == ((), 1)
    assert [bool(one.production) for one in history.runs] == [True, True]


def test_a_run_that_was_killed_is_merged_as_it_is(interrupted: RunRecord) -> None:
    """What it showed counts, and what it did not is open."""
    whole = of(interrupted)

    assert len(whole.rows) == len(interrupted.candidates)
    assert all(
        cell.requirement in {column.id for column in whole.requirements} for row in whole.rows for cell in row.row.cells
    )


def test_nothing_is_merged_into_nothing() -> None:
    """Without a run there is no row, and nothing is said to be good."""
    assert of().exit_code == 10


RUNS = st.lists(
    st.builds(
        lambda number, node, outcomes, driver: night(
            number,
            *(candidate(image, outcome) for image, outcome in outcomes.items()),
            node=node,
            driver=driver,
        ),
        st.integers(1, 4),
        st.sampled_from(["n1", "n2"]),
        st.dictionaries(st.sampled_from([OLD, NEW]), st.sampled_from([None, *Outcome])),
        st.sampled_from(["550", "570"]),
    ),
    max_size=6,
)


@given(runs=RUNS, data=st.data())
def test_the_order_of_the_runs_means_nothing(runs: list[RunRecord], data: st.DataObject) -> None:
    """Merged in any order, and with any of them named twice, they are the same matrix."""
    shuffled = data.draw(st.permutations([*runs, *runs[:1]]))

    assert of(*shuffled) == of(*runs)


@given(runs=RUNS)
def test_no_verdict_is_lost(runs: list[RunRecord]) -> None:
    """Each candidate of each run is either the one that is shown or among the others of its row."""
    whole = of(*runs)
    told = [row.source.run.run for row in whole.rows]
    told += [other.run.run for row in whole.rows for other in row.others]

    assert sorted(told) == sorted(one.run.run for one in whole.runs for _ in one.run.candidates)
    assert len({(row.source.node, row.row.candidate.image) for row in whole.rows}) == len(whole.rows)


def test_without_a_run_nothing_is_merged(tmp_path: Path) -> None:
    """There is no empty matrix that might pass for a good one."""
    made = remake.merge([tmp_path / "nope"], to=tmp_path / "to")

    assert (made.merged, made.pages, made.exit_code) == (None, (), 4)
    assert not (tmp_path / "to").exists()
