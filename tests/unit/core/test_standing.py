"""`standing`: an unchanged verdict holds, any one change ends it and is named, and what is not known is said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.core import standing as judge
from vllm_qualify.core import verdict_facts
from vllm_qualify.core.fact_names import CONTEXT, DRIVER, GPUS, HARNESS, NODE, TOOLKIT
from vllm_qualify.core.standing import FactChange, PresentFacts, StandingState, UnknownFact
from vllm_qualify.core.verdict_facts import NAMES

VALUES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
FACTS = st.dictionaries(st.sampled_from(NAMES), VALUES)
NODELESS = [name for name in NAMES if name not in {CONTEXT, NODE, HARNESS}]


@given(FACTS)
def test_a_verdict_whose_facts_are_as_they_were_holds(facts: dict[str, str]) -> None:
    """Whichever facts were recorded, and whatever else is known now."""
    found = judge.standing(facts, PresentFacts(known={"memory": "8 GiB"} | facts), needed=facts)

    assert (found.state, found.changed, found.unknown) == (StandingState.HOLDS, (), ())


@given(FACTS, st.sampled_from(NODELESS), VALUES, VALUES)
def test_one_changed_fact_ends_a_verdict_and_is_named(facts: dict[str, str], name: str, was: str, now: str) -> None:
    """With both values, and no other fact."""
    found = judge.standing(facts | {name: was}, PresentFacts(known=facts | {name: now}))

    expected = () if verdict_facts.same(name, was, now) else (FactChange(fact=name, was=was, now=now),)
    assert found.changed == expected
    assert found.state is (StandingState.EXPIRED if expected else StandingState.HOLDS)


@given(FACTS, st.sampled_from(NODELESS), VALUES)
def test_a_fact_that_is_not_known_now_leaves_it_open(facts: dict[str, str], name: str, was: str) -> None:
    """And the reason is told."""
    known = {each: value for each, value in facts.items() if each != name}
    found = judge.standing(facts | {name: was}, PresentFacts(known=known, unknown={name: "nobody was asked"}))

    assert found.state is StandingState.CANNOT_TELL
    assert found.unknown == (UnknownFact(fact=name, why="nobody was asked"),)


def test_what_changed_outranks_what_is_not_known() -> None:
    """One change is enough, whatever else there is."""
    found = judge.standing({DRIVER: "570", GPUS: "A10"}, PresentFacts(known={DRIVER: "580"}))

    assert found.state is StandingState.EXPIRED
    assert [one.fact for one in found.unknown] == [GPUS]


@pytest.mark.parametrize(("name", "state"), [(DRIVER, StandingState.CANNOT_TELL), (TOOLKIT, StandingState.HOLDS)])
def test_a_needed_fact_that_was_not_recorded_leaves_it_open(name: str, state: StandingState) -> None:
    """But for the toolkit, which on a cluster only the operator can tell."""
    found = judge.standing({}, PresentFacts(known={name: "1"}), needed=[name])

    assert found.state is state
    assert all(one.why == judge.NOT_RECORDED for one in found.unknown)


@pytest.mark.parametrize("name", [CONTEXT, NODE])
def test_the_facts_of_another_place_are_not_compared(name: str) -> None:
    """A node with another driver says nothing about the one that was judged on."""
    was, now = {name: "lab", DRIVER: "570", HARNESS: "h 1.0.0"}, {name: "laptop", DRIVER: "580", HARNESS: "h 1.0.0"}

    found = judge.standing(was, PresentFacts(known=now))

    assert found.state is StandingState.CANNOT_TELL
    assert [(one.fact, one.why) for one in found.unknown] == [
        (DRIVER, "it was judged on lab, and this is laptop"),
        (name, "it was judged on lab, and this is laptop"),
    ]


def test_of_two_sources_the_second_one_counts() -> None:
    """What one of them knows is not unknown."""
    both = PresentFacts(known={DRIVER: "1"}, unknown={GPUS: "?"}) | PresentFacts(
        known={DRIVER: "2", GPUS: "A10"}, unknown={NODE: "?"}
    )

    assert both == PresentFacts(known={DRIVER: "2", GPUS: "A10"}, unknown={NODE: "?"})
