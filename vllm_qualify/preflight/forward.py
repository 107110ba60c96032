"""Who puts CUDA's compatibility library before the driver of the host, and what follows from it. Pure.

Two independent mechanisms do. The image's own: ``/etc/ld.so.conf.d`` names the folder for good (vLLM 0.15 and 0.16,
vllm-project/vllm#30784, #33992). The node's: the hook ``enable-cuda-compat`` of the NVIDIA Container Toolkit from
1.17.5 on, which asks for the driver's version and never for the brand of the GPU. On a GeForce the result is error 804.
"""

from __future__ import annotations

from packaging.version import Version

from vllm_qualify.catalogue import Compat, cuda_drivers
from vllm_qualify.core.records import Certainty, Severity
from vllm_qualify.core.remedies import ChangeKind, Remedy, one_change
from vllm_qualify.core.rules import RuleResult, weakest
from vllm_qualify.preflight import image
from vllm_qualify.preflight.facts import NodeFacts, ToolkitMode
from vllm_qualify.preflight.question import Question

TOOLKIT = "NVIDIA/nvidia-container-toolkit: cmd/nvidia-cdi-hook/cudacompat"
PROBE = (
    "check inside the image: `ldconfig -p | grep libcuda.so.1; ls /etc/ld.so.conf.d` shows whether .../compat/ "
    "comes first; the file cuda-compat.conf is the image's doing, 00-compat-*.conf the toolkit's"
)
_FIRST_WITH_HOOK = Version("1.17.5")
_FIRST_JIT_CDI = Version("1.18.0")
_FIRST_BY_NOTE = Version("1.19.0")


def requirements_checked(node: NodeFacts) -> bool | None:
    """Whether the container runtime looks at NVIDIA_REQUIRE_*; ``None`` where nobody knows."""
    if node.mode is not ToolkitMode.UNKNOWN:
        return node.mode is ToolkitMode.LEGACY
    version = node.toolkit_version
    return None if version is None else version < _FIRST_JIT_CDI


def properties(node: NodeFacts) -> dict[str, frozenset[str]]:
    """What the node is, in the words of NVIDIA_REQUIRE_*."""
    driver = node.driver_version
    cuda = cuda_drivers.cuda_of(driver) if driver else None
    arch = node.compute_capability
    return {
        "arch": frozenset({f"{arch[0]}.{arch[1]}"} if arch else ()),
        "brand": node.brands,
        "cuda": frozenset({f"{cuda.value[0]}.{cuda.value[1]}"} if cuda else ()),
        "driver": frozenset({node.driver.strip()} if driver else ()),
    }


def hook_acts(node: NodeFacts, compat: Version) -> bool | None:
    """Whether the toolkit's hook puts a compatibility library of this version first; ``None`` where nobody knows.

    Up to 1.18 it compares major versions; from 1.19 on it reads the library's own list of drivers, in which the older
    branches are, and lets a newer one of the same branch win as well.
    """
    version, driver = node.toolkit_version, node.driver_version
    if node.compat_hook is False or (version is not None and version < _FIRST_WITH_HOOK):
        return False
    if driver is None:
        return None
    newer = compat > driver if version is None or version >= _FIRST_BY_NOTE else compat.major > driver.major
    if not newer:
        return False
    return None if version is None else True


def hook(node: NodeFacts) -> str:
    """The hook in words."""
    mode = f", mode {node.mode.value}" if node.mode is not ToolkitMode.UNKNOWN else ""
    return f"the NVIDIA Container Toolkit {node.toolkit}{mode}"


def override(question: Question) -> Remedy:
    """The variable under which the driver of the host is taken, whoever put the compatibility library first."""
    value = image.override(question)
    text = f"set LD_LIBRARY_PATH={value}"
    return one_change(ChangeKind.ENVIRONMENT, text, name="LD_LIBRARY_PATH", value=value)


def across_majors(question: Question, said: str, certainty: Certainty, remedies: tuple[Remedy, ...]) -> RuleResult:
    """What P03 says of a GPU that may have forward compatibility: is the library that it needs taken?"""
    if question.node.geforce is None or question.node.kind in {"embedded", "workstation"}:
        said += "; whether this GPU has forward compatibility is not known"
        return RuleResult(
            certainty=Certainty.POSSIBLE,
            actual=said,
            remedy="try it on the cluster, which calls the driver inside the image",
            remedies=remedies,
        )
    taken = _taken(question)
    if taken is True:
        return RuleResult(
            severity=Severity.WARN,
            certainty=Certainty.PROBABLE,
            actual=f"{said}; the image's compatibility library bridges it on a data-centre GPU",
        )
    name = "VLLM_ENABLE_CUDA_COMPATIBILITY"
    enable = one_change(ChangeKind.ENVIRONMENT, f"set {name}=1", name=name, value="1")
    said += "; the image's compatibility library would bridge it, but nothing is known to put it first"
    unsure = taken is None
    return RuleResult(
        certainty=Certainty.POSSIBLE if unsure else weakest(certainty, Certainty.PROBABLE),
        actual=said,
        remedy=PROBE if unsure else "",
        remedies=((enable,) if _obeys(question) else ()) + remedies,
    )


def unchecked(question: Question) -> Remedy:
    """No check of NVIDIA_REQUIRE_*; on a GeForce with the override, because error 804 may come instead."""
    text, name = "set NVIDIA_DISABLE_REQUIRE=1", "NVIDIA_DISABLE_REQUIRE"
    remedy = one_change(ChangeKind.ENVIRONMENT, text, name=name, value="1")
    compat = image.compat_driver(question)
    acts = hook_acts(question.node, Version(compat.value)) if compat else None
    if question.node.geforce is False or acts is False:
        return remedy
    return Remedy(changes=remedy.changes + override(question).changes)


def _taken(question: Question) -> bool | None:
    """Whether somebody puts the compatibility library first; ``None`` where nobody knows."""
    state, compat = image.compat(question), image.compat_driver(question)
    if image.host_first(question):
        return False
    if image.compat_first(question) or (state and state.value is Compat.PERSISTENT) or _enabled(question):
        return True
    return hook_acts(question.node, Version(compat.value)) if compat else None


def _obeys(question: Question) -> bool:
    state = image.compat(question)
    return state is not None and state.value is Compat.OPT_IN


def _enabled(question: Question) -> bool:
    return _obeys(question) and image.compat_enabled(question)
