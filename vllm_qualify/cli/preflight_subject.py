"""From the options of ``vllm-qualify preflight`` to the node and the remedies to start that every image is asked about.

What takes long to load, the settings' library above all, is loaded only where a question needs it.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from vllm_qualify import preflight
from vllm_qualify.arguments import env_override
from vllm_qualify.catalogue import cuda_drivers, gpu_models
from vllm_qualify.cli.parsing import CommandParser
from vllm_qualify.core import advisories
from vllm_qualify.core.advisories import Rating
from vllm_qualify.core.shipped import HOME_LAB
from vllm_qualify.kube.config_maps import Data, Lookup, nowhere
from vllm_qualify.preflight import NodeFacts, ToolkitMode
from vllm_qualify.preflight import any_manifest as manifest_files
from vllm_qualify.preflight import launch_specs as start_files
from vllm_qualify.preflight.launch_specs import BadInput
from vllm_qualify.preflight.predict import LaunchSpec, Subject
from vllm_qualify.system import path_checks
from vllm_qualify.targets import rule_ids

if TYPE_CHECKING:
    from vllm_qualify.config import Cluster

_EXAMPLE = HOME_LAB / "applications" / "vllm"
_EXAMPLE_MODES = ("deployment.yaml", "deployment-r1.yaml")
_EXAMPLES = "the example's"
_LARGEST_MIB = 10**8
_MOST_GPUS = 1000
_MODES = ("auto", "cdi", "jit-cdi", "legacy")
_SETTINGS = "qualify.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """What manifests and settings tell: the starts, the load budget, what is waived, the policy, and whose node."""

    starts: tuple[LaunchSpec, ...]
    load_seconds: float | None = None
    waivers: Mapping[str, str] = field(default_factory=dict)
    policy: Rating | None = None
    cluster: Cluster | None = None


def arguments(parser: CommandParser) -> None:
    """What is known of the node, and how candidates are started."""
    node = parser.add_argument_group("the node (default: this machine, through NVML)")
    node.add_argument("--gpu", default="", metavar="NAME", help='its name in nvidia-smi, such as "RTX 3060"')
    node.add_argument("--gpus", default="", metavar="N", help="how many such GPUs the node has")
    node.add_argument("--driver", default="", metavar="VERSION", help="of the NVIDIA driver, such as 570.195.03")
    node.add_argument(
        "--toolkit", default="", metavar="VERSION", help=("of the NVIDIA Container Toolkit, such as 1.18.0")
    )
    node.add_argument("--runtime-mode", choices=_MODES, default="auto", help="mode of the toolkit's runtime")
    node.add_argument("--no-compat-hook", action="store_true", help="the toolkit's hook enable-cuda-compat is off")
    node.add_argument("--gpu-memory", default="", metavar="MIB", help="of one GPU, if its name does not tell")
    node.add_argument("--compute-capability", default="", metavar="X.Y", help="if the GPU's name does not tell")
    node.add_argument(
        "--context", default="", metavar="NAME", help="read the labels of a node in this context of the kubeconfig"
    )
    node.add_argument("--node", default="", metavar="NAME", help="name of the node (default: the only one with a GPU)")
    start_arguments(parser)
    policy = parser.add_argument_group("what else rules an image out")
    policy.add_argument(
        "--advisories",
        choices=advisories.LEVELS,
        help="severity from which on an advisory that applies rules an image out (default: that of the settings)",
    )


def start_arguments(parser: CommandParser) -> None:
    """How candidates are started."""
    start = parser.add_argument_group(
        "how candidates are started (default: the modes of ./qualify.toml, else an example)"
    )
    start.add_argument(
        "--manifest",
        action="append",
        metavar="FILE",
        help="any manifest with pods in it, a Compose file, a start script, a unit or quadlet of systemd, a folder, or "
        "- for standard input; may be repeated",
    )
    start.add_argument(
        "--workload", default="", metavar="NAME", help=("which workload or service, if the manifest has several")
    )
    start.add_argument("--args", metavar="WORDS", help='the command line instead of a manifest, such as "--model X"')
    start.add_argument("--config", metavar="FILE", help=f"settings instead of ./{_SETTINGS}")
    start.add_argument("--env", action="append", default=[], metavar="NAME=VALUE", help="an additional variable")
    start.add_argument(
        "--model-config", action="append", default=[], metavar="[MODEL=]FILE", help="a model's config.json"
    )


def gather(options: argparse.Namespace) -> Subject:
    """What is asked about.

    Raises:
        BadConfig: the settings cannot be used.
        BadInput: anything else that was given cannot be used.
        BadManifest: a manifest cannot be read.
        BadOverride: a variable is not written as one.
    """
    told = _told(options)
    given = _started(options)
    return Subject(
        node=_node(options, told, given),
        starts=given.starts,
        load_seconds=given.load_seconds,
        waivers=given.waivers,
        policy=advisories.floor(options.advisories) if options.advisories else given.policy,
    )


def without_node(options: argparse.Namespace) -> Subject:
    """What is asked about where no node matters.

    Raises:
        BadConfig, BadInput, BadManifest, BadOverride: as ``gather``.
    """
    return Subject(node=preflight.node(), starts=_started(options).starts)


def _started(options: argparse.Namespace) -> _Given:
    """What is given, with the variables and the models of the options."""
    variables = env_override.read(options.env)
    given = _given(options, variables)
    models = {name: Path(path) for name, _, path in (text.rpartition("=") for text in options.model_config)}
    return replace(given, starts=start_files.with_models(start_files.with_env(given.starts, variables), models))


def hint(subject: Subject) -> str:
    """What to say where an example was taken."""
    example = any(start.manifest.source.startswith(_EXAMPLES) for start in subject.starts)
    return "(an example; use your own with --manifest FILE or --args WORDS)" if example else ""


def _given(options: argparse.Namespace, variables: Mapping[str, str]) -> _Given:
    if sum(map(bool, (options.args is not None, options.manifest, options.config))) > 1:
        raise BadInput("give only one of --args, --manifest and --config; each says how candidates are started")
    if options.args is not None:
        return _Given(starts=(start_files.from_args(options.args),))
    if options.manifest:
        return _Given(
            starts=tuple(_manifest(Path(name), variables, options) for name in dict.fromkeys(options.manifest))
        )
    if options.config or path_checks.exists(Path(_SETTINGS)):
        return _settings(Path(options.config or _SETTINGS), variables, options)
    if not _EXAMPLE.is_dir():
        raise BadInput(f"there is no ./{_SETTINGS}; give --manifest FILE or --args WORDS")
    return _Given(starts=tuple(map(_example, _EXAMPLE_MODES)))


def _example(name: str) -> LaunchSpec:
    return start_files.from_text(start_files.read_text(_EXAMPLE / name), source=f"{_EXAMPLES} {name}")


def _settings(path: Path, variables: Mapping[str, str], options: argparse.Namespace) -> _Given:
    from vllm_qualify.config import loading  # noqa: PLC0415 - pydantic; most calls read no settings.
    from vllm_qualify.preflight import settings_subject  # noqa: PLC0415 - loads the settings' library as well.

    settings = loading.load(path, rules=rule_ids.known)
    asked = settings_subject.subject(
        settings, node=preflight.node(), variables=variables, elsewhere=_on_cluster(options.context)
    )
    return _Given(
        starts=asked.starts,
        load_seconds=asked.load_seconds,
        waivers=asked.waivers,
        policy=asked.policy,
        cluster=settings.cluster,
    )


def _manifest(path: Path, variables: Mapping[str, str], options: argparse.Namespace) -> LaunchSpec:
    found = manifest_files.serving(
        path,
        variables=variables,
        environment=os.environ,
        workload=options.workload,
        elsewhere=_on_cluster(options.context),
    )
    return start_files.of(found)


def _on_cluster(context: str) -> Lookup:
    """Where ConfigMaps are that no file has."""

    def find(namespace: str, name: str) -> Data | None:
        from vllm_qualify.kube import cluster_config_maps, kubectl  # noqa: PLC0415 - slow, and few manifests need it.

        return cluster_config_maps.on(kubectl.Kubectl(context=context))(namespace, name)

    return find if context else nowhere


def _told(options: argparse.Namespace) -> NodeFacts:
    """What the options tell of the node."""
    for flag, given, version, like in (
        ("--driver", options.driver, options.driver, "570.195.03"),
        ("--toolkit", options.toolkit, options.toolkit.removeprefix("v"), "1.18.0"),
    ):
        if given and cuda_drivers.parse(version) is None:
            raise BadInput(f"{flag} {given} is not a version; expected one such as {like}")
    capability = gpu_models.capability(options.compute_capability)
    if options.compute_capability and capability is None:
        raise BadInput(
            f"--compute-capability {options.compute_capability} is not a compute capability; expected one such as 8.6"
        )
    card = gpu_models.find(options.gpu)
    if card is not None and capability not in {None, card.capability}:
        known = ".".join(map(str, card.capability))
        raise BadInput(
            f"--compute-capability {options.compute_capability} contradicts --gpu {options.gpu}, which has {known}; "
            "leave one of them out"
        )
    return preflight.node(
        gpu=options.gpu,
        driver=options.driver,
        toolkit=options.toolkit,
        mode=ToolkitMode.of(options.runtime_mode),
        compat_hook=False if options.no_compat_hook else None,
        memory_mib=_mib(options.gpu_memory),
        compute_capability=capability,
        count=_count(options.gpus),
    )


def _count(text: str) -> int | None:
    if not text:
        return None
    if text.isdecimal() and text.isascii() and 0 < int(text[:20]) <= _MOST_GPUS:
        return int(text)
    raise BadInput(f"--gpus {text} is not a number of GPUs; expected one such as 2")


def _mib(text: str) -> int | None:
    if not text:
        return None
    if text.isdecimal() and text.isascii() and 0 < int(text[:20]) <= _LARGEST_MIB:
        return int(text)
    raise BadInput(f"--gpu-memory {text} is not an amount of memory; expected MiB, such as 12288")


def _node(options: argparse.Namespace, told: NodeFacts, given: _Given) -> NodeFacts:
    """What is known of the node; options outrank what was found, and one that names a GPU means another machine."""
    named = given.cluster.context if given.cluster is not None else ""
    context = options.context or (named if options.node else "")
    if options.node and not context:
        raise BadInput(f"--node {options.node} needs a cluster; add --context, a context of your kubeconfig")
    if not context and (options.gpu or options.driver):
        return told
    from vllm_qualify.preflight import node_lookup  # noqa: PLC0415 - kubectl and NVML, where a node has to be asked.

    if context:
        known = given.cluster if context == named else None
        node, toolkit, mode = (known.node, known.toolkit, known.runtime_mode) if known is not None else ("", "", "")
        found = node_lookup.from_cluster(context, options.node or node, toolkit=toolkit, mode=ToolkitMode.of(mode))
        return _outranked(told, found)
    return _outranked(told, node_lookup.of_this_machine())


def _outranked(told: NodeFacts, found: NodeFacts) -> NodeFacts:
    """What was found, with everything that the options tell in its place."""
    same = told.gpu in {"", found.gpu}
    known = preflight.node(
        name=found.name,
        gpu=told.gpu or found.gpu,
        driver=told.driver or found.driver,
        toolkit=told.toolkit or found.toolkit,
        mode=found.mode if told.mode is ToolkitMode.UNKNOWN else told.mode,
        compat_hook=told.compat_hook,
        memory_mib=told.memory_mib or (found.memory_mib if same else None),
        compute_capability=told.compute_capability or (found.compute_capability if same else None),
        count=told.gpus if told.gpus_told else None,
    )
    return known if told.gpus_told else replace(known, gpus=found.gpus, gpus_told=found.gpus_told)
