"""Judge of what became of things that have a name and a word each: features, spellings, finish reasons. Pure.

The cases keep such a table as material. Whether a caller uses what is another now, nobody but the operator knows, so it
is a warning.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from vllm_qualify.checks.comparison.compared import ComparedCases
from vllm_qualify.core import foreign
from vllm_qualify.core.records import CaseRecord, Judgement, Observation, Outcome

WORKS = "works"


def against(cases: ComparedCases, *, key: str) -> Judgement:
    """Hold the candidate's table against the baseline's; what the baseline's own turns differ in changed for nobody.

    Args:
        cases: a case in each turn.
        key: of its material, where the table is.
    """
    if cases.candidate is None or not (new := _table(cases.candidate, key)):
        return cases.unmeasured
    olds = [old for one in cases.baselines if (old := _table(one, key))]
    if not olds:
        return Judgement(outcome=Outcome.NOT_APPLICABLE, message=cases.no_baseline or "no baseline: it kept no table")
    worse, better = list(_changed(olds, new)), list(_changed(olds, new, better=True))
    said = "; ".join((*worse, *(f"new: {each}" for each in better)))
    return Judgement(
        outcome=Outcome.WARNED if worse else Outcome.PASSED,
        message=said or f"all {len(new)} are as on the baseline",
        observations=(Observation(name="changed", value=len(worse)), Observation(name="new", value=len(better))),
    )


def _changed(olds: Sequence[Mapping[str, str]], new: Mapping[str, str], *, better: bool = False) -> Iterator[str]:
    """What is another word than in each turn of the baseline, for the better or not."""
    for name, word in new.items():
        before = [old[name] for old in olds if name in old]
        if before and word not in before and (word == WORKS) is better:
            yield f"{name}: {word}, it was {before[0]}"


def _table(case: CaseRecord, key: str) -> dict[str, str]:
    return {name: foreign.text(word) for name, word in foreign.mapping(case.material.get(key)).items()}
