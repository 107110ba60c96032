from __future__ import annotations

import json
import tomllib
from typing import Any

import jsonschema
import pytest

from vllm_qualify.config import schema
from vllm_qualify.core.shipped import HOME, HOME_LAB

SHIPPED = HOME / "vllm_qualify" / "config" / "qualify.schema.json"
EXAMPLE = HOME_LAB / "qualify.toml"


@pytest.fixture
def shipped() -> dict[str, Any]:
    """The schema that editors get."""
    content: dict[str, Any] = json.loads(SHIPPED.read_text())
    return content


def test_the_shipped_schema_is_the_one_of_the_types() -> None:
    """Who changes a type runs ``python -m vllm_qualify.config.schema > vllm_qualify/config/qualify.schema.json``."""
    assert SHIPPED.read_text() == schema.document()


def test_the_schema_is_valid_and_takes_the_example(shipped: dict[str, Any]) -> None:
    """An editor sees no fault in the example."""
    jsonschema.Draft202012Validator.check_schema(shipped)

    jsonschema.Draft202012Validator(shipped).validate(tomllib.loads(EXAMPLE.read_text()))


@pytest.mark.parametrize("wrong", [{"targets": "x"}, {"candidates": [3]}, {"budgets": {"load_seconds": "1"}}])
def test_the_schema_refuses_what_the_reader_refuses(shipped: dict[str, Any], wrong: dict[str, Any]) -> None:
    """An editor shows a slip before a run does."""
    assert not jsonschema.Draft202012Validator(shipped).is_valid(wrong)


def test_every_key_is_described(shipped: dict[str, Any]) -> None:
    """Each key of each table has words of its own."""
    tables = [shipped, *shipped["$defs"].values()]

    assert all(each["description"] for table in tables for each in table["properties"].values())


def test_the_schema_names_no_path_of_the_machine_that_made_it() -> None:
    """Defaults that are paths depend on the checkout, so they stay out."""
    assert str(HOME) not in SHIPPED.read_text()
