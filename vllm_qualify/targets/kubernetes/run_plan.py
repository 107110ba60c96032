"""What a run will do on the cluster: which manifests, what it may touch, which Deployment for which candidate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from vllm_qualify.config import Cluster, GpuMode, ModeSettings, Settings
from vllm_qualify.core.images import ImageRef
from vllm_qualify.gpu import mode_command
from vllm_qualify.kube import config_map_files, edits, manifest_files, objects, placement, variables, yamltext
from vllm_qualify.kube import manifests as kube_manifests
from vllm_qualify.kube.config_maps import ConfigMaps, Lookup, nowhere
from vllm_qualify.kube.containers import Around
from vllm_qualify.kube.objects import Object
from vllm_qualify.kube.refusals import RefusalKind, Refused
from vllm_qualify.kube.serving import BadManifest, ServingManifest
from vllm_qualify.kube.yamltext import YamlDocument
from vllm_qualify.targets.base import Mode
from vllm_qualify.targets.kubernetes.mode_plan import ModePlan
from vllm_qualify.targets.kubernetes.namespace import Namespace

SERVICE_BESIDE = placement.BESIDE
MADE = frozenset({"Deployment", "Service"})
"""What a run may make; of other kinds it only looks."""
_SUFFIXES = (".yaml", ".yml")
_TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeManifest:
    """One mode's manifest.

    Attributes:
        source: the file, as messages name it.
        text: as it is written, or as kustomize rendered it.
        obj: its Deployment.
        serving: the container in it that serves.
        beside: finds ConfigMaps in the files beside it.
    """

    source: str
    text: str = field(repr=False)
    obj: Object = field(repr=False)
    serving: ServingManifest
    beside: Lookup = field(default=nowhere, repr=False, compare=False)

    @property
    def place(self) -> dict[str, str]:
        """Which container of the text serves, as edits take it."""
        workload = {"kind": str(self.obj["kind"]), "name": str(self.obj["metadata"]["name"])}
        return workload | {"container": self.serving.container, "source": self.source}


def manifests(settings: Settings, *, elsewhere: Lookup = nowhere) -> dict[Mode, ModeManifest]:
    """The operator's manifest of each mode.

    Args:
        settings: name them.
        elsewhere: where ConfigMaps are that no file has.

    Raises:
        BadManifest: one cannot be read.
    """
    return {Mode(name): _manifest(mode, elsewhere) for name, mode in settings.modes.named.items()}


def overridden(
    found: Mapping[Mode, ModeManifest], environment: Mapping[str, str], *, elsewhere: Lookup = nowhere
) -> dict[Mode, ModeManifest]:
    """The manifests with variables set in the containers that serve; these are tried, and never become production.

    Args:
        found: the operator's manifests.
        environment: the variables.
        elsewhere: where ConfigMaps are that no file has.

    Raises:
        BadManifest: an environment is written in a way that cannot be changed without touching more.
    """
    return {mode: _overridden(manifest, environment, elsewhere) for mode, manifest in found.items()}


def documents(settings: Settings) -> tuple[tuple[str, YamlDocument], ...]:
    """Every YAML document of the operator's folders, with its file: a rule may look at what stands beside a manifest.

    Raises:
        BadManifest: a file is no YAML.
    """
    texts: dict[str, str] = {}
    for mode in settings.modes.named.values():
        rendered = manifest_files.rendered(mode.manifest)
        texts[rendered.source] = rendered.text
        if not rendered.kustomized:
            beside = sorted(path for suffix in _SUFFIXES for path in mode.manifest.parent.glob(f"*{suffix}"))
            texts |= {str(path): manifest_files.text(path, newline="") for path in beside}
    return tuple((source, document) for source, text in texts.items() for document in _documents(source, text))


def config_map(settings: Settings) -> str:
    """The name of the proxy's config map; ``""`` where none is configured, or the file holds none."""
    if settings.routing is None:
        return ""
    text = manifest_files.text(settings.routing.config_map)
    found = [one.data for one in _documents(str(settings.routing.config_map), text) if isinstance(one.data, dict)]
    maps = [one for one in found if one.get("kind") == "ConfigMap"]
    return str(maps[0].get("metadata", {}).get("name", "")) if maps else ""


def _documents(source: str, text: str) -> tuple[YamlDocument, ...]:
    try:
        return yamltext.documents(text)
    except yamltext.BadYaml as error:
        raise BadManifest(f"{source}:{error.line}: {error}") from error


