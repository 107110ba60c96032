"""What an exit code says when nothing else does."""

from __future__ import annotations

from vllm_qualify.core.records import Certainty, Diagnosis

_SIGNAL = 128
_CODES = {
    2: (
        "E91",
        "the command line was rejected (exit code 2)",
        "Compare the arguments with the usage that the parser printed in the container's log.",
    ),
    126: (
        "E75",
        "the container's command cannot be executed (exit code 126)",
        "Leave `command` out of the manifest, or correct it.",
    ),
    127: (
        "E75",
        "the container's command does not exist in the image (exit code 127)",
        "Leave `command` out of the manifest, or set it to the image's entrypoint in this release.",
    ),
    132: (
        "E86",
        "the processor lacks an instruction (SIGILL, exit code 132)",
        "On a CPU build: use one for AVX2, or a processor with AVX-512.",
    ),
    134: (
        "E90",
        "compiled code aborted the process (SIGABRT, exit code 134)",
        "Search the release's issues for the last lines of the log.",
    ),
    135: (
        "E33",
        "shared memory is too small (SIGBUS, exit code 135)",
        "Mount an emptyDir with medium: Memory at /dev/shm.",
    ),
    137: (
        "E51",
        "killed by SIGKILL (exit code 137)",
        "Most often out of host memory: raise the memory limit, or look for the OOM killer in the kernel's log.",
    ),
    139: (
        "E89",
        "the process crashed in compiled code (SIGSEGV, exit code 139)",
        "Search the release's issues for the last lines of the log; try --enforce-eager, or another image.",
    ),
    143: (
        "E51",
        "ended by SIGTERM (exit code 143)",
        "Check the pod's events for what stopped it: a probe, a drain or a deletion.",
    ),
}


def normal(code: int | None) -> int | None:
    """The code as a container reports it; a child process reports a signal as its negative number."""
    return _SIGNAL - code if code is not None and code < 0 else code


def explain(code: int | None) -> Diagnosis | None:
    """The cause that an exit code points to; ``None`` for one that says nothing, such as 1."""
    if code not in _CODES:
        return None
    cause, title, remedy = _CODES[code]
    return Diagnosis(
        cause=cause, title=title, certainty=Certainty.PROBABLE, remedy=remedy, reference=f"exit code {code}"
    )
