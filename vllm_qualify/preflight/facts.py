"""What the rules are asked about beside an image: a node, a manifest. Frozen records, every field optional. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from packaging.version import Version

from vllm_qualify.arguments import command_line
from vllm_qualify.arguments.shell.config_file import ConfigFile
from vllm_qualify.catalogue import cuda_drivers, gpu_models
from vllm_qualify.catalogue.gpu_models import Capability
from vllm_qualify.core.records import Certainty
from vllm_qualify.kube.serving import Probe, ServingManifest

_OFFICIAL = "vllm-openai"


class ToolkitMode(Enum):
    """How the NVIDIA Container Toolkit puts the driver into a container."""

    CDI = "cdi"
    JIT_CDI = "jit-cdi"
    LEGACY = "legacy"
    UNKNOWN = "unknown"

    @classmethod
    def of(cls, word: str) -> ToolkitMode:
        """The mode that options and settings call so; ``auto`` and every other word: not known."""
        return next((mode for mode in cls if mode.value == word), cls.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFacts:
    """What is known of the node; see `node`, which fills in what the name of the GPU tells.

    Attributes:
        name: of the node, for messages.
        gpu: name of its GPU, as whoever knows it writes it.
        compute_capability: 8.6 as ``(8, 6)``.
        memory_mib: of one GPU, as nvidia-smi tells it.
        gpus: how many GPUs it has.
        gpus_told: somebody said so; else it is one because vLLM needs one.
        driver: version of the driver.
        toolkit: version of the NVIDIA Container Toolkit.
        mode: how that toolkit puts the driver into a container.
        compat_hook: whether its hook that enables CUDA's compatibility library may act; ``None``: as it does by itself.
        kind: ``geforce``, ``titan``, ``workstation``, ``datacenter``, ``embedded``; ``""`` where nobody knows.
        brands: what the driver may call the GPU's brand, in lower case.
        assumed: which of these fields come from the GPU's name alone.
    """

    name: str = ""
    gpu: str = ""
    compute_capability: Capability | None = None
    memory_mib: int | None = None
    gpus: int = 1
    gpus_told: bool = False
    driver: str = ""
    toolkit: str = ""
    mode: ToolkitMode = ToolkitMode.UNKNOWN
    compat_hook: bool | None = None
    kind: str = ""
    brands: frozenset[str] = frozenset()
    assumed: frozenset[str] = frozenset()

    @property
    def geforce(self) -> bool | None:
        """A consumer card, on which CUDA's forward compatibility is not supported; ``None`` where nobody knows."""
        return self.kind in {"geforce", "titan"} if self.kind else None

    @property
    def driver_version(self) -> Version | None:
        """The driver's version; ``None`` where it is not known or cannot be read."""
        return cuda_drivers.parse(self.driver)

    @property
    def toolkit_version(self) -> Version | None:
        """The toolkit's version; ``None`` where it is not known or cannot be read."""
        return cuda_drivers.parse(self.toolkit.strip().removeprefix("v"))

    def __str__(self) -> str:
        return self.name or self.gpu or "the node"


def node(  # One argument for each thing that is told of a node; all are keywords.
    *,
    gpu: str = "",
    driver: str = "",
    toolkit: str = "",
    mode: ToolkitMode = ToolkitMode.UNKNOWN,
    compat_hook: bool | None = None,
    name: str = "",
    memory_mib: int | None = None,
    compute_capability: Capability | None = None,
    count: int | None = None,
) -> NodeFacts:
    """Put together what is told of a node, the rest from the name of its GPU."""
    card = gpu_models.find(gpu)
    assumed = {"memory_mib": memory_mib, "compute_capability": compute_capability} if card else {}
    return NodeFacts(
        name=name,
        gpu=gpu,
        gpus=count or 1,
        gpus_told=count is not None,
        driver=driver,
        toolkit=toolkit,
        mode=mode,
        compat_hook=compat_hook,
        memory_mib=memory_mib or (card.memory_mib if card else None) or None,
        compute_capability=compute_capability or (card.capability if card else None),
        kind=card.kind if card else "",
        brands=card.brands if card else frozenset(),
        assumed=frozenset(field for field, told in assumed.items() if not told),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestFacts:
    """What the operator's manifest says of the serving container.

    Attributes:
        source: the file, for messages.
        image: what it names now: the release from which the upgrade goes.
        command: what replaces the image's entrypoint; empty where the image's own runs.
        args: what is handed to it.
        env: variables by name; ``None`` where the value comes from elsewhere.
        probes: by kind: ``liveness``, ``readiness``, ``startup``.
        unknowns: what stands in command and args for a value that is not known, such as ``$(MAX_LEN)``, and where that
            comes from.
        gaps: where options may come from that nobody has read.
        config: the file of ``--config``; ``None`` where the command line names none.
        gpus: how many its limits give to the container; ``None`` where they name none.
    """

    source: str = ""
    image: str = ""
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    # Values may be tokens, and a repr ends up in failure messages.
    env: Mapping[str, str | None] = field(default_factory=dict, repr=False)
    probes: Mapping[str, Probe] = field(default_factory=dict)
    unknowns: Mapping[str, str] = field(default_factory=dict)
    gaps: tuple[str, ...] = ()
    config: ConfigFile | None = None
    gpus: int | None = None

    @classmethod
    def of(cls, manifest: ServingManifest) -> ManifestFacts:
        """What a manifest that was read says."""
        command, args = manifest.executed_command, manifest.executed_args
        # An image of one's own may have no entrypoint, so that its arguments are the command.
        if _OFFICIAL not in manifest.image and command_line.starts_server(args):
            command, args = args, ()
        return cls(
            source=manifest.source,
            image=manifest.image,
            command=command,
            args=args,
            env=manifest.env,
            probes=manifest.probes,
            unknowns=manifest.unknowns,
            gaps=manifest.gaps,
            config=manifest.config,
            gpus=manifest.gpus,
        )


MEMORY_FROM_NAME = Certainty.PROBABLE
"""How far the memory may be trusted that the GPU's name alone tells: the same name is sold in several sizes."""
