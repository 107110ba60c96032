"""What a run says of an image, ready to be signed: in-toto Statements v1 with a test result v0.1, in statements/.

https://github.com/in-toto/attestation/tree/main/spec has both forms. A test result has room for one result, so there is
a statement for each candidate. It is on a digest, of which nothing was shown where a build stood in for the image.
"""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Iterator
from typing import Any

from vllm_qualify.core import fact_names, images, outcomes, verdict_facts
from vllm_qualify.core.outcomes import Verdict
from vllm_qualify.core.records import CandidateRecord, Outcome, RunRecord
from vllm_qualify.reports import plain, sentences, text

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"
FOLDER = "statements"

# The other verdicts say nothing for or against an image that ran, and a test result has no word for that.
_RESULTS = {
    Verdict.QUALIFIED: "PASSED",
    Verdict.QUALIFIED_WITH_WARNINGS: "WARNED",
    Verdict.NOT_QUALIFIED: "FAILED",
}
# Context and node are names of the operator's own, and a statement may be for strangers.
_CONFIGURATION = (
    *(fact_names.HARNESS, fact_names.DRIVER, fact_names.TOOLKIT, fact_names.GPUS),
    *(fact_names.MODEL, fact_names.REVISION, fact_names.WORKLOAD),
)
# So are these, and long: who has the run's journal can tell by the hash that they are the same.
_ONLY_HASHED = (fact_names.ARGUMENTS, fact_names.ENVIRONMENT, fact_names.VARIABLES)
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


def files(run: RunRecord) -> dict[str, bytes]:
    """A statement for each candidate that can have one, and how each is signed, or why there is none."""
    made: dict[str, bytes] = {}
    signed: list[str] = []
    missing: dict[str, list[str]] = {}
    for candidate in run.candidates:
        if reason := _why_none(candidate):
            missing.setdefault(reason, []).append(text.one_line(candidate.image))
            continue
        name = _name(candidate, len(made))
        made[f"{FOLDER}/{name}"] = plain.dumped(statement(run, candidate))
        signed.append(_signing(name, candidate))
    return made | {f"{FOLDER}/README.txt": _told(signed, missing).encode()}


def statement(run: RunRecord, candidate: CandidateRecord) -> dict[str, Any]:
    """The statement on a candidate whose digest is known, as plain values."""
    digest = candidate.facts[fact_names.DIGEST].removeprefix("sha256:")
    return {
        "_type": STATEMENT,
        "subject": [{"name": images.repository_of(candidate.image), "digest": {"sha256": digest}}],
        "predicateType": PREDICATE,
        "predicate": {
            "result": _RESULTS[outcomes.verdict(candidate)],
            "configuration": list(_configuration(run, candidate)),
            "passedTests": sentences.having(candidate, Outcome.PASSED),
            "warnedTests": sentences.having(candidate, Outcome.WARNED),
            "failedTests": sentences.having(candidate, Outcome.FAILED),
        },
    }


def _configuration(run: RunRecord, candidate: CandidateRecord) -> Iterator[dict[str, Any]]:
    """What the result was reached with, a descriptor for each fact; it holds until one of them changes."""
    known = run.facts | verdict_facts.of(run.facts, candidate.facts)
    told = {"run": run.run, "target": candidate.target} | {name: known.get(name, "") for name in _CONFIGURATION}
    for name, value in told.items():
        if value:
            yield _descriptor(name, value) | {"annotations": {"value": text.clean(value)}}
    yield from (_descriptor(name, known[name]) for name in _ONLY_HASHED if known.get(name))


def _descriptor(name: str, value: str) -> dict[str, Any]:
    return {"name": name, "digest": {"sha256": hashlib.sha256(text.clean(value).encode()).hexdigest()}}


def _why_none(candidate: CandidateRecord) -> str:
    """Why a candidate has no statement; ``""`` where it has one."""
    if outcomes.verdict(candidate) not in _RESULTS:
        return "the run neither qualified it nor found it wanting"
    if candidate.stand_in is not None:
        return "a build stood in for the image, and nothing was shown of the image itself"
    try:
        images.parse(candidate.image)
    except images.BadImage:
        return "its name is not an image reference"
    if not _DIGEST.fullmatch(candidate.facts.get(fact_names.DIGEST, "")):
        return "the run did not record its digest"
    return ""


def _name(candidate: CandidateRecord, before: int) -> str:
    """By the tag; two registries may have the same, so those before are counted."""
    return f"{before + 1}-{_UNSAFE.sub('-', text.short(sentences.short_name(candidate), 100))}.json"


def _signing(name: str, candidate: CandidateRecord) -> str:
    image = f"{images.repository_of(candidate.image)}@{candidate.facts[fact_names.DIGEST]}"
    signer = f"cosign attest --key cosign.key --type {PREDICATE} --predicate - {shlex.quote(image)}"
    return f"jq .predicate {shlex.quote(name)} | {signer}"


def _told(signed: list[str], missing: dict[str, list[str]]) -> str:
    parts = ["Statements of in-toto on the images of this run, one a file, not signed."]
    if signed:
        parts.append("\n".join(["In this folder, with jq, cosign and a key:", *signed]))
    parts += [f"None, because {reason}: {', '.join(of)}." for reason, of in missing.items()]
    return "\n\n".join(parts) + "\n"
