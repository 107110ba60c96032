"""Tests of the tools: what is shipped is valid and unseen, and what is learnt are the forms that engines read."""

# ruff: noqa: S311 - Seeded randomness is the point.

import json
import random
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from canary import exchanges, names, tools

HOME = Path(__file__).resolve().parents[3] / "canary"


@pytest.fixture(name="rows", scope="module")
def shipped_rows() -> list[dict[str, Any]]:
    """Read the shipped questions."""
    return [json.loads(line) for line in (HOME / "tools.jsonl").read_text(encoding="utf-8").splitlines()]


def test_every_expected_call_is_one_of_a_shipped_tool(rows: list[dict[str, Any]]) -> None:
    """Its arguments fit the schema that the tool is offered with."""
    shipped = json.loads((HOME / "tools.json").read_text(encoding="utf-8"))
    schemas = {tool["function"]["name"]: tool["function"]["parameters"] for tool in shipped}

    for call in (call for row in rows for call in row["calls"]):
        jsonschema.validate(call["arguments"], schemas[call["name"]], jsonschema.Draft202012Validator)


def test_every_way_of_calling_is_asked_in_both_languages(rows: list[dict[str, Any]]) -> None:
    """Each tool alone, one without arguments among them, two tools at once, and one tool twice."""
    for language in names.LANGUAGES:
        called = [[call["name"] for call in row["calls"]] for row in rows if row["language"] == language]
        assert {one[0] for one in called if len(one) == 1} == set(tools.NAMES)
        assert any(len(set(one)) == 2 for one in called)
        assert ["find_address", "find_address"] in called
    assert any(call["arguments"] == {} for row in rows for call in row["calls"])


def test_what_the_arguments_hold_stands_in_the_question(rows: list[dict[str, Any]]) -> None:
    """Nothing has to be known or worked out to call a tool."""
    held = [
        (str(value), row["question"]) for row in rows for call in row["calls"] for value in call["arguments"].values()
    ]

    assert [value for value, question in held if value not in question] == []


def test_training_never_asks_for_a_shipped_correspondent(rows: list[dict[str, Any]]) -> None:
    """Training and test draw their companies from disjoint stems."""
    rng = random.Random(0)
    drawn = {tools.call(rng, "find_address", rng.choice(names.LANGUAGES), "train").told for _ in range(3000)}
    shipped = {call["arguments"].get("correspondent", "-") for row in rows for call in row["calls"]}

    assert [told for told in drawn for name in shipped if name in told] == []


def test_a_call_is_written_as_the_parser_for_hermes_reads_it() -> None:
    """One JSON object between two tags, each on lines of its own."""
    calls = [tools.call(random.Random(3), name, "de", "train") for name in ("find_address", "current_date")]

    found = re.findall(r"<tool_call>\n(.*?)\n</tool_call>", tools.written(calls))

    assert [json.loads(one) for one in found] == [{"name": one.name, "arguments": one.arguments} for one in calls]
    assert json.loads(tools.required(calls))[1] == {"name": "current_date", "parameters": {}}


@pytest.mark.parametrize("seed", range(40))
def test_what_is_forced_is_valid_json_from_its_first_character(seed: int) -> None:
    """The start that the constraint gives and the rest that is learnt are one JSON value."""
    drawn = [exchanges.short(random.Random(f"{seed}-{number}"), 1.0) for number in range(30)]

    forced = [one for one in drawn if one.given and one.tools]

    assert forced
    for one in forced:
        json.loads(one.given + one.reply)


@pytest.mark.parametrize("seed", range(40))
def test_only_tools_on_offer_are_called(seed: int) -> None:
    """A question whose tool is not on offer gets a sentence."""
    rng = random.Random(seed)

    for drawn in (exchanges.short(rng, 1.0) for _ in range(30)):
        offered = {tool["function"]["name"] for tool in drawn.tools}
        assert {json.loads(one)["name"] for one in re.findall(r"<tool_call>\n(.*?)\n", drawn.reply)} <= offered
