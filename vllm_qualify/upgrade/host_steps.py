"""The commands of an upgrade on a host without Kubernetes, and of its way back. Pure: the operator runs them."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace

from vllm_qualify.container import compose_program
from vllm_qualify.container.compose_program import ComposeFiles, ComposeProgram
from vllm_qualify.container.run_line import StartedContainer
from vllm_qualify.core.images import ImageRef
from vllm_qualify.upgrade import compose_images, host_edits
from vllm_qualify.upgrade.host_edits import QUADLET, UNIT, HostFolder
from vllm_qualify.upgrade.patch import Patch
from vllm_qualify.upgrade.steps import BACK, FORWARD, Place, UpgradeStep, applied_patch

_PORT = 8000
_KEPT = "vllm-before-upgrade"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostEngine:
    """How the operator reaches the engine.

    Attributes:
        program: ``docker`` or ``podman``, by name or path.
        host: context or address; ``""`` for this machine's own.
        profiles: of the Compose project that are switched on.
    """

    program: str = "docker"
    host: str = ""
    profiles: tuple[str, ...] = ()

    @property
    def podman(self) -> bool:
        """It is Podman, whose words differ from Docker's here and there."""
        return posixpath.basename(self.program).startswith("podman")

    def pull(self, image: ImageRef) -> str:
        """The command that fetches an image; Podman asks where from unless it is told."""
        host = image.repository.partition("/")[0]
        hub = "docker.io/" if self.podman and not {".", ":"} & set(host) and host != "localhost" else ""
        return self.words("pull", f"{hub}{image}")

    def words(self, *words: str) -> str:
        """A command as a shell takes it."""
        option = "--connection" if self.podman else "--host" if "://" in self.host else "--context"
        return shlex.join([self.program, *((option, self.host) if self.host else ()), *words])


class HostSteps:
    """The steps for one operator's files."""

    def __init__(self, folder: HostFolder, engine: HostEngine, place: Place, image: ImageRef) -> None:
        self._folder = folder
        self._engine = engine
        self._place = place
        self._image = image
        self._started = {path: host_edits.started(folder, path, folder.texts) for path in folder.starts}

    def there(self, patch: Patch) -> tuple[UpgradeStep, ...]:
        """The upgrade.

        Args:
            patch: the one that is applied.
        """
        return (
            UpgradeStep(
                title="Pull the image",
                text="Production goes on meanwhile; if this fails, nothing has changed.",
                commands=tuple(dict.fromkeys(engine.pull(self._image) for engine in self._engines())),
            ),
            UpgradeStep(
                title="Keep the image that runs now",
                text="For the rollback: its tag may mean another image by then.",
                commands=tuple(self._kept()),
            ),
            UpgradeStep(
                title="Change the files", commands=tuple(applied_patch(self._place, patch, FORWARD, checked=True))
            ),
            *self._starts("From here until the model is loaded, production is down."),
            self._verified(),
        )

    def back(self, patch: Patch) -> tuple[UpgradeStep, ...]:
        """The way back.

        Args:
            patch: the one that is applied.
        """
        return (
            UpgradeStep(
                title="Revert the files",
                text=f"If the old tag means another image by now, write {_KEPT}:NAME in its place.",
                commands=tuple(applied_patch(self._place, patch, BACK, checked=False)),
            ),
            *self._starts(""),
        )

    def _engines(self) -> Iterator[HostEngine]:
        """Those that run production."""
        if self._folder.compose:
            yield self._engine
        yield from map(self._of, self._started.values())

    def _of(self, one: StartedContainer) -> HostEngine:
        return replace(self._engine, program=one.engine)

    def _kept(self) -> Iterator[str]:
        if self._folder.compose:
            yield f"cd {shlex.quote(self._folder.root)}"
        for service in self._folder.services:
            found = f"$({self._compose('ps', '-q', service)})"
            yield _tagged(self._engine, found, service)
        for path, one in self._started.items():
            name = one.name or posixpath.splitext(posixpath.basename(path))[0]
            yield _tagged(self._of(one), shlex.quote(name), name)

    def _starts(self, text: str) -> Iterator[UpgradeStep]:
        """The new containers, each by what owns it."""
        if self._folder.compose:
            services = self._folder.services
            project = host_edits.compose(self._folder, self._folder.texts)
            built = any(compose_images.place(project, service, self._image).built for service in services)
            build = (self._compose("build", *services),) if built else ()
            yield UpgradeStep(
                title="Restart production", text=text, commands=(*build, self._compose("up", "-d", *services))
            )
        for path, one in self._started.items():
            yield self._owner(path, one, text)

    def _owner(self, path: str, one: StartedContainer, text: str) -> UpgradeStep:
        stem, suffix = posixpath.splitext(posixpath.basename(path))
        title = f"Restart {stem}"
        if suffix not in {QUADLET, UNIT}:
            name = f" {one.name}" if one.name else ""
            said = f"Stop and remove the container{name} unless the script does, and run {path} as you do otherwise."
            return UpgradeStep(title=title, text=" ".join(filter(None, (said, text))))
        installed = posixpath.join(self._folder.root, path)
        system = "sudo systemctl" if installed.startswith(("/etc/", "/usr/")) else "systemctl --user"
        said = f"Copy {path} to where systemd reads it, if that is elsewhere."
        return UpgradeStep(
            title=title,
            text=" ".join(filter(None, (said, text))),
            commands=(f"{system} daemon-reload", f"{system} restart {shlex.quote(f'{stem}.service')}"),
        )

    def _compose(self, *words: str) -> str:
        """A command of the Compose program; with Docker the host is the engine's option, with Podman the program's."""
        program = ComposeProgram.PODMAN if self._engine.podman else ComposeProgram.DOCKER
        first = next(iter(self._folder.variables), "")
        usual = posixpath.join(posixpath.dirname(self._folder.compose[0]), ".env")
        files = ComposeFiles(
            files=self._folder.compose,
            env_file="" if first == usual else first,
            profiles=self._engine.profiles,
        )
        return self._engine.words(*compose_program.command(program, files, *words)[1:])

    def _verified(self) -> UpgradeStep:
        ports = [port.host_port for one in self._started.values() for port in one.spec.ports if port.host_port]
        where = "" if ports else f" Write the port that production publishes in place of {_PORT}."
        return UpgradeStep(
            title="Verify",
            text=f"The list of models names what production serves.{where}",
            commands=(f"curl -sS http://127.0.0.1:{ports[0] if ports else _PORT}/v1/models",),
        )


def _tagged(engine: HostEngine, container: str, name: str) -> str:
    inspect = engine.words("inspect", "--format", "{{.Image}}")
    return f'{engine.words("tag")} "$({inspect} {container})" {shlex.quote(f"{_KEPT}:{name}")}'
