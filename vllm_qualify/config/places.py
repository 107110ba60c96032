"""Where candidates run, in ``qualify.toml``, what is production there, and where runs are kept. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from vllm_qualify.config.values import NO_OTHER_KEYS, AnyNumber, Count, FilePath, Positive, ReleaseName, Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """The cluster whose production is at stake. No cluster is ever touched that is not named here.

    Attributes:
        context: context of the kubeconfig, always given to kubectl explicitly.
        namespace: namespace of the vLLM Deployments and of the Service.
        node: node that holds the GPU; empty: whichever node the Deployment runs on.
        strategy: in-place takes production down while a candidate is tried, because there is one GPU; beside starts the
            candidate next to production, on a second free GPU, and leaves production alone.
        max_downtime_seconds: seconds that production may be away; when they are over, the try ends and production is
            restored.
        service: Service behind which vLLM answers.
        toolkit: version of the NVIDIA Container Toolkit on the node, as `nvidia-ctk --version` tells it; no label does,
            and preflight is less sure without it.
        runtime_mode: mode of the toolkit's runtime; auto: not known.
        client: from where a candidate is asked; direct: from this machine, by the Service's or the pod's address; pod:
            from inside the cluster; auto: direct where that address can be reached, else pod.
    """

    __pydantic_config__ = NO_OTHER_KEYS

    context: Words
    namespace: Words = "ml"
    node: str = ""
    strategy: Literal["in-place", "beside"] = "in-place"
    max_downtime_seconds: Positive = 1800.0
    service: Words = "vllm-api"
    toolkit: str = ""
    runtime_mode: Literal["auto", "cdi", "jit-cdi", "legacy"] = "auto"
    client: Literal["auto", "direct", "pod"] = "auto"

    @property
    def downtime(self) -> str:
        """How long production may be away, as part of a sentence."""
        return f"for at most {self.max_downtime_seconds:g} s in all"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerSettings:
    """The container engine that candidates run on, and which of its containers is production.

    Without production, candidates serve the canaries in containers of their own.

    Attributes:
        engine: which one; auto takes Docker where it answers, else Podman.
        host: context or address of the engine, as in "ssh://gpu-host"; empty: this machine's own.
        container: name of the container that serves now; empty: compose says it, or there is none.
        r1: name of the container, or with compose of the service, of the reasoning mode; it is stopped while the
            everyday mode serves.
        compose: the Compose files of the project, in their order, relative to qualify.toml.
        service: service of the project that serves; empty: the only one that runs vLLM.
        profiles: profiles of the project that are active.
        env_file: file with the variables of the project; empty: the .env beside the first Compose file.
        max_downtime_seconds: seconds that production may be away; when they are over, the try ends and production is
            started again.
        keep_images: how many images of candidates that this run pulled stay on the host; empty: all of them.
    """

    __pydantic_config__ = NO_OTHER_KEYS

    engine: Literal["auto", "docker", "podman"] = "auto"
    host: str = ""
    container: str = ""
    r1: str = ""
    compose: tuple[FilePath, ...] = ()
    service: str = ""
    profiles: tuple[Words, ...] = ()
    env_file: FilePath | None = None
    max_downtime_seconds: Positive = 1800.0
    keep_images: AnyNumber | None = None

    @property
    def production(self) -> bool:
        """They name production."""
        return bool(self.container or self.compose)

    @property
    def downtime(self) -> str:
        """How long production may be away, as part of a sentence."""
        return f"for at most {self.max_downtime_seconds:g} s in all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Local:
    """How a candidate is run on this machine when there is no cluster.

    Attributes:
        device: gpu runs the official CUDA wheel of the release, cpu its CPU build; auto: the GPU, where NVML shows one.
        dtype: number format of weights and activations; auto: float32 on the CPU, on a GPU what the manifest says.
        kv_cache_gib: GiB of memory for the KV cache of a CPU build, in whole numbers.
        locks: requirements with hashes by release, as in { "0.15.1" = "vllm.txt" }, from which the engine of a release
            is installed instead of the third-party CPU build or of the default CUDA wheel; an official wheel for the
            CPU or for another CUDA, for example.
    """

    __pydantic_config__ = NO_OTHER_KEYS

    device: Literal["auto", "cpu", "gpu"] = "auto"
    dtype: Literal["auto", "float32", "bfloat16"] = "auto"
    kv_cache_gib: Count = 1
    locks: dict[ReleaseName, FilePath] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class HistorySettings:
    """Where all runs are kept together.

    Attributes:
        file: SQLite file that every run is recorded in at its end; runs of several machines may share one; without it:
            history.sqlite in the folder of all runs.
    """

    __pydantic_config__ = NO_OTHER_KEYS

    file: FilePath | None = None
