"""The tables of a first ``qualify.toml``, made of what was found. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from vllm_qualify.arguments.shell.environment import unknown_in
from vllm_qualify.cli.first_settings import modes
from vllm_qualify.cli.first_settings.draft import DraftKey, DraftTable, Noted
from vllm_qualify.cli.first_settings.findings import Findings
from vllm_qualify.cli.first_settings.host_files import HostFile
from vllm_qualify.cli.first_settings.live import LiveContainer
from vllm_qualify.cli.first_settings.workloads import FoundWorkload
from vllm_qualify.config import Budgets, Cluster, ThroughputBudget
from vllm_qualify.config.lookup import GUESSED

_HEAD = (
    "What vllm-qualify tries for this folder; written by `vllm-qualify init`. Paths are relative to this file.",
    '"from" says where a value was found. "guessed" marks what nobody said: correct it, or delete the mark.',
    "What is left out has a default (docs/reference/settings.md). `vllm-qualify check` says what a run would do.",
)
_TRIED = (
    "Tried in this order when no --image is given. To look for the newest that qualifies instead:",
    "vllm-qualify run --pick newest --image 'vllm/vllm-openai:>=v0.8.5'",
)
_NEVER = "No cluster is ever touched that is not named here."
_TAKEN = "A run takes production away while a candidate is tried, and puts it back."
_UNMARK = "Delete the marks in front of the lines to qualify there."


def head(candidates: tuple[Noted, ...]) -> DraftTable:
    """What stands above all tables.

    Args:
        candidates: the images to try; of none that counts the list stays empty.
    """
    return DraftTable(above=(*_HEAD, "", *_TRIED), keys=(DraftKey(name="candidates", value=candidates),))


def of(found: Findings, *, context: str = "", service: str = "", toolkit: str = "") -> tuple[DraftTable, ...]:
    """Every table that something was found for.

    Args:
        found: all of it.
        context: of the cluster that production runs on; ``""`` where nobody said or saw it.
        service: that the cluster has in front of the everyday mode, where no file has it.
        toolkit: version of the NVIDIA Container Toolkit on the node; ``""``: not known.
    """
    return tuple(_tables(found, context, service, toolkit))


def production(found: Findings) -> LiveContainer | None:
    """The container of this host that serves, where nothing of Kubernetes does; ``None`` for none."""
    if found.modes.ml is not None:
        return None
    return next((one for one in found.containers if _file_of(one, found) is not None), None) or (
        found.containers[0] if found.containers and not found.hosts else None
    )


def _tables(found: Findings, context: str, service: str, toolkit: str) -> Iterator[DraftTable]:
    elsewhere = found.cluster.deployments
    if found.modes.ml is not None:
        yield _cluster(found, found.modes.ml, context, service, toolkit)
        yield _mode("modes.ml", found.modes.ml, found.modes.ml_why, found.modes.others)
        if found.modes.r1 is not None:
            yield _mode("modes.r1", found.modes.r1, found.modes.r1_why)
    elif found.hosts or found.containers:
        yield _container(found)
        if found.hosts:
            yield _host_mode(found.hosts)
    elif elsewhere:
        where = f"{elsewhere[0].namespace}/{elsewhere[0].name} of {found.cluster.context}"
        why = f"The Deployment {where} runs vLLM; give the folder of its manifest to qualify there: init FOLDER"
        yield DraftTable(name="cluster", above=(_NEVER,), inactive=why, keys=(_key("context", found.cluster.context),))
    yield from _budgets()
    yield _classification()
    if found.proxy is not None:
        yield _routing(found)
    if found.metrics:
        files = Noted(value=found.metrics)
        yield DraftTable(
            name="metrics", above=("They read vLLM's metrics.",), keys=(DraftKey(name="files", value=files),)
        )


def _key(name: str, value: str | float | tuple[str, ...], note: str = "", *, active: bool = True) -> DraftKey:
    return DraftKey(name=name, value=Noted(value=value, note=note, active=active))


def _cluster(found: Findings, ml: FoundWorkload, context: str, service: str, toolkit: str) -> DraftTable:
    return DraftTable(
        name="cluster",
        above=(_NEVER, _TAKEN),
        inactive="" if context else f"{_why_not(found, ml)}. {_UNMARK}",
        keys=(
            _context(found, ml, context),
            _key("namespace", ml.manifest.namespace or Cluster(context="-").namespace, _namespace(ml)),
            *((_key("node", ml.node.value, f"from {ml.node.place}"),) if ml.node else ()),
            _service(found, service),
            _toolkit(toolkit),
        ),
    )


def _why_not(found: Findings, ml: FoundWorkload) -> str:
    live = found.cluster
    if ml.manifest.kind != "Deployment":
        return f"The kubernetes target takes Deployments alone, and {ml.manifest.name} is a {ml.manifest.kind}"
    if not live.context:
        return "None is named, because the kubeconfig has no current context"
    if live.problem:
        return f"None is named, because {live.context}, the current context, could not be asked: {live.problem}"
    return f"None is named, because {live.context}, the current context, runs no Deployment {ml.manifest.name}"


def _context(found: Findings, ml: FoundWorkload, context: str) -> DraftKey:
    if not context:
        return _key("context", found.cluster.context or "CONTEXT", "missing: the context that production runs in")
    if context == found.cluster.context and found.cluster.has(ml.manifest.namespace, ml.manifest.name):
        return _key("context", context, f"from the kubeconfig: its current context, where {ml.manifest.name} runs")
    return _key("context", context, "as answered")


def _namespace(ml: FoundWorkload) -> str:
    return f"from {ml.path}" if ml.manifest.namespace else "the default; the manifest names none"


def _service(found: Findings, live: str) -> DraftKey:
    first = next(iter(found.services), None)
    if first is None and live:
        return _key("service", live, "from the cluster: the only Service that selects the pods")
    if first is None:
        note = "missing: the Service in front of vLLM; this is the default"
        return _key("service", Cluster(context="-").service, note, active=False)
    if len(found.services) > 1:
        others = ", ".join(one.value for one in found.services[1:])
        return _key("service", first.value, f"{GUESSED}the first that selects the pods, {first.place}; also {others}")
    return _key("service", first.value, f"from {first.place}")


def _toolkit(toolkit: str) -> DraftKey:
    if toolkit:
        return _key("toolkit", toolkit, "as answered")
    return _key("toolkit", "1.18.0", "missing: `nvidia-ctk --version` on the node says it", active=False)


def _mode(name: str, one: FoundWorkload, why: str, others: tuple[FoundWorkload, ...] = ()) -> DraftTable:
    above = (f"Also found: {', '.join(map(str, others))}.",) if others else ()
    return DraftTable(name=name, above=above, keys=tuple(_mode_keys(name, one, why)))


def _mode_keys(name: str, one: FoundWorkload, why: str) -> Iterator[DraftKey]:
    manifest = one.manifest
    yield _key("manifest", one.path, why)
    if one.several:
        yield _key("workload", manifest.name, "the manifest has several")
    if manifest.model and not unknown_in(manifest.model, manifest.unknowns):
        yield _key("model", manifest.model, f"from {one.place(manifest.model)}")
    parser = modes.reasoning_parser(manifest.model)
    if name == "modes.r1" and parser and manifest.flag("--reasoning-parser") is None:
        said = "by the name of the model; the manifest names none, and releases that know this one get it"
        yield _key("reasoning_parser", parser, f"{GUESSED}{said}")


def _container(found: Findings) -> DraftTable:
    """The container engine; production is named only where it was seen."""
    live = production(found)
    one = _file_of(live, found) if live else next(iter(found.hosts), None)
    keys = []
    if live:
        keys.append(_key("engine", live.program, "from the engine that answered"))
    if one is not None and one.compose:
        keys.append(_key("compose", one.compose))
        keys.append(_key("service", one.manifest.name, f"from {one.path}"))
    else:
        name = live.container.name if live else (one.container if one else "") or "CONTAINER"
        place = "from the engine: it runs vLLM" if live else f"from {one.path}" if one and one.container else "missing"
        keys.append(_key("container", name, place))
    inactive = "" if live else f"It is not named, because no container engine of this machine runs it now. {_UNMARK}"
    return DraftTable(name="container", above=(_TAKEN,), inactive=inactive, keys=tuple(keys))


def _file_of(live: LiveContainer, found: Findings) -> HostFile | None:
    """The file that starts a container."""
    service = live.container.project[1] if live.container.project else ""
    for one in found.hosts:
        if (one.compose and one.manifest.name == service) or (one.container and one.container == live.container.name):
            return one
    return None


def _host_mode(hosts: tuple[HostFile, ...]) -> DraftTable:
    first, *others = hosts
    does = f"{first.manifest.kind} {first.manifest.name}"
    why = f"{GUESSED}{does} is the first of {len(hosts)} that run vLLM" if others else does
    keys = [_key("manifest", first.path, why)]
    model = first.manifest.model
    if model and not unknown_in(model, first.manifest.unknowns):
        keys.append(_key("model", model, f"from {first.path}"))
    above = (f"Also found: {', '.join(map(str, others))}.",) if others else ()
    return DraftTable(name="modes.ml", above=above, keys=tuple(keys))


def _budgets() -> Iterator[DraftTable]:
    load = _key("load_seconds", Budgets().load_seconds, "the default: from the start of a container to the first token")
    yield DraftTable(name="budgets", keys=(load,))
    band = ThroughputBudget()
    yield DraftTable(
        name="budgets.throughput",
        inactive="Tokens per second of one stream; the rate decides only where the band of your GPU is given.",
        keys=(_key("low", band.low), _key("high", band.high), _key("gpu", band.gpu, "as nvidia-smi names it")),
    )


def _classification() -> DraftTable:
    return DraftTable(
        name="classification",
        inactive="Your own labelled documents; without them, those of the canary are asked.",
        keys=(_key("documents", "documents.jsonl"),),
    )


def _routing(found: Findings) -> DraftTable:
    proxy = found.proxy
    if proxy is None:
        raise AssertionError("a table of routing was asked for without a proxy")
    keys = [
        DraftKey(name="proxy", value=proxy.address),
        _key("alias", proxy.alias.value, f"from {proxy.alias.place}"),
        _key("config_map", proxy.path),
    ]
    if proxy.fallback is not None:
        keys.append(_key("fallback", proxy.fallback.value, f"from {proxy.fallback.place}"))
    return DraftTable(name="routing", above=("The proxy in front of vLLM.",), keys=tuple(keys))
