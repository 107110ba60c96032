"""The schemas by feature: each is one, each can be fitted, and what an operator's schema uses is known."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests import canary_answers
from tests.canary_answers import WORK
from vllm_qualify.checks import answers, schema_features
from vllm_qualify.checks.schema_features import FEATURES, SchemaFeature

BY_NAME = {feature.name: feature for feature in FEATURES}


def test_there_are_enough_and_each_has_its_own_name() -> None:
    """Runs are compared by these names."""
    assert len(BY_NAME) == len(FEATURES) >= 15
    assert list(BY_NAME) == sorted(BY_NAME, key=lambda name: name.lower().removeprefix("$"))


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_each_is_a_schema_that_an_answer_fits_and_prose_does_not(feature: SchemaFeature) -> None:
    """A short answer satisfies it, so that no honest engine meets the limit of tokens."""
    validator = answers.compile_schema(feature.schema)

    fitting = canary_answers.example(feature.schema)

    assert validator.is_valid(fitting)
    assert len(json.dumps(fitting)) < feature.tokens
    assert not validator.is_valid("It is a letter.")


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("additionalProperties", {"zebra": True, "lion": True}),
        ("allOf", {"verdict": "lion"}),
        ("array length", {"zebras": ["zebra-7"]}),
        ("format", {"zebra": "tomorrow"}),
        ("multipleOf", {"zebra": 15}),
        ("numeric range", {"zebra": 21}),
        ("optional property", {"zebra": True}),
        ("pattern", {"verdict": "zebra-1"}),
        ("prefixItems", {"zebra": [True, "zebra-7"]}),
        ("string length", {"zebra": "zebra-777"}),
        ("uniqueItems", {"zebras": ["zebra-7", "zebra-7"]}),
    ],
)
def test_what_an_engine_without_the_feature_answers_is_noticed(name: str, wrong: dict[str, Any]) -> None:
    """The schema speaks of the feature that it is named after: without that keyword the answer would do."""
    assert not answers.compile_schema(BY_NAME[name].schema).is_valid(wrong)


def test_the_features_of_a_schema_are_known_by_its_keywords() -> None:
    """Those of the canary's own: a list whose items are an enum, and what is required."""
    assert schema_features.used(WORK.schema) == {"enum", "optional property"}


def test_the_name_of_a_property_is_no_keyword() -> None:
    """A document may well have a property that is called pattern, and an enum a word that is one."""
    schema = {"properties": {"pattern": {"anyOf": [{"enum": ["format"]}, {"type": "integer", "minimum": 3}]}}}

    assert schema_features.used(schema) == {"anyOf", "enum", "integer", "numeric range"}
