"""The rules of CUDA beyond the story: data-centre cards, registries, other architectures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from vllm_qualify import preflight
from vllm_qualify.core.records import Certainty, Finding, Severity
from vllm_qualify.preflight import ImageFacts, PredictedVerdict, Question, ToolkitMode

Ask = Callable[..., Question]
Rulings = Callable[..., tuple[Finding, ...]]
A100 = {"gpu": "NVIDIA A100-SXM4-80GB", "driver": "570.195.03"}
STORY = {"gpu": "RTX 3060", "driver": "570.195.03", "toolkit": "1.18.0"}
ENABLE = {"VLLM_ENABLE_CUDA_COMPATIBILITY": "1"}


def verdict(question: Question) -> PredictedVerdict:
    """The prediction of one question."""
    return preflight.verdict(preflight.findings(question)).verdict


@pytest.mark.parametrize(
    ("node", "env", "expected"),
    [
        (A100 | {"toolkit": "1.18.0"}, {}, PredictedVerdict.SHOULD_WORK),
        (A100 | {"toolkit": "1.16.2", "mode": ToolkitMode.CDI}, {}, PredictedVerdict.NEEDS_OVERRIDE),
        (A100 | {"toolkit": "1.16.2", "mode": ToolkitMode.CDI}, ENABLE, PredictedVerdict.SHOULD_WORK),
        (A100, {}, PredictedVerdict.CANNOT_VERIFY),
        ({"gpu": "RTX A6000", "driver": "570.195.03", "toolkit": "1.18.0"}, {}, PredictedVerdict.CANNOT_VERIFY),
        ({"gpu": "Banana", "driver": "570.195.03", "toolkit": "1.18.0"}, {}, PredictedVerdict.CANNOT_VERIFY),
        ({"gpu": "Radeon", "driver": "570.195.03", "toolkit": "1.18.0"}, {}, PredictedVerdict.WILL_NOT_WORK),
        (STORY, ENABLE, PredictedVerdict.WILL_NOT_WORK),
    ],
)
def test_cuda_13_on_driver_570(ask: Ask, node: dict[str, Any], env: dict[str, str], expected: PredictedVerdict) -> None:
    """A data-centre card has forward compatibility where somebody puts the library first; a GeForce has none."""
    assert verdict(ask("v0.20.0", node=preflight.node(**node), env=env)) is expected


def test_asking_for_the_library_breaks_a_geforce(found: Rulings) -> None:
    """The variable that helps a data-centre card is what stops a GeForce, with the hook off as well."""
    node = preflight.node(**STORY, compat_hook=False)

    (ruling,) = found("P08", "v0.19.0", node=node, env=ENABLE)

    assert (ruling.severity, ruling.path) == (Severity.BLOCK, "VLLM_ENABLE_CUDA_COMPATIBILITY")
    assert not found("P08", "v0.12.0", node=node, env=ENABLE)


def test_a_titan_is_no_data_centre_card(ask: Ask) -> None:
    """A Titan has no forward compatibility either."""
    node = preflight.node(gpu="NVIDIA TITAN RTX", driver="570.195.03", toolkit="1.18.0")

    assert verdict(ask("v0.20.0", node=node)) is PredictedVerdict.WILL_NOT_WORK


def test_the_manifest_outranks_the_image(ask: Ask) -> None:
    """A variable of the pod replaces the image's own, which is why the override helps; the rest of the path stays."""
    registry = ImageFacts(env={"LD_LIBRARY_PATH": "/opt/lib:/usr/local/cuda/compat"})
    question = ask("v0.12.0", registry=registry)

    value = preflight.verdict(preflight.findings(question)).remedies[0].changes[0].value

    assert value == "/usr/lib/x86_64-linux-gnu:/opt/lib"
    assert verdict(ask("v0.12.0", registry=registry, env={"LD_LIBRARY_PATH": value})) is PredictedVerdict.SHOULD_WORK


@pytest.mark.parametrize(
    ("value", "stops"),
    [
        ("/usr/local/cuda/compat", True),
        ("/usr/local/cuda/compat:/usr/lib/x86_64-linux-gnu", True),
        ("/usr/lib/x86_64-linux-gnu/:/usr/local/cuda/compat", False),
        ("/usr/lib64:/usr/local/cuda/compat", False),
        ("/usr/local/cuda/lib64", False),
        (None, False),
    ],
)
def test_the_order_of_the_path_decides(found: Rulings, value: str | None, stops: bool) -> None:  # noqa: FBT001
    """The first of the two folders counts: that of the compatibility library, or that of the driver of the host."""
    node = preflight.node(**STORY, compat_hook=False)

    rulings = found("P08", "v0.12.0", node=node, env={"LD_LIBRARY_PATH": value})

    assert [one.path for one in rulings] == (["LD_LIBRARY_PATH"] if stops else [])


