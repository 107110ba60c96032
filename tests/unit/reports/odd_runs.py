"""Runs with anything in them: any characters, halves of some included, any numbers, and what is none."""

from __future__ import annotations

from datetime import UTC

from hypothesis import strategies as st

from vllm_qualify.core.limits import Limit
from vllm_qualify.core.records import (
    CandidateRecord,
    CaseRecord,
    Diagnosis,
    Evidence,
    Finding,
    LogLine,
    Observation,
    Outcome,
    RunRecord,
    Severity,
)
from vllm_qualify.core.requirements import Requirement

ODD = st.text(alphabet=st.characters(exclude_categories=()), max_size=30)
TIMES = st.datetimes(timezones=st.just(UTC))
LIMITS = st.builds(Limit, low=st.none() | st.floats(), high=st.none() | st.floats())
OBSERVATIONS = st.builds(
    Observation,
    name=ODD | st.sampled_from(["total", "production-away", "--port"]),
    value=st.booleans() | st.floats() | ODD,
    unit=ODD | st.just("s"),
    limit=st.none() | LIMITS,
)
DIAGNOSES = st.builds(
    Diagnosis,
    cause=ODD,
    title=ODD,
    remedy=ODD,
    lines=st.lists(st.builds(LogLine, number=st.integers(), text=ODD), max_size=3).map(tuple),
    reference=ODD,
    wrapper=st.booleans(),
    origin=ODD,
    message=ODD,
)
CASES = st.builds(
    CaseRecord,
    image=ODD,
    requirement=ODD | st.just("LOAD"),
    id=ODD,
    sentence=ODD,
    message=ODD,
    observations=st.lists(OBSERVATIONS, max_size=4).map(tuple),
    evidence=st.lists(st.builds(Evidence, name=ODD, path=ODD), max_size=2).map(tuple),
    diagnosis=st.none() | DIAGNOSES,
    outcome=st.sampled_from(Outcome),
    started=TIMES,
    seconds=st.floats(),
)
FINDINGS = st.builds(
    Finding,
    id=ODD,
    severity=st.sampled_from(Severity),
    title=ODD,
    subject=ODD | st.builds("{}.yaml:{}".format, ODD, st.integers(min_value=1)),
    path=ODD,
    expected=ODD,
    actual=ODD,
    remedy=ODD,
    waived=ODD,
)
REQUIREMENTS = st.builds(Requirement, id=ODD | st.just("LOAD"), sentence=ODD, optional=st.booleans())
RUNS = st.builds(
    RunRecord,
    run=ODD,
    started=TIMES,
    finished=st.none() | TIMES,
    target=ODD | st.just("kubernetes"),
    facts=st.dictionaries(ODD | st.just("harness"), ODD, max_size=2),
    candidates=st.lists(
        st.builds(
            CandidateRecord,
            image=ODD,
            target=ODD,
            cases=st.lists(CASES, max_size=2).map(tuple),
            interrupted=st.booleans(),
            requirements=st.lists(REQUIREMENTS, max_size=2).map(tuple),
        ),
        max_size=2,
    ).map(tuple),
    findings=st.lists(FINDINGS, max_size=2).map(tuple),
    production=st.lists(CASES, max_size=1).map(tuple),
    takes_production_away=st.booleans(),
    requirements=st.lists(REQUIREMENTS, max_size=2).map(tuple),
)
