"""The types of ``qualify.toml``: what an operator may set, with what it is when it is not set. No I/O.

The ``Attributes`` of the docstrings are what an editor shows: ``schema.py`` copies them into the JSON Schema.
Defaults that are paths come from factories, so that no path of one machine is written into that schema.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from vllm_qualify.config.modes import Modes, built_in_modes
from vllm_qualify.config.own_requirements import OwnId, OwnRequirement
from vllm_qualify.config.places import Cluster, ContainerSettings, HistorySettings, Local
from vllm_qualify.config.policy import Policy
from vllm_qualify.config.values import (
    NO_OTHER_KEYS,
    Address,
    Argv,
    Candidate,
    Count,
    FilePath,
    Positive,
    RemoteFolder,
    Rounds,
    Share,
    VariableName,
    Words,
)
from vllm_qualify.core.shipped import CANARY


@dataclass(frozen=True, slots=True, kw_only=True)
class ThroughputBudget:
    """The decode rate that one GPU is known for.

    Attributes:
        low: tokens per second that a candidate must reach.
        high: tokens per second above which the measurement itself is in doubt.
        gpu: name of the GPU, as NVML gives it, for which the band holds; on another one the figure is only shown.
    """

    __pydantic_config__ = NO_OTHER_KEYS

    low: Positive = 30.0
    high: Positive = 50.0
    gpu: Words = "NVIDIA GeForce RTX 3060"


@dataclass(frozen=True, slots=True, kw_only=True)
class Budgets:
    """What a candidate may cost.

    Attributes:
        hang_seconds: seconds of silence, while the process or container runs, after which an engine is called hung; as
            long as a restart would take.
        load_seconds: seconds from the start of the container to the first token.
        throughput: the decode rate and the GPU that it belongs to.
        vram_mib: GPU memory in MiB that the candidate must stay inside; without it: all that the card has.
    """

    __pydantic_config__ = NO_OTHER_KEYS

    hang_seconds: Positive = 60.0
    load_seconds: Positive = 120.0
    throughput: ThroughputBudget = field(default_factory=ThroughputBudget)
    vram_mib: Positive | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadSettings:
    """How a start is held against the load budget.

    Attributes:
        cold: what becomes of a start that compiled graphs and kernels, since no cache held them, and took too long for
            it; report: the candidate is started once more, that start is judged, and both are told; judge: the first
            one is judged.
    """

    __pydantic_config__ = NO_OTHER_KEYS

    cold: Literal["report", "judge"] = "report"


@dataclass(frozen=True, slots=True, kw_only=True)
class ThroughputSettings:
    """How often one stream is measured, how many streams at once, and what a good request keeps.

    Attributes:
        rounds: of five requests each, one request at a time; more of them tell smaller losses from noise.
        streams: how many requests are under way at once.
        sweep_streams: with --sweep: the last of 1, 2, 4, 8 ... streams.
        first_token_seconds: with --sweep: a request is good if its first token comes within so many seconds, ...
        inter_token_seconds: ... and its further tokens within so many seconds each, in the mean.
    """

    __pydantic_config__ = NO_OTHER_KEYS

    rounds: Rounds = 3
    streams: Count = 8
    sweep_streams: Count = 32
    first_token_seconds: Positive = 2.0
    inter_token_seconds: Positive = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Classification:
    """The documents that are classified, and what their answers are held against.

    Attributes:
        documents: labelled documents, one JSON object a line: id, language, text, expected.
        schema: JSON Schema (Draft 2020-12) of an answer.
        prompts: the prompts that ask for an answer, as JSON.
        label_floor: share of the documents, 0 to 1, whose labels must be right.
    """

    __pydantic_config__ = NO_OTHER_KEYS

    documents: FilePath = field(default_factory=lambda: CANARY / "documents.jsonl")
    schema: FilePath = field(default_factory=lambda: CANARY / "schema.json")
    prompts: FilePath = field(default_factory=lambda: CANARY / "prompts.json")
    label_floor: Share = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasoning:
    """The questions that the reasoning mode answers.

    Attributes:
        sums: sums with their answers, one JSON object a line.
    """

    __pydantic_config__ = NO_OTHER_KEYS

    sums: FilePath = field(default_factory=lambda: CANARY / "sums.jsonl")


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """The LiteLLM proxy in front of vLLM; without it the requirement ROUTE is not applicable.

    Attributes:
        proxy: base URL of the proxy.
        alias: model name that callers use, which must reach the candidate.
        config_map: YAML file with the proxy's config map, relative to qualify.toml.
        fallback: model that the proxy falls back to; an answer from it is a failure.
        api_key_env: name of the environment variable of the harness that holds a key of the proxy; the key itself
            stands in no file.
    """

    __pydantic_config__ = NO_OTHER_KEYS

    proxy: Address
    alias: Words = "vllm-qwen"
    config_map: FilePath
    fallback: str = ""
    api_key_env: VariableName = "LITELLM_MASTER_KEY"


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricFiles:
    """What reads the metrics of vLLM: an alert on a name that a candidate no longer has never fires again.

    Attributes:
        files: Grafana dashboards, PrometheusRules and rule files, ServiceMonitors, ScaledObjects, and ConfigMaps with
            any of them, relative to qualify.toml; ** stands for any folders, as in "dashboards/**/*.json".
    """

    __pydantic_config__ = NO_OTHER_KEYS

    files: tuple[FilePath, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuMode:
    """The operator's own command that switches between the modes; without it Deployments are scaled directly.

    Attributes:
        command: the command and its first arguments, one word each, as in ["ssh", "gpu-worker", "gpu-mode"]; status, ml
            or r1 follows, then --image with the candidate.
        read: the words that, followed by a path, print a file of the machine that the command runs on, as in ["ssh",
            "gpu-worker", "cat"].
        folder: folder on that machine from which the command takes its manifests; empty: they are not compared.
        deadline_seconds: seconds that one call of the command may take.
    """

    __pydantic_config__ = NO_OTHER_KEYS

    command: Argv
    read: Argv = ("cat",)
    folder: RemoteFolder = ""
    deadline_seconds: Positive = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryAccess:
    """How this machine reaches the registries that list the tags of a range; pods pull as their node does.

    Attributes:
        mirrors: addresses to ask in the place of a registry, by its host, as in { "docker.io" = "http://10.0.0.1" }.
        insecure: hosts that may be asked in plain HTTP.
    """

    __pydantic_config__ = NO_OTHER_KEYS

    mirrors: dict[str, Address] = field(default_factory=dict)
    insecure: tuple[Words, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineSettings:
    """What candidates are compared with.

    Attributes:
        source: current measures production before it is taken down and again when it is back; an image is tried before
            the candidates and again after them; the folder of a stored run is taken as it is, latest is the newest;
            none compares with nothing.
        regression: loss of speed beside the baseline that fails a candidate, as a share; 0.08 for 8 %.
    """

    __pydantic_config__ = NO_OTHER_KEYS

    source: str = ""
    regression: Share = 0.08


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What vllm-qualify tries, on what, and what it holds the candidates to.

    ``Settings()`` is the built-in canary profile: it names no candidate and no cluster.

    Attributes:
        candidates: images to try, in this order, when no --image is given.
        target: what candidates run on; auto takes the cluster if one is named, else the container engine if [container]
            is there or this machine has a GPU and an engine, else this machine.
        cluster: the cluster to qualify on.
        container: the container engine to qualify on.
        modes: the models and their manifests.
        budgets: what a candidate may cost.
        baseline: what candidates are compared with.
        load: how a start is held against the load budget.
        throughput: how many streams at once are measured.
        classification: the documents and what is expected of them.
        reasoning: the questions for the reasoning mode.
        routing: the proxy in front of vLLM.
        metrics: the files that read vLLM's metrics.
        gpu_mode: the operator's own command that switches modes.
        registry: how the registries of ranges are reached.
        local: how a candidate runs on this machine.
        policy: which published advisories rule a candidate out.
        history: where all runs are kept together.
        suites: folders of suites of your own, run after the shipped ones, relative to qualify.toml.
        requirements: requirements of your own, by the id that cases of those suites are marked with; at most 16 capital
            letters and digits, a letter first.
        waivers: rules that do not matter here, each with the reason, as in { H10 = "CUDA graphs fit on our GPU" };
            their findings are shown with it and stand in nobody's way.
    """

    __pydantic_config__ = NO_OTHER_KEYS

    candidates: tuple[Candidate, ...] = ()
    target: Literal["auto", "local", "container", "kubernetes"] = "auto"
    cluster: Cluster | None = None
    container: ContainerSettings | None = None
    modes: Modes = field(default_factory=built_in_modes)
    budgets: Budgets = field(default_factory=Budgets)
    baseline: BaselineSettings = field(default_factory=BaselineSettings)
    load: LoadSettings = field(default_factory=LoadSettings)
    throughput: ThroughputSettings = field(default_factory=ThroughputSettings)
    classification: Classification = field(default_factory=Classification)
    reasoning: Reasoning = field(default_factory=Reasoning)
    routing: Routing | None = None
    metrics: MetricFiles = field(default_factory=MetricFiles)
    gpu_mode: GpuMode | None = None
    registry: RegistryAccess = field(default_factory=RegistryAccess)
    local: Local = field(default_factory=Local)
    policy: Policy = field(default_factory=Policy)
    history: HistorySettings = field(default_factory=HistorySettings)
    suites: tuple[FilePath, ...] = ()
    requirements: dict[OwnId, OwnRequirement] = field(default_factory=dict)
    waivers: dict[str, Words] = field(default_factory=dict)
