"""Rules of CUDA: toolkit against driver, requirement against node. Pure.

Sources: NVIDIA's CUDA Compatibility guide, libnvidia-container, the Dockerfiles of vLLM.
"""

from __future__ import annotations

from collections.abc import Iterator

from vllm_qualify.catalogue import Fact, cuda_drivers
from vllm_qualify.catalogue.cuda_drivers import Cuda
from vllm_qualify.core.records import Certainty, Severity
from vllm_qualify.core.remedies import ChangeKind, Remedy, one_change
from vllm_qualify.core.rules import RuleResult, row, unverified, weakest
from vllm_qualify.preflight import forward, image, requires
from vllm_qualify.preflight.facts import ToolkitMode
from vllm_qualify.preflight.phrases import spelt
from vllm_qualify.preflight.question import Question

ASK_THE_DRIVER = "read `nvidia-smi` on the node and give --gpu and --driver, or run preflight on the node"


def major(question: Question) -> Iterator[RuleResult]:
    """P03: code of a newer major release of CUDA than the driver knows does not run without forward compatibility."""
    pair = _pair(question)
    if pair is None:
        yield _cannot_compare(question)
        return
    wanted, known = pair
    certainty = weakest(wanted.certainty, known.certainty)
    said = (
        f"the image has CUDA {spelt(wanted.value)}, driver {question.node.driver} supports up to {spelt(known.value)}"
    )
    if wanted.value[0] <= known.value[0]:
        yield RuleResult(severity=Severity.NOTE, actual=said, certainty=certainty, source=wanted.source)
        return
    remedies = newer_driver_or_older_image(question, wanted.value)
    if question.node.geforce:
        said += "; a GeForce has no forward compatibility, so there is no workaround (E06, else error 804)"
        yield RuleResult(actual=said, certainty=certainty, source=wanted.source, remedies=remedies)
        return
    yield forward.across_majors(question, said, certainty, remedies)


def minor(question: Question) -> Iterator[RuleResult]:
    """P04: a newer minor release runs, but code that the driver itself must compile does not."""
    pair = _pair(question)
    if pair is None:
        return
    wanted, known = pair
    if wanted.value[0] != known.value[0] or wanted.value <= known.value:
        return
    yield RuleResult(
        severity=Severity.NOTE,
        certainty=weakest(wanted.certainty, known.certainty),
        actual=f"CUDA {spelt(wanted.value)} runs on a driver for {spelt(known.value)} by minor-version compatibility, "
        "but the driver cannot compile its PTX (E10)",
        source=wanted.source,
    )


def requirement(question: Question) -> Iterator[RuleResult]:
    """P05: in legacy mode the container runtime refuses an image whose NVIDIA_REQUIRE_* the node does not meet."""
    if requires.disabled(question.env):
        yield RuleResult(severity=Severity.NOTE, actual="NVIDIA_DISABLE_REQUIRE disables the check", path="env")
        return
    checked = forward.requirements_checked(question.node)
    if checked is False:
        said = "the toolkit's mode CDI or JIT-CDI does not check NVIDIA_REQUIRE_*"
        sure = question.node.mode is not ToolkitMode.UNKNOWN
        yield RuleResult(
            severity=Severity.NOTE, actual=said, certainty=Certainty.CERTAIN if sure else Certainty.PROBABLE
        )
        return
    for name, text, certainty in _expressions(question):
        yield _required(question, name, text, certainty)


def newer_driver_or_older_image(question: Question, wanted: Cuda) -> tuple[Remedy, ...]:
    """What helps against a driver that is too old: another one, or an image of an older CUDA."""
    branch = cuda_drivers.least_branch(wanted[0])
    remedies: list[Remedy] = []
    if branch:
        remedies.append(one_change(ChangeKind.DRIVER, f"update the driver to {branch} or newer", value=str(branch)))
    driver = question.node.driver_version
    known = cuda_drivers.cuda_of(driver) if driver else None
    release = question.release
    if release is None or known is None:
        return tuple(remedies)
    fitting = [one for one in release.image.variants if one.cuda.value.major <= known.value[0] and one.suffix]
    if fitting:
        tag = f"v{release.version}-{min(fitting, key=lambda one: len(one.suffix)).suffix}"
        remedies.append(one_change(ChangeKind.TAG, f"use the tag {tag}", value=tag))
    else:
        text = "check whether the registry has a -cu129 tag; the release's pipeline builds none"
        remedies.append(one_change(ChangeKind.TAG, text))
    return tuple(remedies)


def _pair(question: Question) -> tuple[Fact[Cuda], Fact[Cuda]] | None:
    wanted, driver = image.cuda(question), question.node.driver_version
    known = cuda_drivers.cuda_of(driver) if driver else None
    return (wanted, known) if wanted and known else None


def _cannot_compare(question: Question) -> RuleResult:
    if image.cuda(question) is None:
        return unverified(
            "the image's CUDA version is not known", "read the image's configuration from the registry (--registry)"
        )
    given = f" ({question.node.driver!r} is not in the table)" if question.node.driver else ""
    return unverified(f"the driver of the node is not known{given}", ASK_THE_DRIVER)


def _expressions(question: Question) -> Iterator[tuple[str, str, Certainty]]:
    """The requirements of the image; where nobody asked the registry, those that are usual for its CUDA."""
    for name, text in requires.expressions(question.env).items():
        if text is not None:
            yield name, text, Certainty.CERTAIN
    wanted = image.cuda(question)
    if question.registry.env is None and wanted is not None:
        yield "NVIDIA_REQUIRE_CUDA", requires.usual(wanted.value), Certainty.PROBABLE


def _required(question: Question, name: str, text: str, certainty: Certainty) -> RuleResult:
    try:
        met = requires.holds(requires.parse(text), forward.properties(question.node))
    except requires.BadRequirement as error:
        return RuleResult(certainty=Certainty.PROBABLE, actual=f"{name}: {error}", path=name)
    first = text.strip().partition(" ")[0]
    sure = weakest(certainty, *([Certainty.PROBABLE] if question.node.mode is ToolkitMode.UNKNOWN else []))
    if met is None:
        said = f"it is not known whether the node meets {name} ({first}, or an older data-centre driver)"
        return unverified(said, "give --gpu, --driver and --toolkit, or run preflight on the node")
    if met:
        return RuleResult(severity=Severity.NOTE, actual=f"{name} {first} holds on the node", certainty=sure, path=name)
    said = f"{name} ({first}, or an older data-centre driver) does not hold on driver {question.node.driver}"
    asked = forward.requirements_checked(question.node)
    return RuleResult(
        certainty=sure if asked else Certainty.POSSIBLE,
        actual=f"{said}: E11"
        if asked
        else f"{said}: a toolkit in legacy mode, as before 1.18, rejects the image (E11)",
        remedy="" if asked else "give --toolkit, or try it on the cluster",
        path=name,
        remedies=(forward.unchecked(question), *_newer_driver(question)),
    )


def _newer_driver(question: Question) -> tuple[Remedy, ...]:
    library = image.compat_driver(question)
    branch = library.value.partition(".")[0] if library else ""
    return (one_change(ChangeKind.DRIVER, f"update the driver to {branch} or newer", value=branch),) if branch else ()


RULES = (
    row("P03", "driver too old", "the driver supports the image's major release of CUDA", major),
    row(
        "P04",
        "driver of an older CUDA",
        "the driver supports the image's minor release of CUDA",
        minor,
        severity=Severity.NOTE,
    ),
    row("P05", "NVIDIA_REQUIRE_CUDA not met", "the node meets the image's requirements", requirement),
)
