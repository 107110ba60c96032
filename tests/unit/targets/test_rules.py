"""The one registry of rules: every id once, with everything that a reader needs, in the file of its check."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import vllm_qualify
from vllm_qualify.core.rules import Rule
from vllm_qualify.targets import rules

CHECKOUT = Path(vllm_qualify.__file__).parents[1]
SOURCES = [path.read_text(encoding="utf-8") for path in Path(vllm_qualify.__file__).parent.rglob("*.py")]


def test_an_id_stands_for_one_rule() -> None:
    """No table takes an id of another one."""
    assert len(rules.RULES) == sum(map(len, rules.TABLES.values()))


@pytest.mark.parametrize("rule", rules.RULES.values(), ids=rules.RULES)
def test_a_row_says_everything_of_its_rule(rule: Rule) -> None:
    """Each has a short name for tables, and a title that says what must hold."""
    assert rule.brief
    assert len(rule.brief) <= 40
    assert rule.title


@pytest.mark.parametrize("id_", rules.RULES)
def test_a_rule_stands_in_one_file(id_: str) -> None:
    """Who adds a rule touches one source file: nothing else of the package names it."""
    assert sum(f'"{id_}"' in source for source in SOURCES) == 1


def test_every_row_is_registered() -> None:
    """A row of a table that the registry does not know could not be waived, and would be in no reference."""
    rows = {
        found
        for source in SOURCES
        for found in re.findall(r'(?:\b(?:row|entry)\(\s*|\bid=)"([A-Z]\d\d|[a-z-]+/[a-z-]+)"', source)
    }

    # H00 and P00 are about waivers and predictions themselves.
    assert rows - {"H00", "P00"} == set(rules.RULES)
