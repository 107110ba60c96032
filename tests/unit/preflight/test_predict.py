"""What is predicted of images over several remedies to start them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify import catalogue, preflight
from vllm_qualify.core import images
from vllm_qualify.core.records import Certainty, Finding, Severity
from vllm_qualify.preflight import ImageFacts, PredictedVerdict, Prediction, launch_specs, predict
from vllm_qualify.preflight.predict import ImagePrediction, RegistryAnswer, Subject

MANIFESTS = Path(__file__).parents[3] / "examples" / "home-lab" / "applications" / "vllm"
ML, R1 = (
    launch_specs.from_text((MANIFESTS / name).read_text(), source=name)
    for name in ("deployment.yaml", "deployment-r1.yaml")
)
NODE = preflight.node(gpu="RTX 3060", driver="570.195.03", toolkit="1.18.0")
BOTH = Subject(node=NODE, starts=(ML, R1))


def of(tag: str, subject: Subject = BOTH, told: RegistryAnswer | None = None) -> ImagePrediction:
    """The prediction for an official image."""
    return predict.of(images.parse(f"vllm/vllm-openai:{tag}"), subject, told=told)


def predicted(verdict: PredictedVerdict) -> ImagePrediction:
    """A prediction with this verdict."""
    prediction = Prediction(verdict=verdict, certainty=Certainty.PROBABLE)
    return dataclasses.replace(of("v0.9.2"), prediction=prediction)


def test_what_is_true_of_one_manifest_names_it() -> None:
    """v0.5.5 serves the model of one manifest and not that of the other; the findings say which."""
    found = of("v0.5.5")

    about = {one.severity: one.manifests for one in found.findings if one.id == "P14"}
    assert about == {Severity.BLOCK: ("deployment.yaml",), Severity.NOTE: ("deployment-r1.yaml",)}
    assert found.about == ("deployment.yaml",)
    assert found.verdict is PredictedVerdict.WILL_NOT_WORK
    assert of("v0.5.5", dataclasses.replace(BOTH, starts=(R1,))).verdict is PredictedVerdict.SHOULD_WORK


def test_what_is_true_of_all_is_said_once() -> None:
    """A finding of image and node is the same for every manifest, and names none."""
    found = [one for one in of("v0.15.1").findings if one.id in {"P03", "P06", "P07"}]

    assert [(one.id, one.manifests) for one in found] == [("P03", ()), ("P06", ()), ("P07", ())]


def test_the_table_has_every_release_newest_first() -> None:
    """No release is left out, and the first line is the newest."""
    tags = [one.image.tag for one in predict.every(Subject(node=NODE, starts=(ML,)))]

    assert tags == [f"v{one.version}" for one in reversed(catalogue.releases())]


def test_other_tags_are_those_that_the_changes_name() -> None:
    """A will-not-work by CUDA 13 names the tag of CUDA 12.9, and that one is another image to ask about."""
    (other,) = of("v0.20.0").other_tags

    assert str(other) == "vllm/vllm-openai:v0.20.0-cu129"
    assert predict.of(other, BOTH).verdict is PredictedVerdict.NEEDS_OVERRIDE
    assert of("v0.12.0").other_tags == ()


def test_an_image_that_the_registry_lacks() -> None:
    """What the registry does not have will probably not work, and the guess of the catalogue about its tag is gone."""
    found = of("v0.9.2-cu999", told=RegistryAnswer(problem="the registry does not have it", missing=True))

    assert found.verdict is PredictedVerdict.WILL_NOT_WORK
    assert found.prediction.certainty is Certainty.PROBABLE
    assert [one.actual for one in found.findings if one.id == "P02"] == ["the registry does not have it"]


def test_the_registry_outranks_the_catalogue() -> None:
    """An image whose own variables say CUDA 13 is judged by them, whatever the catalogue has of its release."""
    told = RegistryAnswer(facts=ImageFacts(digest="sha256:1", env={"CUDA_VERSION": "13.0.2"}))

    assert of("v0.9.2").verdict is PredictedVerdict.SHOULD_WORK
    assert of("v0.9.2", told=told).prediction.reason.startswith("P03")


@pytest.mark.parametrize(
    ("verdicts", "single", "table"),
    [
        ([PredictedVerdict.SHOULD_WORK], 0, 0),
        ([PredictedVerdict.SHOULD_WORK, PredictedVerdict.WILL_NOT_WORK], 1, 0),
        ([PredictedVerdict.SHOULD_WORK, PredictedVerdict.CANNOT_VERIFY], 10, 0),
        ([PredictedVerdict.CANNOT_VERIFY, PredictedVerdict.WILL_NOT_WORK], 1, 10),
        ([PredictedVerdict.NEEDS_OVERRIDE], 1, 1),
    ],
)
def test_exit_codes(verdicts: list[PredictedVerdict], single: int, table: int) -> None:
    """Of named images the worst counts, of the table the best; what is unsure is never taken for good or for bad."""
    found = [predicted(verdict) for verdict in verdicts]

    assert (predict.exit_code(found), predict.exit_code(found, table=True)) == (single, table)


@given(st.permutations((ML, R1, launch_specs.from_args("--model x --max-model-len 4096"))))
def test_the_order_of_manifests_changes_no_verdict(order: list[predict.LaunchSpec]) -> None:
    """What is predicted of an image does not depend on which manifest comes first."""
    subject = Subject(node=NODE, starts=tuple(order))

    assert _about(of("v0.12.0", subject)) == _about(of("v0.12.0", _sorted(subject)))
    assert of("v0.12.0", subject).verdict is of("v0.12.0", _sorted(subject)).verdict


def _about(found: ImagePrediction) -> dict[Finding, frozenset[str]]:
    return {dataclasses.replace(one, manifests=()): frozenset(one.manifests) for one in found.findings}


def _sorted(subject: Subject) -> Subject:
    return dataclasses.replace(subject, starts=tuple(sorted(subject.starts, key=lambda one: one.manifest.source)))


def test_a_manifest_without_a_release() -> None:
    """What production runs now is known where the manifest names a release, and is otherwise not guessed."""
    unnamed = dataclasses.replace(ML, manifest=dataclasses.replace(ML.manifest, image="no image at all"))

    assert str(ML.release) == "0.5.5"
    assert unnamed.release is None