@pytest.mark.parametrize(
    ("registry", "severity", "certainty"),
    [
        (
            ImageFacts(history=("RUN echo x > /etc/ld.so.conf.d/00-cuda-compat.conf && ldconfig",)),
            Severity.BLOCK,
            "probable",
        ),
        (
            ImageFacts(
                history=(
                    "RUN echo x > /etc/ld.so.conf.d/cuda-compat.conf",
                    "RUN rm -f /etc/ld.so.conf.d/cuda-compat.conf",
                )
            ),
            Severity.NOTE,
            "probable",
        ),
        (ImageFacts(history=("RUN apt-get update",)), Severity.NOTE, "certain"),
    ],
)
def test_the_history_of_the_image_decides(
    found: Rulings, registry: ImageFacts, severity: Severity, certainty: str
) -> None:
    """The steps that made the image outrank what the catalogue says of the release; its last word counts."""
    (ruling,) = found("P06", "v0.12.0", registry=registry)

    assert (ruling.severity, ruling.certainty.value) == (severity, certainty)


def test_a_derived_image_is_judged_by_its_own_facts(ask: Ask, found: Rulings) -> None:
    """An image by another name with a tag of a release is only possibly that release; its registry makes it certain."""
    tag = "registry.lab:5000/mine/server:v0.20.0"
    env = {"CUDA_VERSION": "12.8.1", "TORCH_CUDA_ARCH_LIST": "8.0 8.6", "NVIDIA_REQUIRE_CUDA": "cuda>=12.8"}

    (guessed,) = found("P03", tag)
    (known,) = found("P03", tag, registry=ImageFacts(digest="sha256:1", env=env))

    assert (guessed.severity, guessed.certainty) == (Severity.BLOCK, Certainty.POSSIBLE)
    assert (known.severity, known.certainty) == (Severity.NOTE, Certainty.CERTAIN)
    assert verdict(ask(tag)) is PredictedVerdict.CANNOT_VERIFY
    assert (
        verdict(ask(tag, registry=ImageFacts(digest="sha256:1", env=env, entrypoint=("vllm", "serve"))))
        is PredictedVerdict.SHOULD_WORK
    )


@pytest.mark.parametrize(
    ("env", "severity"),
    [
        ({"NVIDIA_REQUIRE_CUDA": "cuda>=12.8"}, Severity.NOTE),
        ({"NVIDIA_REQUIRE_CUDA": "cuda>=12.9 brand=tesla,driver>=570,driver<571"}, Severity.BLOCK),
        ({"NVIDIA_REQUIRE_CUDA": "cuda>=12.4", "NVIDIA_REQUIRE_ARCH": "arch>=9.0"}, Severity.BLOCK),
        ({"NVIDIA_REQUIRE_CUDA": "nonsense"}, Severity.BLOCK),
    ],
)
def test_requirements_of_the_registry(found: Rulings, env: dict[str, str], severity: Severity) -> None:
    """In legacy mode every variable must hold; what cannot be read stops the container as well."""
    node = preflight.node(gpu="RTX 3060", driver="570.195.03", toolkit="1.17.8")
    rulings = found("P05", "v0.12.0", node=node, registry=ImageFacts(env=env))

    assert len(rulings) == len(env)
    assert severity in {one.severity for one in rulings}
    assert found("P05", "v0.12.0", registry=ImageFacts(env=env))[0].severity is Severity.NOTE


def test_a_newer_minor_runs_with_a_word_of_warning(found: Rulings) -> None:
    """CUDA 12.9 on a driver for 12.8 is no obstacle by itself, and what does not work is said."""
    (ruling,) = found("P04", "v0.12.0")

    assert (ruling.severity, "PTX" in ruling.actual) == (Severity.NOTE, True)
    assert not found("P04", "v0.11.0")


def test_a_node_of_which_nothing_is_known(ask: Ask) -> None:
    """Without a GPU and a driver nothing is predicted, and each rule says what to give it."""
    rulings = preflight.findings(ask("v0.10.2", node=preflight.node()))

    assert preflight.verdict(rulings).verdict is PredictedVerdict.CANNOT_VERIFY
    assert {one.id for one in rulings if one.unverified} == {"P03", "P05", "P09", "P12"}
    assert all(one.remedy for one in rulings if one.unverified)


@pytest.mark.parametrize(("tag", "rule"), [("latest", "P01"), ("v0.99.0", "P01"), ("v0.33.0-cu129", "P02")])
def test_tags_that_nobody_knows(ask: Ask, found: Rulings, tag: str, rule: str) -> None:
    """An unknown release, and a suffix that the release does not build, cannot be verified."""
    (ruling,) = found(rule, tag)

    assert ruling.unverified
    assert verdict(ask(tag)) is PredictedVerdict.CANNOT_VERIFY
    assert len(found(rule, tag, registry=ImageFacts(digest="sha256:1"))) == (1 if rule == "P01" else 0)
