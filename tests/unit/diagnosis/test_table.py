"""What holds for every row of the table of symptoms."""

from __future__ import annotations

import re
import time
from pathlib import Path
from re import _constants as code  # type: ignore[attr-defined]  # The only reader of patterns that Python has.
from re import _parser as parser  # type: ignore[attr-defined]

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vllm_qualify.diagnosis import SYMPTOMS, exits
from vllm_qualify.diagnosis.logs import LONGEST
from vllm_qualify.diagnosis.symptom import Symptom, Weight

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "diagnosis.md"
NOT_IN_LOGS = {"E00", "E55"}
"""An exception that nothing is known of, and answers that are wrong without a word in any log."""
BY_CODE = {"E91"}
ROWS = pytest.mark.parametrize("symptom", SYMPTOMS, ids=lambda symptom: symptom.id)


def repeats(pattern: object, *, within: bool = False) -> list[bool]:
    """Every unbounded repetition of a parsed pattern, and whether it stands within another."""
    found = []
    for operator, argument in pattern:  # type: ignore[attr-defined]
        unbounded = operator in (code.MAX_REPEAT, code.MIN_REPEAT) and argument[1] is code.MAXREPEAT
        found += [within] if unbounded else []
        inner = argument if isinstance(argument, tuple | list) else ()
        for part in inner:
            for branch in part if isinstance(part, list) else (part,):
                if isinstance(branch, parser.SubPattern):
                    found += repeats(branch, within=within or unbounded)
    return found


@ROWS
def test_patterns_do_not_nest_repetitions(symptom: Symptom) -> None:
    """No pattern repeats a repetition without bound: that is what takes exponential time."""
    found = repeats(parser.parse(symptom.pattern.pattern))

    assert not any(found)
    assert len(found) <= 4


def test_the_check_of_repetitions_sees_them() -> None:
    """The check above finds a repetition within another one."""
    assert any(repeats(parser.parse(r"x(?:a+b)*c")))


@ROWS
def test_no_line_takes_long(symptom: Symptom) -> None:
    """Lines made to mislead a pattern, as long as lines get, are searched in no time."""
    words = [*symptom.literals, " ", "a", "'", "(", "0"]
    lines = [(start + filler * LONGEST)[:LONGEST] for start in words for filler in words]
    began = time.process_time()

    for line in lines:
        symptom.pattern.search(line)

    assert time.process_time() - began < 0.05 * len(lines)


@ROWS
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_what_matches_holds_an_anchor(symptom: Symptom, data: st.DataObject) -> None:
    """No line that a pattern matches is passed over for want of its plain words."""
    line = data.draw(st.from_regex(symptom.pattern))

    assert any(word in line for word in symptom.literals)


def test_ids_are_unique() -> None:
    """No two symptoms share an id, and all ids look alike."""
    ids = [symptom.id for symptom in SYMPTOMS]

    assert sorted(set(ids)) == sorted(ids)
    assert all(re.fullmatch(r"E\d{2,3}", id_) for id_ in ids)


def test_the_first_55_are_all_there() -> None:
    """The causes that were known first keep their numbers, all but the one that no log shows."""
    assert {f"E{number:02}" for number in range(1, 56)} - {symptom.id for symptom in SYMPTOMS} == {"E55"}


@ROWS
def test_rows_are_complete(symptom: Symptom) -> None:
    """Each row says what it means, what to do and where it is from, and asks for groups that its pattern has."""
    groups = [""] * symptom.pattern.groups

    assert symptom.title.format(*groups)
    assert symptom.remedy.format(*groups).endswith(".")
    assert symptom.reference
    for reading in symptom.readings:
        more = [*groups, *[""] * reading.shows.groups]
        assert (reading.title or symptom.title).format(*more)
        assert reading.remedy.format(*more).endswith(".")


def test_the_reference_names_every_cause() -> None:
    """The documentation lists all causes, and none that there is not."""
    listed = set(re.findall(r"^\| (E\d{2,3}) \|", REFERENCE.read_text(encoding="utf-8"), re.MULTILINE))

    assert listed == {symptom.id for symptom in SYMPTOMS} | NOT_IN_LOGS | BY_CODE


def test_wrappers_are_the_known_ones() -> None:
    """E02, E03 and E04 only repeat a death, and so do their kin of other releases."""
    assert {symptom.id for symptom in SYMPTOMS if symptom.weight is Weight.WRAPPER} == {
        "E02",
        "E03",
        "E04",
        "E36",
        "E59",
    }


def test_exit_codes_name_known_causes() -> None:
    """What an exit code points to is in the table, or listed as known by its code alone."""
    named = {cause.cause for number in range(256) if (cause := exits.explain(number))}

    assert named - {symptom.id for symptom in SYMPTOMS} == BY_CODE
