"""``vllm-qualify preflight IMAGE...``, or ``--all``: what should work on a node, from facts alone."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from vllm_qualify import catalogue, forecasts, images, preflight, redaction
from vllm_qualify.edge import starts as start_files
from vllm_qualify.edge.starts import BadInput
from vllm_qualify.forecasts import Forecast, Start, Subject
from vllm_qualify.images import BadImage, ImageRef
from vllm_qualify.kube.serving import BadManifest
from vllm_qualify.preflight import ImageFacts, NodeFacts, ToolkitMode, drivers, gpus
from vllm_qualify.render import preflight as render
from vllm_qualify.render import preflight_table, preflight_words

_EXAMPLE = Path(__file__).parents[2] / "examples" / "home-lab" / "applications" / "vllm"
_EXAMPLE_MODES = ("deployment.yaml", "deployment-r1.yaml")
_EXAMPLES = "the example's"
_MODES = {
    "auto": ToolkitMode.UNKNOWN,
    "cdi": ToolkitMode.CDI,
    "jit-cdi": ToolkitMode.JIT_CDI,
    "legacy": ToolkitMode.LEGACY,
}
_SETTINGS = "qualify.toml"
_USAGE_ERROR = 4


def arguments(parser: argparse.ArgumentParser) -> None:
    """The images, and what is known of node and start."""
    parser.add_argument("images", nargs="*", metavar="IMAGE", help="an image, as in vllm/vllm-openai:v0.12.0")
    parser.add_argument("--all", action="store_true", help="the table of all releases, the newest first")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="json: one object an image and line")
    node = parser.add_argument_group("the node (default: this machine, through NVML)")
    node.add_argument("--gpu", default="", metavar="NAME", help='as nvidia-smi names it, as in "RTX 3060"')
    node.add_argument("--driver", default="", metavar="VERSION", help="of the NVIDIA driver, as in 570.195.03")
    node.add_argument("--toolkit", default="", metavar="VERSION", help="of the NVIDIA Container Toolkit, as in 1.18.0")
    node.add_argument("--runtime-mode", choices=_MODES, default="auto", help="mode of that toolkit's runtime")
    node.add_argument("--no-compat-hook", action="store_true", help="that toolkit's hook enable-cuda-compat is off")
    node.add_argument("--gpu-memory", type=int, metavar="MIB", help="memory of one GPU, where its name does not tell")
    node.add_argument("--compute-capability", default="", metavar="X.Y", help="where the GPU's name does not tell")
    node.add_argument("--context", default="", help="read the labels of a node of this context of the kubeconfig")
    node.add_argument("--node", default="", metavar="NAME", help="that node; default: the only one with a GPU")
    start = parser.add_argument_group(
        "how candidates are started (default: the modes of qualify.toml, else the example)"
    )
    start.add_argument("--manifest", action="append", metavar="FILE", help="a Deployment; may be repeated")
    start.add_argument("--args", metavar="WORDS", help='the command line in place of a manifest, as in "--model X"')
    start.add_argument("--config", metavar="FILE", help=f"the settings in place of ./{_SETTINGS}")
    start.add_argument("--env", action="append", default=[], metavar="NAME=VALUE", help="set a variable in addition")
    start.add_argument(
        "--model-config", action="append", default=[], metavar="[MODEL=]FILE", help="a model's config.json"
    )


def run(options: argparse.Namespace) -> int:
    """Predict; the exit code says whether all that was asked for should work, or one of the table."""
    try:
        wanted = _wanted(options)
        subject = _subject(options)
    except (BadImage, BadInput, BadManifest) as error:
        for line in str(error).splitlines():
            sys.stderr.write(f"vllm-qualify preflight: {line}\n")
        return _USAGE_ERROR
    found = forecasts.every(subject) if options.all else tuple(_asked(image, subject) for image in wanted)
    secrets = start_files.secrets(subject.starts)
    basis = _basis()
    if options.format == "json":
        for one in found:
            document = redaction.record(render.as_object(one, subject, basis=basis), secrets)
            sys.stdout.write(json.dumps(document) + "\n")
    else:
        sys.stdout.write(redaction.text("".join(_told(found, subject, basis, table=options.all)), secrets))
    return forecasts.exit_code(found, table=options.all)


def _told(found: Sequence[Forecast], subject: Subject, basis: str, *, table: bool) -> Iterator[str]:
    """What people read."""
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    example = any(start.manifest.source.startswith(_EXAMPLES) for start in subject.starts)
    hint = "(that is an example; name your own with --manifest FILE or --args WORDS)" if example else ""
    yield "".join(f"{line}\n" for line in preflight_words.about(subject, basis=basis, hint=hint))
    if table:
        yield "\n" + preflight_table.table(found, others=_other_tags(found, subject), colour=colour)
        return
    for one in found:
        others = tuple(forecasts.of(image, subject) for image in one.other_tags)
        yield "\n" + render.people(one, others=others, colour=colour)


def _other_tags(found: Sequence[Forecast], subject: Subject) -> tuple[Forecast, ...]:
    """The newest other tag that is not ruled out as well."""
    for one in found:
        for image in one.other_tags:
            other = forecasts.of(image, subject)
            if other.verdict in {preflight.Verdict.SHOULD_WORK, preflight.Verdict.NEEDS_OVERRIDE}:
                return (other,)
    return ()


def _asked(image: ImageRef, subject: Subject) -> Forecast:
    return forecasts.of(image, subject, registry=ImageFacts())


def _basis() -> str:
    first, *_, last = (str(one.version) for one in catalogue.releases())
    return f"the catalogue of releases, v{first} to v{last}"


def _wanted(options: argparse.Namespace) -> tuple[ImageRef, ...]:
    if bool(options.images) == options.all:
        raise BadInput("give either images, as in vllm/vllm-openai:v0.12.0, or --all for the table of all releases")
    return tuple(images.parse(text) for text in dict.fromkeys(options.images))


def _subject(options: argparse.Namespace) -> Subject:
    starts, load_seconds, context = _starts(options)
    models = (text.rpartition("=") for text in options.model_config)
    given = {name: Path(path) for name, _, path in models}
    starts = start_files.with_models(start_files.with_env(starts, options.env), given)
    return Subject(node=_node(options, context), starts=starts, load_seconds=load_seconds)


def _starts(options: argparse.Namespace) -> tuple[tuple[Start, ...], float | None, str]:
    """How candidates are started, the load budget, and the context that the settings name."""
    if sum(map(bool, (options.args is not None, options.manifest, options.config))) > 1:
        raise BadInput("give only one of --args, --manifest and --config; each says how candidates are started")
    if options.args is not None:
        return (start_files.from_args(options.args),), None, ""
    if options.manifest:
        return tuple(_manifest(Path(name)) for name in dict.fromkeys(options.manifest)), None, ""
    if options.config or Path(_SETTINGS).exists():
        return _settings(Path(options.config or _SETTINGS))
    if not _EXAMPLE.is_dir():
        raise BadInput(f"there is no ./{_SETTINGS}; give --manifest FILE or --args WORDS")
    return tuple(map(_example, _EXAMPLE_MODES)), None, ""


def _example(name: str) -> Start:
    return start_files.from_text(start_files.read_text(_EXAMPLE / name), source=f"{_EXAMPLES} {name}")


def _settings(path: Path) -> tuple[tuple[Start, ...], float | None, str]:
    # The library that reads them takes longer to load than everything else here together.
    settings_files = importlib.import_module("vllm_qualify.edge.settings")
    settings = settings_files.load(path)
    modes = (mode for mode in (settings.modes.ml, settings.modes.r1) if mode is not None)
    starts = tuple(start_files.of(settings_files.serving(mode)) for mode in modes)
    return starts, settings.budgets.load_seconds, settings.cluster.context if settings.cluster else ""


def _manifest(path: Path) -> Start:
    if path.is_dir() or path.name.startswith("kustomization."):
        rendered = importlib.import_module("vllm_qualify.edge.manifests").rendered(path)
        return start_files.from_text(rendered.text, source=rendered.source)
    return start_files.from_manifest(path)


def _node(options: argparse.Namespace, context: str) -> NodeFacts:
    """What is known of the node; what flags tell outranks the labels."""
    told = _flags(options)
    if options.gpu or options.driver:
        return told if not options.context else _outranked(told, _found(options.context, options.node))
    if options.context or options.node:
        return _outranked(told, _found(options.context or context, options.node))
    return _outranked(told, importlib.import_module("vllm_qualify.edge.node_facts").of_this_machine())


def _found(context: str, node: str) -> NodeFacts:
    if not context:
        raise BadInput(f"--node {node} is a node of which cluster? add --context, a context of your kubeconfig")
    found: NodeFacts = importlib.import_module("vllm_qualify.edge.node_facts").from_cluster(context, node)
    return found


def _flags(options: argparse.Namespace) -> NodeFacts:
    for flag, version, like in (
        ("--driver", options.driver, "570.195.03"),
        ("--toolkit", options.toolkit.removeprefix("v"), "1.18.0"),
    ):
        if version and drivers.parse(version) is None:
            raise BadInput(f"{flag} {version} is no version; expected one as in {like}")
    capability = gpus.capability(options.compute_capability)
    if options.compute_capability and capability is None:
        raise BadInput(f"--compute-capability {options.compute_capability} is none; expected one as in 8.6")
    if options.gpu_memory is not None and options.gpu_memory <= 0:
        raise BadInput(f"--gpu-memory {options.gpu_memory} is none; expected MiB, as in 12288")
    return preflight.node(
        gpu=options.gpu,
        driver=options.driver,
        toolkit=options.toolkit,
        mode=_MODES[options.runtime_mode],
        compat_hook=False if options.no_compat_hook else None,
        memory_mib=options.gpu_memory,
        compute_capability=capability,
    )


def _outranked(told: NodeFacts, found: NodeFacts) -> NodeFacts:
    """What was found, with everything that flags tell in its place."""
    gpu = told.gpu or found.gpu
    same = gpu == found.gpu
    known = preflight.node(
        name=found.name,
        gpu=gpu,
        driver=told.driver or found.driver,
        toolkit=told.toolkit or found.toolkit,
        mode=told.mode,
        compat_hook=told.compat_hook,
        memory_mib=told.memory_mib or (found.memory_mib if same else None),
        compute_capability=told.compute_capability or (found.compute_capability if same else None),
    )
    return replace(known, gpus=found.gpus)
