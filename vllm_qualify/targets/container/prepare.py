"""What can be done with a candidate while production still serves: pull its image, ask its parser and its driver."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from vllm_qualify.arguments import parser_report, probe
from vllm_qualify.arguments.parser_report import ProbeReport, ProbeRequest
from vllm_qualify.checks import Death
from vllm_qualify.container import inspection
from vllm_qualify.container.engine import EngineFault, EngineRefused
from vllm_qualify.container.spec import ContainerSpec
from vllm_qualify.core.images import ImageRef
from vllm_qualify.kube.serving import ServingManifest
from vllm_qualify.targets.base import Mode, Unavailable
from vllm_qualify.targets.container.host import ContainerHost
from vllm_qualify.targets.driver_fault import doomed
from vllm_qualify.targets.local import parsers

PULL_SECONDS = 3600.0
"""An image of 12 GB over a home line; nobody waits for it but us, since production still serves."""
_NOT_THERE = ("manifest unknown", "name unknown")
"""What a registry says of an image that there is not; source: codes of errors in the OCI distribution specification."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedImage:
    """What is known of a candidate before production is touched.

    Attributes:
        reports: what its parser said, by mode.
        parser_problem: why its parser could not be asked; ``""`` when it was.
        fault: the image itself makes it pointless to start it.
        problem: it cannot be tried here and now, through no fault of its own.
        pull_seconds: how long the pull took; ``None`` where the engine had the image.
        digest: of what will run.
        id: the engine's own, of the same.
    """

    reports: Mapping[Mode, ProbeReport] = field(default_factory=dict)
    parser_problem: str = ""
    fault: Death | None = None
    problem: str = ""
    pull_seconds: float | None = None
    digest: str = ""
    id: str = ""


def prepare(
    host: ContainerHost,
    image: ImageRef,
    manifests: Mapping[Mode, ServingManifest],
    *,
    like: ContainerSpec,
    offline: bool,
) -> PreparedImage:
    """Pull an image and ask its parser.

    Args:
        host: where.
        image: the candidate.
        manifests: the command lines that its parser is asked about.
        like: the candidate's container, whose access to the GPU the probe has; it takes none of its memory.
        offline: fetch nothing.
    """
    pulled = _pulled(host, image, offline=offline)
    if pulled.problem or pulled.fault is not None:
        return pulled
    try:
        lines = {mode: parsers.command_line(image, manifest) for mode, manifest in manifests.items()}
    except Unavailable as error:
        return replace(pulled, parser_problem=str(error))
    for entrypoint in dict.fromkeys(line.entrypoint for line in lines.values()):
        asked = {mode: line.argv for mode, line in lines.items() if line.entrypoint is entrypoint}
        questions = parser_report.questions({mode.value: argv for mode, argv in asked.items()})
        request = ProbeRequest(entrypoint=entrypoint, argvs=questions)
        try:
            report = _asked(host, like, request)
        except (EngineRefused, probe.ProbeFailed) as problem:
            return replace(pulled, parser_problem=str(problem))
        reports = {**pulled.reports, **dict.fromkeys(asked, report)}
        pulled = replace(pulled, reports=reports, fault=doomed(report.driver))
        if pulled.fault is not None:
            break
    return pulled


def _pulled(host: ContainerHost, image: ImageRef, *, offline: bool) -> PreparedImage:
    """Have the image on the engine."""
    seconds = None
    try:
        found = host.engine.image(str(image))
        if found is None and offline:
            return PreparedImage(problem=f"{image} is not on this host, and --offline forbids to pull it")
        if found is None:
            host.step("prepare", f"pull {image}")
            began = host.clock()
            host.engine.change("pull", "--quiet", str(image), seconds=PULL_SECONDS)
            seconds, found = host.clock() - began, host.engine.image(str(image))
    except EngineRefused as problem:
        if any(words in str(problem).lower() for words in _NOT_THERE):
            return PreparedImage(fault=Death(reason=f"it cannot be pulled: {problem}"))
        return PreparedImage(problem=f"the candidate cannot be tried: {problem}")
    if found is None:
        return PreparedImage(problem=f"{host.engine.program} pulled {image}, but does not find it")
    own = str(found.get("Id", "")).removeprefix("sha256:")
    return PreparedImage(pull_seconds=seconds, digest=inspection.digest(found), id=own)


def _asked(host: ContainerHost, like: ContainerSpec, request: ProbeRequest) -> ProbeReport:
    """Run the probe in the image, in a container without network and ports.

    Raises:
        EngineRefused: the container could not be run.
        ProbeFailed: it did not answer.
    """
    python, *script = probe.pod_command()
    spec = ContainerSpec(
        image=like.image,
        entrypoint=(python,),
        command=tuple(script),
        env={**like.env, **probe.pod_env(request)},
        gpus=like.gpus,
        devices=like.devices,
        runtime=like.runtime,
        security=like.security,
        network_mode="none",
    )
    host.step("prepare", f"run the parser of {like.image}")
    made = host.make(spec, name=f"vllm-qualify-{host.run}-probe", labels={"vllm-qualify.mode": "probe"})
    try:
        try:
            said = host.engine.change("start", "--attach", made, seconds=probe.DEADLINE_SECONDS)
        except EngineRefused as problem:
            # One that ends with another code than 0 has said why.
            if problem.fault is EngineFault.UNREACHED:
                raise probe.ProbeFailed(f"the parser probe: {problem}") from problem
            said = host.engine.log(made)
            if not said:
                raise
        # Not from the log unless that is all there is: engines break lines of more than 16 KiB there, as an answer is.
        return probe.read(f"\n{said}")
    finally:
        host.remove(made)
