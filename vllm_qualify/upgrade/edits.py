"""What of the operator's folder changes when a candidate becomes production. Pure.

Called by ``vllm-qualify plan``. The changes are the smallest that will do: the image of each mode's manifest, the model
that the proxy asks for, and an environment variable where one is needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from vllm_qualify.core.images import ImageRef
from vllm_qualify.kube import edits, kustomize, variables, yaml_changes
from vllm_qualify.kube.serving import BadManifest, ServingManifest
from vllm_qualify.litellm import config as routing
from vllm_qualify.litellm import edits as route_edits
from vllm_qualify.litellm import rules
from vllm_qualify.litellm.config import BadProxyConfig, ProxyConfig, ProxyModel
from vllm_qualify.litellm.rules import RouteTarget


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeFile:
    """Where the image of one mode is written.

    Attributes:
        mode: ``ml`` or ``r1``.
        path: the file that is edited: the manifest, or the kustomization of its folder.
        serving: the container that serves, as kubectl would apply it.
        served_name: the name under which the operator expects the model; ``""``: the first that the manifest gives.
        kustomized: the file is a kustomization.
    """

    mode: str
    path: str
    serving: ServingManifest
    served_name: str = ""
    kustomized: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteFile:
    """The proxy's config map.

    Attributes:
        path: the file.
        alias: the name that callers use.
    """

    path: str
    alias: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """The operator's folder, as far as an upgrade may change it.

    Attributes:
        texts: of each file, line ends as they are; paths are relative to where the patch is applied.
        modes: the manifests of the modes, the everyday one first.
        route: the proxy before the everyday mode; ``None`` where none is configured.
    """

    texts: Mapping[str, str] = field(repr=False)
    modes: tuple[ModeFile, ...]
    route: RouteFile | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """One file that changes.

    Attributes:
        path: relative to where the patch is applied.
        before: its text as it is.
        after: its text as it shall be.
        what: what changes, a sentence each.
    """

    path: str
    before: str = field(repr=False)
    after: str = field(repr=False)
    what: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgrade:
    """What changes, and what is left to the operator.

    Attributes:
        image: what production shall run.
        changes: by file, in the order of the modes, the proxy last; empty where the folder says all of it already.
        environment: the variables that are new, or get another value.
        by_hand: what is wrong in the proxy's config map and is not changed here, a sentence each.
        mentions: what else names the old image or its tag, as FILE:LINE: TEXT; claims that nothing executes.
    """

    image: ImageRef
    changes: tuple[FileChange, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    by_hand: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()


def of(folder: Folder, *, image: ImageRef, environment: Mapping[str, str]) -> Upgrade:
    """Work out every change.

    Args:
        folder: the operator's.
        image: what production shall run.
        environment: the variables that both modes need for it.

    Raises:
        BadManifest: a manifest or a kustomization is written in a way that is not edited here.
    """
    work = _Work(folder)
    for mode in folder.modes:
        work.take_image(mode, image)
        for name, value in environment.items():
            work.take_variable(mode, name, value)
    if folder.route is not None:
        work.take_route(folder.route, folder.modes[0])
    made = tuple(
        FileChange(path=path, before=folder.texts[path], after=work.texts[path], what=tuple(dict.fromkeys(what)))
        for path, what in work.what.items()
    )
    return Upgrade(image=image, changes=made, environment=work.environment, by_hand=tuple(work.by_hand))


class _Work:
    """The texts as they become: several things may stand in one file, so each change builds on the one before."""

    def __init__(self, folder: Folder) -> None:
        self.texts = dict(folder.texts)
        self.what: dict[str, list[str]] = {}
        self.environment: dict[str, str] = {}
        self.by_hand: list[str] = []

    def take_image(self, mode: ModeFile, image: ImageRef) -> None:
        text, serving = self.texts[mode.path], mode.serving
        if str(image) == serving.image:
            return
        if mode.kustomized:
            name = kustomize.name_of(text, image=serving.image, source=mode.path)
            after = kustomize.with_image(text, name=name, image=image, source=mode.path)
        else:
            after = edits.with_image(text, image=str(image), source=mode.path, **_container(serving))
        self._put(mode.path, after, f"the {mode.mode} mode runs {image}, not {serving.image}")

    def take_variable(self, mode: ModeFile, name: str, value: str) -> None:
        if mode.serving.env.get(name) == value:
            return
        if mode.kustomized:
            entry = yaml_changes.in_braces({"name": edits.scalar(name), "value": edits.scalar(value)})
            raise BadManifest(
                f"{mode.path}: only the image of a kustomization can be changed here, not its variables; add "
                f"{entry} to the env of the container {mode.serving.container} in the manifest that it renders, "
                "and plan again"
            )
        after = variables.with_variable(
            self.texts[mode.path], variable=name, value=value, source=mode.path, **_container(mode.serving)
        )
        self.environment[name] = value
        self._put(mode.path, after, f"the {mode.mode} mode gets the environment variable {name}")

    def take_route(self, route: RouteFile, mode: ModeFile) -> None:
        try:
            config = routing.parse(self.texts[route.path], source=route.path)
        except BadProxyConfig as error:
            self.by_hand.append(str(error))
            return
        wanted = RouteTarget(alias=route.alias, model=_asked_for(mode, config, route.alias))
        found = rules.check(config, wanted)
        # Addresses and fallbacks stay: the run has judged them.
        wrong = {finding.subject: finding.expected for finding in found if finding.id == rules.MODEL.id}
        self.by_hand += [rules.said(finding) for finding in found if finding.id == rules.ALIAS.id]
        for index, model in _entries(config, route.alias):
            if model.places["model"] in wrong:
                self._take_model(route, index=index, was=model.model, model=wrong[model.places["model"]])

    def _take_model(self, route: RouteFile, *, index: int, was: str, model: str) -> None:
        try:
            after = route_edits.with_model(self.texts[route.path], index=index, model=model, source=route.path)
        except BadProxyConfig as error:
            self.by_hand.append(str(error))
            return
        self._put(route.path, after, f"the alias {route.alias} points to {model}, not {was or 'nothing'}")

    def _put(self, path: str, after: str, what: str) -> None:
        if after != self.texts[path]:
            self.texts[path] = after
            self.what.setdefault(path, []).append(what)


def _container(serving: ServingManifest) -> dict[str, str]:
    return {"kind": serving.kind, "name": serving.name, "container": serving.container}


def _entries(config: ProxyConfig, alias: str) -> Iterator[tuple[int, ProxyModel]]:
    """The entries of an alias, with their place in the whole list."""
    meant = config.named(alias)
    yield from ((index, model) for index, model in enumerate(config.models) if model in meant)


def _asked_for(mode: ModeFile, config: ProxyConfig, alias: str) -> str:
    """The name that the proxy has to ask for; the one it asks for already, if that is served."""
    names = mode.serving.served_model_names
    asked = [model.served_name for model in config.named(alias)]
    return mode.served_name or next((name for name in (*asked, *names) if name in names), "")