def touched(settings: Settings, cluster: Cluster, found: Mapping[Mode, ModeManifest]) -> tuple[tuple[str, str], ...]:
    """Kind and name of what a run changes, then of what must be the same afterwards."""
    proxy = config_map(settings)
    witnesses = (("Service", cluster.service), *([("ConfigMap", proxy)] if proxy else []))
    if cluster.strategy == "beside":
        own = tuple(("Deployment", f"{placement.BESIDE}-{mode.value}") for mode in found)
        return (*own, ("Service", placement.BESIDE), *witnesses)
    return (*(("Deployment", str(one.obj["metadata"]["name"])) for one in found.values()), *witnesses)


def commanded(settings: Settings, cluster: Cluster) -> GpuMode | None:
    """The operator's command that switches the modes; it knows production's Deployments alone, not those beside it."""
    return None if cluster.strategy == "beside" else settings.gpu_mode


def plans(
    site: Namespace,
    settings: Settings,
    found: Mapping[Mode, ModeManifest],
    image: ImageRef,
    *,
    cluster: Cluster,
    live: Mapping[str, Object],
    cold: bool = False,
) -> dict[Mode, ModePlan]:
    """What is applied for a candidate; the server fills in its defaults, and refuses now what it would refuse then.

    Args:
        site: where.
        settings: the operator's.
        found: the manifests.
        image: the candidate.
        cluster: where, as the operator names it.
        live: by name, the Deployments that there are.
        cold: also plan a start from an empty model cache.

    Raises:
        Refused: the server will not have it.
    """
    made, command = {}, commanded(settings, cluster)
    for mode, manifest in found.items():
        wanted = _wanted(cluster, manifest, mode, image)
        made[mode] = ModePlan(
            mode=mode,
            serving=manifest.serving,
            deployment=objects.cleaned(_tried(site, wanted, live)),
            cold=objects.cleaned(_tried(site, placement.with_empty_cache(wanted), live)) if cold else None,
            switch=partial(mode_command.switch, command, mode.value) if command else None,
            command=tuple(mode_command.argv(command, mode.value, image)) if command else (),
        )
    return made


def change(manifest: ModeManifest, tried: ModeManifest, image: ImageRef) -> str:
    """What is changed in the operator's own text, as a diff; ``""`` when nothing is.

    Args:
        manifest: as it is written.
        tried: the same with the variables that are set for the run.
        image: the candidate.
    """
    after = edits.with_image(tried.text, image=str(image), **tried.place)
    return edits.unified(manifest.text, after, path=Path(manifest.source).name)


def _wanted(cluster: Cluster, manifest: ModeManifest, mode: Mode, image: ImageRef) -> Object:
    common = {"namespace": cluster.namespace, "container": manifest.serving.container, "image": str(image)}
    if cluster.strategy == "beside":
        return placement.beside(manifest.obj, mode=mode.value, **common)
    return placement.in_place(manifest.obj, **common)


def _tried(site: Namespace, wanted: Object, live: Mapping[str, Object]) -> Object:
    """What the server would make of it, by a dry run."""
    name = wanted["metadata"]["name"]
    for _ in range(_TRIES):
        try:
            if name not in live:
                return site.kubectl.create(wanted, dry_run=True)
            return site.kubectl.replace(wanted, dry_run=True)
        except Refused as refusal:
            if refusal.kind not in {RefusalKind.CONFLICT, RefusalKind.TRANSIENT}:
                raise
            site.sleep(1.0)
    raise Refused(f"the API server did not say whether it accepts Deployment {name}", kind=RefusalKind.TRANSIENT)


def _overridden(manifest: ModeManifest, environment: Mapping[str, str], elsewhere: Lookup) -> ModeManifest:
    text = manifest.text
    for variable, value in environment.items():
        text = variables.with_variable(text, variable=variable, value=value, **manifest.place)
    maps = ConfigMaps(elsewhere=elsewhere, beside=manifest.beside)
    name, around = manifest.serving.name, Around(config_maps=maps)
    obj, serving = kube_manifests.workload(text, source=manifest.source, name=name, around=around)
    return replace(manifest, text=text, obj=obj, serving=serving)


def _manifest(mode: ModeSettings, elsewhere: Lookup) -> ModeManifest:
    rendered, beside = manifest_files.rendered(mode.manifest), config_map_files.beside(mode.manifest)
    around = Around(config_maps=ConfigMaps(elsewhere=elsewhere, beside=beside))
    obj, serving = kube_manifests.workload(rendered.text, source=rendered.source, name=mode.workload, around=around)
    if serving.kind != "Deployment":
        raise BadManifest(
            f"{rendered.source}: {serving.kind} {serving.name}: candidates on the cluster are put into a Deployment, "
            "so a qualification there needs one; preflight and the local target also read this kind"
        )
    # Whoever does not know the port finds that out before production goes.
    _ = serving.port
    return ModeManifest(source=rendered.source, text=rendered.text, obj=obj, serving=serving, beside=beside)
