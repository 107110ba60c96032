"""Which attention backend a start asks for, and what releases say of backends, GPUs and the KV cache's numbers. Pure.

`LIMITS` was read from the sources of the releases, 0.5.5 to 0.33.0: up to 0.10.2 what V1 cannot do falls back to V0,
whose XFormers kernels take fp8 on every GPU; 0.11.0 chooses by a list of its own, and since 0.11.1 the first backend
that allows GPU and numbers is taken.
"""

from __future__ import annotations

from dataclasses import dataclass

from packaging.version import Version

from vllm_qualify.catalogue.gpu_models import Capability
from vllm_qualify.core.records import Certainty
from vllm_qualify.preflight.question import Question

BACKEND_OPTION = "--attention-backend"
BACKEND_VARIABLE = "VLLM_ATTENTION_BACKEND"
KV_DTYPE = "--kv-cache-dtype"

_FP8 = ("fp8",)
_BF16 = ("bfloat16",)
_ANY = ("",)
_NO_BACKEND = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendLimit:
    """What a span of releases does not do.

    Attributes:
        first: the oldest release that it is true of.
        last: the newest; empty where it still is.
        backend: that is asked for; empty where the release chooses.
        above: the least compute capability that it is true of.
        below: the first compute capability that it is no longer true of.
        numbers: how the name of the KV cache's numbers begins.
        latent: of models with latent attention (MLA); ``None`` of all.
        says: why, in one sentence without the release.
        certainty: certain where the release refuses it itself.
        source: where it was read.
        works: the newest release before it that does it; empty for none.
    """

    first: str
    last: str = ""
    backend: str = _NO_BACKEND
    above: Capability = (0, 0)
    below: Capability
    numbers: tuple[str, ...] = _FP8
    latent: bool | None = False
    says: str
    certainty: Certainty = Certainty.CERTAIN
    source: str
    works: str = ""

    def concerns(self, version: Version) -> bool:
        """It is true of a release."""
        return Version(self.first) <= version and (not self.last or version <= Version(self.last))


_TRITON = "the Triton attention backend stores fp8 as fp8e4nv, which needs compute capability 8.9"
_PROBABLE = Certainty.PROBABLE

LIMITS = (
    BackendLimit(
        first="0.11.0", last="0.11.0", below=(8, 0),
        says="on this GPU it uses FlexAttention, which does not support a quantized KV cache",
        source="0.11.0:vllm/platforms/cuda.py, vllm/v1/attention/backends/flex_attention.py",
    ),
    BackendLimit(
        first="0.11.0", last="0.11.0", above=(8, 0), below=(8, 9), says=_TRITON, certainty=_PROBABLE,
        source="0.11.0:vllm/platforms/cuda.py; vllm-project/vllm#26431", works="0.10.2",
    ),
    BackendLimit(
        first="0.11.1", last="0.23.0", below=(7, 5), says=_TRITON, certainty=_PROBABLE,
        source="0.11.1:vllm/v1/attention/backends/flashinfer.py, triton_attn.py",
    ),
    BackendLimit(
        first="0.24.0", below=(8, 0),
        says="FlashInfer is no longer used below compute capability 8.0, and the Triton attention backend refuses "
        "fp8 below 8.9",
        source="0.24.0:vllm/v1/attention/backends/flashinfer.py, triton_attn.py; vllm-project/vllm#47549",
        works="0.23.0",
    ),
    BackendLimit(
        first="0.24.0", below=(8, 0), numbers=_BF16, says="a KV cache in bfloat16 needs compute capability 8.0",
        source="0.24.0:vllm/v1/attention/backends/triton_attn.py",
    ),
    BackendLimit(
        first="0.11.0", last="0.23.0", backend="TRITON_ATTN", below=(8, 9), says=_TRITON, certainty=_PROBABLE,
        source="0.11.0:vllm/v1/attention/backends/triton_attn.py; vllm-project/vllm#26431",
    ),
    BackendLimit(
        first="0.24.0", backend="TRITON_ATTN", below=(8, 9),
        says="the Triton attention backend refuses fp8 below compute capability 8.9",
        source="0.24.0:vllm/v1/attention/backends/triton_attn.py",
    ),
    BackendLimit(
        first="0.11.0", backend="FLASH_ATTN", below=(9, 0),
        says="FlashAttention supports an fp8 KV cache only from compute capability 9.0",
        source="0.11.0:vllm/v1/attention/backends/flash_attn.py",
    ),
    BackendLimit(
        first="0.11.1", backend="FLASH_ATTN", below=(8, 0), numbers=_ANY, latent=None,
        says="FlashAttention needs compute capability 8.0", source="0.11.1:vllm/v1/attention/backends/flash_attn.py",
    ),
    BackendLimit(
        first="0.24.0", backend="FLASHINFER", below=(8, 0), numbers=_ANY, latent=None,
        says="FlashInfer needs compute capability 8.0 since v0.24.0",
        source="0.24.0:vllm/v1/attention/backends/flashinfer.py", works="0.23.0",
    ),
    BackendLimit(
        first="0.11.1", last="0.23.0", backend="FLASHINFER", below=(7, 5), numbers=_ANY, latent=None,
        says="FlashInfer needs compute capability 7.5", source="0.11.1:vllm/v1/attention/backends/flashinfer.py",
    ),
    BackendLimit(
        first="0.8.0", last="0.17.1", below=(9, 0), latent=True, certainty=_PROBABLE,
        says="the model's latent attention uses the Triton MLA backend here, which does not support fp8",
        source="0.8.5 to 0.17.1:vllm/v1/attention/backends/mla/triton_mla.py; vllm-project/vllm#35577",
    ),
    BackendLimit(
        first="0.11.0", last="0.17.1", above=(12, 0), below=(13, 0), latent=True, certainty=_PROBABLE,
        says="the model's latent attention uses the Triton MLA backend here, which does not support fp8",
        source="0.11.1 to 0.17.1:vllm/v1/attention/backends/mla/triton_mla.py; vllm-project/vllm#35577",
    ),
    BackendLimit(
        first="0.18.0", last="0.25.1", below=(8, 9), latent=True, certainty=_PROBABLE,
        says="the model's latent attention uses the Triton MLA backend, whose fp8 needs compute capability 8.9",
        source="0.18.0:vllm/v1/attention/backends/mla/triton_mla.py",
    ),
    BackendLimit(
        first="0.26.0", below=(8, 9), latent=True,
        says="the model's latent attention uses the Triton MLA backend, which refuses fp8 below 8.9",
        source="0.26.0:vllm/v1/attention/backends/mla/triton_mla.py",
    ),
)  # fmt: skip


def asked_for(question: Question) -> str:
    """The backend that the command line or the variable names, in the release's own spelling; empty for none."""
    release, command = question.release, question.command
    option = (command.value(BACKEND_OPTION) if command else None) or ""
    variable = question.env.get(BACKEND_VARIABLE) or ""
    if option and option.lower() not in {"auto", "none"}:
        return option.upper()
    read = release is not None and BACKEND_VARIABLE in release.environment
    return variable if read else ""


def kv_numbers(question: Question) -> str:
    """What ``--kv-cache-dtype`` says, in lower case; empty where it leaves the choice to the release."""
    said = (question.command.value(KV_DTYPE) if question.command else None) or ""
    return "" if said.lower() == "auto" else said.lower()
