from collections.abc import Callable, Mapping
from typing import Any

import pytest

from catalogue_maker import image
from catalogue_maker.source import Source, UnknownShape

Release = Callable[[Mapping[str, str]], Source]

RECIPE = """
ARG CUDA_VERSION=12.9.1
ARG PYTHON_VERSION=3.12
FROM base AS vllm-base
ARG CUDA_VERSION
{compat}
ARG torch_cuda_arch_list='8.0 9.0+PTX'
FROM vllm-base AS vllm-sagemaker
ENTRYPOINT ["./sagemaker-entrypoint.sh"]
FROM vllm-base AS vllm-openai
ENTRYPOINT ["vllm", "serve"]
"""
TRANSIENT = "RUN ldconfig /usr/local/cuda-$(echo $CUDA_VERSION | cut -d. -f1,2)/compat/"
PERSISTENT = 'RUN echo "/usr/local/cuda-12.9/compat/" > /etc/ld.so.conf.d/cuda-compat.conf && ldconfig'
OPT_IN = "ENV VLLM_ENABLE_CUDA_COMPATIBILITY=0"
STEP = """
  - label: "{label}"
    if: {condition}
    commands:
      - |
        docker build \\
          --build-arg CUDA_VERSION={cuda} \\
          --build-arg torch_cuda_arch_list="${{ARCH}}" \\
          --target vllm-openai \\
          -f {recipe} .
      - "docker push registry/vllm-release-repo:$BUILDKITE_COMMIT-$(uname -m){suffix}"
"""


def step(
    label: str = "x86_64", *, cuda: str, suffix: str = "", recipe: str = "docker/Dockerfile", when: str = "true"
) -> str:
    """One step of the pipeline."""
    return STEP.format(label=label, cuda=cuda, suffix=suffix, recipe=recipe, condition=when)


def facts(release: Release, *steps: str, compat: str = TRANSIENT, recipe: str = RECIPE) -> dict[str, Any]:
    """What is read of a recipe and a pipeline."""
    files = {"docker/Dockerfile": recipe.format(compat=compat)}
    if steps:
        files[".buildkite/release-pipeline.yaml"] = "env:\n  ARCH: '7.5 8.0'\nsteps:\n" + "".join(steps)
    return image.facts(release(files))


@pytest.mark.parametrize(("line", "name"), [(TRANSIENT, "transient"), (PERSISTENT, "persistent"), (OPT_IN, "opt-in")])
def test_the_compatibility_library(release: Release, line: str, name: str) -> None:
    """The three ways that images have gone."""
    assert facts(release, compat=line)["compat"] == [name, "certain", "docker/Dockerfile"]


def test_a_new_way_stops_the_maker(release: Release) -> None:
    """It is the fact that decides whether production dies, so it is never guessed."""
    with pytest.raises(UnknownShape, match="compatibility library in a new way"):
        facts(release, compat="RUN true")


def test_the_entrypoint_is_that_of_the_official_stage(release: Release) -> None:
    """Other stages have other commands."""
    assert facts(release)["entrypoint"] == ["vllm serve", "certain", "docker/Dockerfile"]


def test_the_recipe_alone_says_less(release: Release) -> None:
    """Where no pipeline builds the image, somebody did it by hand, perhaps with other arguments."""
    variants = facts(release)["variants"]

    assert variants[0]["cuda"] == ["12.9.1", "probable", "docker/Dockerfile"]
    assert variants[0]["arch_list"] == ["8.0 9.0+PTX", "certain", "docker/Dockerfile"]


def test_the_pipeline_outranks_the_recipe(release: Release) -> None:
    """With its own variables filled in; the default comes first."""
    variants = facts(release, step(cuda="13.0.1", suffix="-cu130-ubuntu2404"), step(cuda="12.9.0"))["variants"]

    assert [one["suffix"] for one in variants] == ["", "cu130-ubuntu2404"]
    assert variants[0]["cuda"] == ["12.9.0", "certain", ".buildkite/release-pipeline.yaml"]
    assert variants[1]["cuda"][:2] == ["13.0.1", "certain"]
    assert variants[1]["arch_list"] == ["7.5 8.0", "certain", ".buildkite/release-pipeline.yaml"]


def test_a_pipeline_of_another_cuda_is_doubted(release: Release) -> None:
    """In 0.7 the two files name different CUDA releases: one of them was left behind."""
    assert facts(release, step(cuda="12.1.0"))["variants"][0]["cuda"][:2] == ["12.1.0", "probable"]


def test_other_images_are_left_out(release: Release) -> None:
    """Another architecture, another recipe, a nightly build."""
    nightly = step(cuda="13.4", suffix="-cu134", when="""build.env("NIGHTLY") == "1\"""")
    others = (step("aarch64", cuda="1"), step(cuda="2", recipe="docker/Dockerfile.cpu"), nightly)

    assert [one["cuda"][0] for one in facts(release, *others, step(cuda="12.9.1"))["variants"]] == ["12.9.1"]


def test_a_distribution_without_a_recipe_says_nothing(release: Release) -> None:
    """The hand-kept facts fill it."""
    assert image.facts(release({"PKG-INFO": ""})) == {}


def test_variants_without_a_default_stop_the_maker(release: Release) -> None:
    """A pipeline that names its images otherwise was not understood."""
    with pytest.raises(UnknownShape, match="no default image"):
        facts(release, step(cuda="13.0.1", suffix="-cu130"))
