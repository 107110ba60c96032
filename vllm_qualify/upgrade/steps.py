"""The commands of an upgrade and of its way back, in their order. Pure: the operator runs them.

The way back has two halves: the patch takes the files back, and what ran before comes back from copies that are made
first. The files alone would not do: they may have said something else than what ran.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from vllm_qualify.config import GpuMode, Settings
from vllm_qualify.kube import paths
from vllm_qualify.upgrade import applied
from vllm_qualify.upgrade.applied import AppliedObject
from vllm_qualify.upgrade.edits import Folder
from vllm_qualify.upgrade.patch import Patch

FORWARD = "upgrade.patch"
BACK = "rollback.patch"
_WAIT = "10m"
"""For the first start, which may download a model."""
_PORT = 8000


@dataclass(frozen=True, slots=True, kw_only=True)
class UpgradeStep:
    """One step.

    Attributes:
        title: what it is for.
        text: what to know of it; empty where the title says all.
        commands: what is typed for it, a line each.
    """

    title: str
    text: str = ""
    commands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the commands are run.

    Attributes:
        root: the folder that the patches are applied to.
        plan: the folder in which they lie.
    """

    root: str
    plan: str

    def file(self, name: str) -> str:
        """A file of the plan, as a shell takes it."""
        return shlex.quote(str(PurePosixPath(self.plan) / name))


def applied_patch(place: Place, patch: Patch, name: str, *, checked: bool) -> Iterator[str]:
    """The commands that apply a patch.

    Args:
        place: where.
        patch: the patch.
        name: of its file.
        checked: try it first.
    """
    yield f"cd {shlex.quote(place.root)}"
    words = ("git", "apply", *patch.options)
    if checked:
        yield " ".join([*words, "--check", place.file(name)])
    yield " ".join([*words, place.file(name)])


class UpgradeSteps:
    """The steps for one operator's folder."""

    def __init__(self, settings: Settings, folder: Folder, place: Place) -> None:
        self._settings = settings
        self._place = place
        self.modes = folder.modes
        namespace = settings.cluster.namespace if settings.cluster else "default"
        self._deployments = tuple(applied.deployment(mode, namespace=namespace) for mode in folder.modes)
        self._proxy = applied.config_map(folder, namespace=namespace)
        self._objects = (*self._deployments, *self._proxy)

    def there(self, patch: Patch) -> tuple[UpgradeStep, ...]:
        """The upgrade.

        Args:
            patch: the one that is applied.
        """
        return (
            UpgradeStep(
                title="Change the files", commands=tuple(applied_patch(self._place, patch, FORWARD, checked=True))
            ),
            UpgradeStep(
                title="Check that the cluster accepts them",
                commands=tuple(self._each("apply", *one.words, "--dry-run=server", at=one) for one in self._objects),
            ),
            UpgradeStep(
                title="Save what runs now",
                text="For the rollback. The copies may hold tokens; keep them private.",
                commands=tuple(self._kept(one) for one in self._objects),
            ),
            UpgradeStep(
                title="Apply",
                text="In the ML mode. From here until the model is loaded, production is down.",
                commands=tuple(self._each("apply", *one.words, at=one) for one in self._objects),
            ),
            *self._after(),
            UpgradeStep(title="Verify", text=self._expected(), commands=tuple(self._verified())),
        )

    def back(self, patch: Patch) -> tuple[UpgradeStep, ...]:
        """The way back.

        Args:
            patch: the one that is applied.
        """
        return (
            UpgradeStep(
                title="Revert the files", commands=tuple(applied_patch(self._place, patch, BACK, checked=False))
            ),
            UpgradeStep(
                title="Put back what ran",
                commands=(
                    *(self._put_back(one) for one in self._objects),
                    *(
                        self._each("rollout", "status", one.name, f"--timeout={_WAIT}", at=one)
                        for one in self._deployments[:1]
                    ),
                ),
            ),
            *self._after(),
        )

    def _each(self, *words: str, at: AppliedObject) -> str:
        return " ".join([*self._kubectl(at.namespace), *words])

    def _kubectl(self, namespace: str) -> tuple[str, ...]:
        cluster = self._settings.cluster
        context = (f"--context={shlex.quote(cluster.context)}",) if cluster else ()
        return ("kubectl", *context, f"--namespace={shlex.quote(namespace)}")

    def _kept(self, one: AppliedObject) -> str:
        # Without the version, the copy goes back whatever was written in between.
        strip = """sed '/^ *"resourceVersion":/d'"""
        return f"{self._each('get', one.name, '-o', 'json', at=one)} | {strip} > {self._place.file(one.copy)}"

    def _put_back(self, one: AppliedObject) -> str:
        # Without --raw, kubectl would write all of the copy into the annotation that its next apply goes by.
        return self._each("replace", "--raw", one.path, "-f", self._place.file(one.copy), at=one)

    def _after(self) -> Iterator[UpgradeStep]:
        """What has to hear of the change: the proxy, and the machine that switches the modes."""
        for one in self._proxy:
            known = f"--selector={applied.PART}={shlex.quote(one.part)}" if one.part else "NAME"
            yield UpgradeStep(
                title="Restart the proxy",
                text="It reads its configuration only at start."
                + ("" if one.part else " Replace NAME by the name of its Deployment."),
                commands=(self._each("rollout", "restart", "deployment", known, at=one),),
            )
        if self._settings.gpu_mode is not None:
            yield UpgradeStep(title="Copy the files to gpu-mode", text=self._copies(self._settings.gpu_mode))

    def _copies(self, command: GpuMode) -> str:
        files = " and ".join(mode.path for mode in self.modes)
        folder = command.folder or "the folder that it reads"
        return (
            f"`{shlex.join(command.command)}` applies its own copies: copy {files} to {folder} there, or it "
            "applies the old ones."
        )

    def _verified(self) -> Iterator[str]:
        for one in self._deployments[:1]:
            yield self._each("rollout", "status", one.name, f"--timeout={_WAIT}", at=one)
            yield self._each("get", "--raw", self._models(one.namespace), at=one)
        command = self._settings.gpu_mode
        if command is not None:
            yield from (shlex.join([*command.command, word]) for word in ("r1", "ml", "status"))
        yield from self._asked()

    def _models(self, namespace: str) -> str:
        service = self._settings.cluster.service if self._settings.cluster else "vllm-api"
        return f"{paths.path('Service', namespace)}/{service}:{_PORT}/proxy/v1/models"

    def _asked(self) -> Iterator[str]:
        route = self._settings.routing
        if route is not None:
            body = f'{{"model": "{route.alias}", "messages": [{{"role": "user", "content": "Hello"}}]}}'
            yield (
                # The shell's own printf: in a command line everybody on the machine could read the key.
                f"printf 'Authorization: Bearer %s' \"${route.api_key_env}\" | "
                f"curl -sS -o /dev/null -D - -H 'Content-Type: application/json' -H @- -d {shlex.quote(body)} "
                f"{shlex.quote(route.proxy.rstrip('/') + '/v1/chat/completions')} | grep -i '^x-litellm'"
            )

    def _expected(self) -> str:
        names = " or ".join(self.modes[0].serving.served_model_names) or "the model"
        said = f"The list of models names {names}."
        if self._settings.routing is None:
            return said
        return (
            f"{said} The proxy, called from where it can be reached, returns `x-litellm-attempted-fallbacks: 0` "
            "and, as "
            "`x-litellm-model-api-base`, the Service; without them, a fallback's answer looks like any other."
        )
