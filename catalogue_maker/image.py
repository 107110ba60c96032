"""What the recipe of the official image and the pipeline that builds it say of the images of a release."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from catalogue_maker.source import Source, UnknownShape

CERTAIN, PROBABLE = "certain", "probable"

_RECIPES = ("docker/Dockerfile", "Dockerfile")
_PIPELINE = ".buildkite/release-pipeline.yaml"
_FINAL = "vllm-openai"
_OTHER_ARCHITECTURE = re.compile(r"aarch64|arm64", re.IGNORECASE)
_NIGHTLY = re.compile(r"NIGHTLY\W+== *\"?1")
_BUILD_ARGUMENT = re.compile(r"--build-arg\s+(\w+)=(\"[^\"]*\"|'[^']*'|\S+)")
_PUSHED = re.compile(r"vllm-release-repo:\$+BUILDKITE_COMMIT(?:-\$\(uname -m\))?(?P<suffix>(?:-[a-z0-9]+)*)")

Stated = list[str]
"""A value, its certainty and its source, as ``releases.json`` has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """One image that the pipeline builds: the suffix of its tag and the arguments of its build."""

    suffix: str
    arguments: Mapping[str, str]


def facts(source: Source) -> dict[str, Any]:
    """All facts of the images; nothing where the distribution brings no recipe.

    Raises:
        UnknownShape: the recipe is written in another way than all before.
    """
    place = next((place for place in _RECIPES if source.text(place) is not None), None)
    if place is None:
        return {}
    recipe = str(source.text(place)).replace("\\\n", " ")
    builds = _builds(source)
    return {
        "compat": [_compat(recipe, source), CERTAIN, place],
        "entrypoint": [_entrypoint(recipe, source), CERTAIN, place],
        "python": [_argument(recipe, "PYTHON_VERSION", source), CERTAIN, place],
        "variants": [_variant(build, recipe, place=place, source=source) for build in builds or [_only()]],
    }


def _only() -> Build:
    """The image of a release whose pipeline does not build it: somebody built it by the recipe as it is."""
    return Build(suffix="", arguments={})


def _variant(build: Build, recipe: str, *, place: str, source: Source) -> dict[str, Any]:
    return {
        "suffix": build.suffix,
        "cuda": _cuda(build, recipe, place=place, source=source),
        "arch_list": _arch_list(build, recipe, place=place, source=source),
    }


def _cuda(build: Build, recipe: str, *, place: str, source: Source) -> Stated:
    """The pipeline outranks the recipe, but where they are of different CUDA releases one of them was left behind."""
    default = _argument(recipe, "CUDA_VERSION", source)
    said = build.arguments.get("CUDA_VERSION")
    if said is None:
        return [default, PROBABLE, place]
    agree = said.split(".")[:2] == default.split(".")[:2] or bool(build.suffix)
    return [said, CERTAIN if agree else PROBABLE, _PIPELINE]


def _arch_list(build: Build, recipe: str, *, place: str, source: Source) -> Stated:
    said = build.arguments.get("torch_cuda_arch_list")
    return [said, CERTAIN, _PIPELINE] if said else [_argument(recipe, "torch_cuda_arch_list", source), CERTAIN, place]


def _argument(recipe: str, name: str, source: Source) -> str:
    found = re.search(rf"^ARG {name}=(.+)$", recipe, re.MULTILINE)
    if found is None:
        raise UnknownShape(f"the Dockerfile of vLLM {source.version} gives ARG {name} no default; look at it")
    return found[1].strip().strip("\"'")


def _compat(recipe: str, source: Source) -> str:
    if re.search(r"compat.*>\s*/etc/ld\.so\.conf\.d/\S*cuda-compat\.conf", recipe):
        return "persistent"
    if re.search(r"^RUN ldconfig \S*cuda-.*/compat", recipe, re.MULTILINE):
        return "transient"
    if re.search(r"^ENV VLLM_ENABLE_CUDA_COMPATIBILITY=0", recipe, re.MULTILINE):
        return "opt-in"
    raise UnknownShape(f"the Dockerfile of vLLM {source.version} treats the compatibility library in a new way")


def _entrypoint(recipe: str, source: Source) -> str:
    """The command of the stage that is the official image."""
    _before, begin, rest = recipe.partition(f" AS {_FINAL}\n")
    stage = re.split(r"^FROM ", rest, maxsplit=1, flags=re.MULTILINE)[0]
    found = re.search(r"^ENTRYPOINT \[(.+)\]", stage, re.MULTILINE)
    if not (begin and found):
        raise UnknownShape(f"the Dockerfile of vLLM {source.version} has no ENTRYPOINT in its stage {_FINAL}")
    return " ".join(word.strip().strip("\"'") for word in found[1].split(","))


def _builds(source: Source) -> list[Build]:
    """The images for x86_64 that a release is given, the default one first."""
    text = source.text(_PIPELINE)
    if text is None:
        return []
    pipeline = yaml.safe_load(text)
    variables = pipeline.get("env", {}) if isinstance(pipeline, dict) else {}
    builds = [build for step in _steps(pipeline) if (build := _build(step, variables)) is not None]
    if builds and not any(build.suffix == "" for build in builds):
        raise UnknownShape(f"the pipeline of vLLM {source.version} builds variants, but no default image")
    return sorted(builds, key=lambda build: build.suffix)


def _steps(node: Any) -> Iterator[dict[str, Any]]:
    """All steps, those in groups included, except those of nightly builds."""
    if isinstance(node, list):
        for one in node:
            yield from _steps(one)
    elif isinstance(node, dict) and not _NIGHTLY.search(str(node.get("if", ""))):
        if "commands" in node or "command" in node:
            yield node
        yield from _steps(node.get("steps", []))


def _build(step: dict[str, Any], variables: Mapping[str, str]) -> Build | None:
    """The image that a step builds; ``None`` for wheels, other architectures and other recipes."""
    if _OTHER_ARCHITECTURE.search(str(step.get("label", ""))):
        return None
    said = step.get("commands") or step.get("command") or []
    commands = [said] if isinstance(said, str) else [str(command) for command in said]
    for command in commands:
        recipe = re.search(r"\s(?:-f|--file)\s+(\S+)", command)
        if re.search(rf"--target {_FINAL}\s", command) and (recipe is None or recipe[1] in _RECIPES):
            arguments = {match[1]: match[2].strip("\"'") for match in _BUILD_ARGUMENT.finditer(command)}
            filled = {name: _filled(value, variables) for name, value in arguments.items()}
            return Build(suffix=_suffix(commands), arguments=filled)
    return None


def _filled(value: str, variables: Mapping[str, str]) -> str:
    return re.sub(r"\$\{(\w+)\}", lambda match: str(variables[match[1]]), value)


def _suffix(commands: list[str]) -> str:
    pushed = [match["suffix"] for command in commands for match in _PUSHED.finditer(command)]
    return pushed[0].removeprefix("-") if pushed else ""
