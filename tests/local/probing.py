"""What the parsers of official releases say, asked once and remembered: each question imports a whole vLLM."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from tests.local import remembered
from vllm_qualify.arguments import command_line, parser_report, probe
from vllm_qualify.arguments import overlay as parser_env
from vllm_qualify.arguments.command_line import CommandLine, Entrypoint
from vllm_qualify.arguments.parser_report import ProbeReport, ProbeRequest
from vllm_qualify.core import images
from vllm_qualify.core.images import ImageRef
from vllm_qualify.kube import manifests
from vllm_qualify.system import caches
from vllm_qualify.targets.local import cpu_builds, environments
from vllm_qualify.targets.local.cpu_builds import EnginePlan

MODEL = "Qwen/Qwen3-8B-AWQ"
STORY = (
    "--enforce-eager",
    "--quantization",
    "awq_marlin",
    "--gpu-memory-utilization",
    "0.90",
    "--max-model-len",
    "8192",
)
_HOME_LAB = Path(__file__).parents[2] / "examples" / "home-lab" / "applications" / "vllm"


def official(version: str) -> ImageRef:
    """The official image of a release."""
    return images.parse(f"vllm/vllm-openai:v{version}")


def manifest(image: ImageRef, name: str) -> CommandLine:
    """The command line of one of the operator's manifests on this image."""
    read = manifests.serving((_HOME_LAB / f"{name}.yaml").read_text(), source=name)
    return command_line.command_line(image.release, command=read.executed_command, args=read.executed_args)


def asked_as_deployed(version: str) -> ProbeReport:
    """What the official release says where it is started as the operator's manifest does."""
    return asked(version, manifest(official(version), "deployment").entrypoint)


@cache
def asked(version: str, entrypoint: Entrypoint) -> ProbeReport:
    """What the official release says: its own Python files on the environment of its stand-in.

    Fetches what is missing, then asks everything in one process, unless the same was asked before.
    """
    image = official(version)
    plan, cached, release = cpu_builds.plan_for(image), caches.default(), image.release
    assert isinstance(plan, EnginePlan)
    assert release is not None
    python = environments.ensure(plan, cache=cached, offline=False, say=print).python
    overlay = parser_env.overlay(release, python=python, cache=cached.root, say=print)
    lines = {name: tuple(words) for name, words in _lines(image, entrypoint).items()}
    request = ProbeRequest(entrypoint=entrypoint, argvs=parser_report.questions(lines))
    return probe.probe(python, overlay, request, run=remembered.parser)


def _lines(image: ImageRef, entrypoint: Entrypoint) -> dict[str, tuple[str, ...]]:
    model = ("--model", MODEL) if entrypoint is Entrypoint.API_SERVER else (MODEL,)
    return {
        "ml": manifest(image, "deployment").argv,
        "r1": manifest(image, "deployment-r1").argv,
        "story": (*model, *STORY),
        "flagged": ("--model", MODEL),
        "positional": (MODEL, *STORY),
        "reasoning": (*model, "--enable-reasoning", "--reasoning-parser", "deepseek_r1"),
        "nonsense": (*model, "--quantization", "nonsense"),
    }
