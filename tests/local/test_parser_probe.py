from pathlib import Path

import pytest

from vllm_qualify import args, argv, images, standins
from vllm_qualify.args import ProbeReport, ProbeRequest
from vllm_qualify.argv import CommandLine, Entrypoint
from vllm_qualify.edge import caches, environments, parser_env, parser_probe
from vllm_qualify.images import ImageRef
from vllm_qualify.judge import args as judge
from vllm_qualify.kube import manifests
from vllm_qualify.records import Outcome
from vllm_qualify.standins import EnginePlan

pytestmark = pytest.mark.local

HOME_LAB = Path(__file__).parents[2] / "examples" / "home-lab" / "applications" / "vllm"
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
OLD, MIDDLE, NEW = (images.parse(f"vllm/vllm-openai:v{release}") for release in ("0.8.5.post1", "0.12.0", "0.15.1"))
BOTH = pytest.mark.parametrize("entrypoint", list(Entrypoint), ids=lambda entrypoint: entrypoint.value)
EACH = pytest.mark.parametrize("official", [OLD, MIDDLE, NEW], ids=lambda official: official.short)

_reports: dict[tuple[str, Entrypoint], ProbeReport] = {}


def manifest(image: ImageRef, name: str) -> CommandLine:
    """The command line of one of the operator's manifests on this image."""
    read = manifests.serving((HOME_LAB / f"{name}.yaml").read_text(), source=name)
    return argv.command_line(image.release, command=read.executed_command, args=read.executed_args)


def ask(image: ImageRef, entrypoint: Entrypoint | None = None) -> ProbeReport:
    """What the official release says, once for all tests: its own Python files on the environment of its stand-in."""
    entrypoint = entrypoint or manifest(image, "deployment").entrypoint
    key = str(image), entrypoint
    if key not in _reports:
        _reports[key] = _ask(image, entrypoint)
    return _reports[key]


def _ask(image: ImageRef, entrypoint: Entrypoint) -> ProbeReport:
    """Fetch what is missing, then ask everything in one process."""
    plan, cache, release = standins.plan_for(image), caches.default(), image.release
    assert isinstance(plan, EnginePlan)
    assert release is not None
    python = environments.ensure(plan, cache=cache, offline=False, say=print).python
    overlay = parser_env.overlay(release, python=python, cache=cache.root, say=print)
    model = ("--model", MODEL) if entrypoint is Entrypoint.API_SERVER else (MODEL,)
    lines = {
        "ml": manifest(image, "deployment").argv,
        "r1": manifest(image, "deployment-r1").argv,
        "story": (*model, *STORY),
        "flagged": ("--model", MODEL),
        "positional": (MODEL, *STORY),
        "reasoning": (*model, "--enable-reasoning", "--reasoning-parser", "deepseek_r1"),
        "nonsense": (*model, "--quantization", "nonsense"),
    }
    return parser_probe.probe(python, overlay, ProbeRequest(entrypoint=entrypoint, argvs=args.questions(lines)))


@EACH
@pytest.mark.parametrize("name", ["ml", "r1"])
def test_the_manifests_of_the_home_lab_are_accepted(official: ImageRef, name: str) -> None:
    """What the operator has today is accepted by the exact release of each image and means the same."""
    report = ask(official)

    assert report.facts.version == str(official.release)
    assert judge.control(report).outcome is Outcome.PASSED
    assert judge.accepted(report, name).outcome is Outcome.PASSED
    assert judge.meaning(report, name).outcome is Outcome.PASSED


@EACH
@BOTH
def test_the_arguments_of_the_story_mean_the_same(official: ImageRef, entrypoint: Entrypoint) -> None:
    """Whichever way a release is started, the four arguments come through with their values."""
    report = ask(official, entrypoint)

    assert judge.meaning(report, "story", model=MODEL).outcome is Outcome.PASSED
    values = report.parsed["story"].values
    read = [values[name] for name in ("enforce_eager", "quantization", "gpu_memory_utilization", "max_model_len")]
    assert read == [True, "awq_marlin", 0.9, 8192]


@EACH
@BOTH
def test_a_made_up_flag_is_rejected(official: ImageRef, entrypoint: Entrypoint) -> None:
    """Otherwise nothing that the parser accepts would prove anything."""
    assert judge.control(ask(official, entrypoint)).outcome is Outcome.PASSED


@BOTH
def test_the_switch_for_reasoning_went(entrypoint: Entrypoint) -> None:
    """0.8.5.post1 takes ``--enable-reasoning``; the later ones do not know it."""
    outcomes = [judge.accepted(ask(image, entrypoint), "reasoning").outcome for image in (OLD, MIDDLE, NEW)]

    assert outcomes == [Outcome.PASSED, Outcome.FAILED, Outcome.FAILED]


def test_a_quantization_that_does_not_exist_is_found_in_every_release() -> None:
    """The parser itself refuses it in 0.8.5.post1 only; later any text passes, and what is registered decides."""
    reports = [ask(image) for image in (OLD, MIDDLE, NEW)]

    assert [report.parsed["nonsense"].accepted for report in reports] == [False, True, True]
    assert [judge.accepted(report, "nonsense").outcome for report in reports] == [Outcome.FAILED] * 3


def test_a_positional_model_is_refused_then_ignored_by_the_module() -> None:
    """The trap: since 0.10.2 the module takes the word and serves its default model."""
    reports = [ask(image, Entrypoint.API_SERVER) for image in (OLD, MIDDLE, NEW)]

    assert [report.parsed["positional"].accepted for report in reports] == [False, True, True]
    served = [judge.served_model(report.parsed["positional"], Entrypoint.API_SERVER) for report in reports[1:]]
    assert served == ["Qwen/Qwen3-0.6B"] * 2


def test_a_flagged_model_is_refused_then_warned_of_by_vllm_serve() -> None:
    """Up to 0.10 it is an error there; later it works and is said to go."""
    reports = [ask(image, Entrypoint.SERVE) for image in (OLD, MIDDLE, NEW)]

    assert [judge.accepted(report, "flagged").outcome for report in reports] == [Outcome.FAILED, *[Outcome.PASSED] * 2]
    assert [judge.deprecated(report, "flagged").outcome for report in reports[1:]] == [Outcome.WARNED] * 2
    assert [judge.served_model(report.parsed["flagged"], Entrypoint.SERVE) for report in reports[1:]] == [MODEL] * 2
