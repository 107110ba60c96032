"""A node is known by what its runs tell of it, and two machines are never taken for one because they are alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.core.records import CandidateRecord, RunRecord
from vllm_qualify.reports import nodes

RUN = RunRecord(run="r", started=datetime(2026, 1, 15, tzinfo=UTC), target="local")


def served(run: RunRecord, card: str) -> RunRecord:
    """The run with a candidate that served on this card."""
    candidate = CandidateRecord(image="i", target=run.target, facts={"ran on": card})
    return replace(run, candidates=(candidate,))


@pytest.mark.parametrize(
    ("run", "name"),
    [
        (replace(RUN, target="kubernetes", facts={"context": "lab", "node": "n1"}), "lab/n1 (kubernetes)"),
        (replace(RUN, target="kubernetes", cluster="lab", takes_production_away=True), "lab (kubernetes)"),
        (replace(RUN, cluster="lab", facts={"processor": "Xeon"}), "Xeon (local)"),
        (replace(RUN, facts={"GPU": "RTX 3060, driver 570.1", "processor": "Xeon"}), "RTX 3060 (local)"),
        (replace(RUN, facts={"GPU": "no NVIDIA driver (not found)", "processor": "Xeon"}), "Xeon (local)"),
        (
            served(RUN, "RTX 3060 GPU-1, driver 570.1; RTX 3060 GPU-2, driver 570.1"),
            "RTX 3060 GPU-1; RTX 3060 GPU-2 (local)",
        ),
        (RUN, "unknown (local)"),
    ],
)
def test_a_node_has_a_name(run: RunRecord, name: str) -> None:
    """A driver is no part of it: that it changed is what the runs are compared for."""
    assert nodes.names([run]) == (name,)


def test_a_run_in_which_nothing_served_belongs_to_the_only_card_of_its_kind() -> None:
    """Else a night on which no image started would be one on another machine."""
    known = served(replace(RUN, facts={"GPU": "RTX 3060, driver 570.1"}), "RTX 3060 GPU-1, driver 570.1")
    blind = replace(RUN, facts={"GPU": "RTX 3060, driver 580.2"})

    assert nodes.names([blind, known]) == ("RTX 3060 GPU-1 (local)", "RTX 3060 GPU-1 (local)")


def test_of_two_cards_of_one_kind_nobody_knows_which_it_was() -> None:
    """Then it stays by itself."""
    facts = {"GPU": "H200, driver 570.1"}
    cards = [served(replace(RUN, facts=facts), f"H200 GPU-{number}, driver 570.1") for number in (1, 2)]

    assert nodes.names([*cards, replace(RUN, facts=facts)]) == (
        "H200 GPU-1 (local)",
        "H200 GPU-2 (local)",
        "H200 (local)",
    )


@given(
    runs=st.lists(
        st.builds(
            lambda target, gpu, card: (
                served(replace(RUN, target=target, facts={"GPU": gpu}), card) if card else replace(RUN, target=target)
            ),
            st.sampled_from(["local", "container"]),
            st.sampled_from(["A, driver 1", "A, driver 2", "B, driver 1"]),
            st.sampled_from(["", "A GPU-1, driver 1", "A GPU-2, driver 1"]),
        ),
        max_size=6,
    ),
    data=st.data(),
)
def test_the_order_of_the_runs_means_nothing(runs: list[RunRecord], data: st.DataObject) -> None:
    """Each run has the same node wherever it stands."""
    order = data.draw(st.permutations(range(len(runs))))

    there, back = nodes.names(runs), nodes.names([runs[at] for at in order])

    assert [there[at] for at in order] == list(back)
