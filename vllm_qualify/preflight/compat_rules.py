"""Rules of CUDA's forward compatibility on one node: errors 803 and 804, by each way in which they come about. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from packaging.version import Version

from vllm_qualify.catalogue import Compat, Fact
from vllm_qualify.core.records import Certainty, Severity
from vllm_qualify.core.remedies import ChangeKind, Remedy, one_change
from vllm_qualify.core.rules import RuleResult, row, weakest
from vllm_qualify.preflight import forward, image, requires
from vllm_qualify.preflight.phrases import sources, spelt
from vllm_qualify.preflight.question import Question
from vllm_qualify.preflight.remedies import HOOK

_IMAGE_SIDE = "vllm-project/vllm#30784, #33992; gpustack/gpustack#4678"
_ERROR_804 = "error 804: forward compatibility was attempted on non supported HW (E01)"
_ERROR_803 = "error 803: system has unsupported display driver / cuda driver combination (E05)"
_OTHER_RELEASE = one_change(
    ChangeKind.RELEASE, "take v0.17.0 or newer, which does not change the linker's configuration", value="0.17.0"
)
_NO_HOOK = one_change(
    ChangeKind.NODE, f"disable the hook on the node: {HOOK} in the toolkit's configuration", name=HOOK
)


def image_side(question: Question) -> Iterator[RuleResult]:
    """P06: the image itself puts its compatibility library first, for good."""
    state, library, driver = image.compat(question), image.compat_driver(question), question.node.driver_version
    if state is None or library is None or driver is None:
        return
    if state.value is not Compat.PERSISTENT:
        said = f"the image does not change the linker's configuration (compatibility library: {state.value.value})"
        yield RuleResult(severity=Severity.NOTE, actual=said, certainty=state.certainty, source=state.source)
        return
    said = f"the image's /etc/ld.so.conf.d puts its compatibility library ({library.value}) before driver "
    said += question.node.driver
    certainty = weakest(state.certainty, Certainty.PROBABLE)
    newer = Version(library.value) > driver
    if image.host_first(question):
        yield _overridden(said)
    elif newer and question.node.geforce is False:
        yield RuleResult(severity=Severity.NOTE, actual=said, certainty=certainty, source=state.source)
    elif newer:
        known = question.node.geforce is not None
        certainty = certainty if known else Certainty.POSSIBLE
        yield _error(question, f"{said}: {_ERROR_804}", certainty, _source(state), _OTHER_RELEASE)
    elif Version(library.value) < driver:
        same_branch = Version(library.value).major == driver.major
        said = f"{said}, which is newer: {_ERROR_803}, on any GPU"
        certainty = Certainty.POSSIBLE if same_branch else certainty
        found = _error(question, said, certainty, _source(state), _OTHER_RELEASE)
        yield replace(found, brief="error 803 by the image")


def node_side(question: Question) -> Iterator[RuleResult]:
    """P07: the node's toolkit puts the image's compatibility library first, without a look at the GPU."""
    library, node = image.compat_driver(question), question.node
    if library is None or node.driver_version is None or node.geforce is False:
        return
    acts = forward.hook_acts(node, Version(library.value))
    versions = f"compatibility library {library.value}, driver {node.driver}"
    if acts is False:
        off = (
            "is disabled or missing in this version"
            if Version(library.value) > node.driver_version
            else "does nothing here"
        )
        said = f"the toolkit's hook enable-cuda-compat {off} ({versions})"
        yield RuleResult(severity=Severity.NOTE, actual=said, certainty=library.certainty, source=forward.TOOLKIT)
    elif image.host_first(question):
        yield _overridden(f"the toolkit's hook may put the compatibility library first ({versions})")
    elif acts is None:
        said = (
            f"toolkits from 1.17.5 put this image's library first, which causes on a GeForce: {_ERROR_804}; {versions}"
        )
        said = f"the toolkit version of the node is not known: {said}"
        yield _error(question, said, Certainty.POSSIBLE, forward.TOOLKIT, _newer_driver(question), _NO_HOOK)
    elif forward.requirements_checked(node) and not requires.disabled(question.env):
        said = (
            "the toolkit first rejects the image by NVIDIA_REQUIRE_CUDA; without that check it would cause "
            f"{_ERROR_804}"
        )
        yield RuleResult(severity=Severity.NOTE, actual=said, certainty=Certainty.PROBABLE, source=forward.TOOLKIT)
    else:
        certainty = Certainty.PROBABLE if node.geforce else Certainty.POSSIBLE
        said = f"{forward.hook(node)} puts the image's library first, GeForce or not ({versions}): {_ERROR_804}"
        yield _error(question, said, certainty, forward.TOOLKIT, _newer_driver(question), _NO_HOOK)


def asked_for(question: Question) -> Iterator[RuleResult]:
    """P08: the manifest or the image asks for the error 804 by a variable."""
    node, library = question.node, image.compat_driver(question)
    if node.geforce is False or library is None or node.driver_version is None or image.host_first(question):
        return
    state = image.compat(question)
    obeyed = state is not None and state.value is Compat.OPT_IN and image.compat_enabled(question)
    name = "LD_LIBRARY_PATH" if image.compat_first(question) else "VLLM_ENABLE_CUDA_COMPATIBILITY" if obeyed else ""
    if not name or Version(library.value).major <= node.driver_version.major:
        return
    drop = one_change(ChangeKind.ENVIRONMENT, f"drop the variable {name}", name=name)
    yield RuleResult(
        certainty=Certainty.PROBABLE if node.geforce else Certainty.POSSIBLE,
        actual=f"{name} puts the image's compatibility library {library.value} first: {_ERROR_804}",
        path=name,
        remedies=(drop,),
    )


def _source(state: Fact[Compat]) -> str:
    return sources(state.source, _IMAGE_SIDE)


def _overridden(said: str) -> RuleResult:
    return RuleResult(
        severity=Severity.NOTE,
        certainty=Certainty.PROBABLE,
        actual=f"{said}, but LD_LIBRARY_PATH selects the host's driver",
        path="LD_LIBRARY_PATH",
        source="QuipNetwork/quip-miner#24",
    )


def _error(question: Question, said: str, certainty: Certainty, source: str, *others: Remedy) -> RuleResult:
    """The answer of all of them: take the driver of the host, or one of the other changes."""
    return RuleResult(
        actual=said,
        certainty=certainty,
        path="LD_LIBRARY_PATH",
        source=source,
        remedy=forward.PROBE if certainty is Certainty.POSSIBLE else "",
        remedies=(forward.override(question), *others),
    )


def _newer_driver(question: Question) -> Remedy:
    library = image.compat_driver(question)
    branch = library.value.partition(".")[0] if library else ""
    cuda = image.cuda(question)
    known = f" (CUDA {spelt(cuda.value)})" if cuda else ""
    return one_change(ChangeKind.DRIVER, f"update the driver to {branch} or newer{known}", value=branch)


RULES = (
    row("P06", "error 804 by the image", "the image lets the host's driver take precedence", image_side),
    row("P07", "error 804 by the toolkit", "the node's toolkit lets the host's driver take precedence", node_side),
    row("P08", "error 804 by a variable", "no variable lets the compatibility library take precedence", asked_for),
)
