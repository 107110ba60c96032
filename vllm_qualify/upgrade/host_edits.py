"""What changes on a host without Kubernetes when a candidate becomes production. Pure.

Called by ``vllm-qualify plan``. The image is exchanged where it really stands, and the file is read again: it must
start the new one.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from vllm_qualify.container import quadlet, run_line, service_unit, unit_file
from vllm_qualify.container.refusal import UnreadableContainer
from vllm_qualify.container.run_line import StartedContainer
from vllm_qualify.container.run_spec import StartPlace
from vllm_qualify.core import images, redaction
from vllm_qualify.core.images import ImageRef
from vllm_qualify.upgrade import compose_images, image_lines
from vllm_qualify.upgrade.compose_images import ComposeTexts
from vllm_qualify.upgrade.edits import FileChange, Upgrade

QUADLET, UNIT = ".container", ".service"
_MOST_MENTIONS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFolder:
    """The operator's files, as far as an upgrade may change them; paths are relative to where the patch is applied.

    Attributes:
        root: that place, absolute.
        texts: of the files that may change, line ends as they are.
        compose: the Compose files of production, in their order.
        services: of them, those that run vLLM and shall run the candidate.
        variables: files of variables; the first is what Compose reads.
        starts: scripts, units and quadlets that start production.
        beside: texts of the files around them, which may name the old image as well.
        environment: of this process.
    """

    root: str
    texts: Mapping[str, str] = field(repr=False)
    compose: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    starts: tuple[str, ...] = ()
    beside: Mapping[str, str] = field(default_factory=dict, repr=False)
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)


def of(folder: HostFolder, *, image: ImageRef, environment: Mapping[str, str]) -> Upgrade:
    """Work out every change.

    Args:
        folder: the operator's.
        image: what production shall run, with its digest where that is known.
        environment: the variables that it needs.

    Raises:
        BadManifest: a Compose file is written in a way that is not edited here.
        UnreadableContainer: what starts production cannot be read, or not be edited.
    """
    work = _Work(folder, image)
    for service in folder.services:
        work.take_service(service)
    for path in folder.starts:
        work.take_start(path)
    made = (
        FileChange(path=path, before=folder.texts[path], after=work.texts[path], what=tuple(dict.fromkeys(what)))
        for path, what in work.what.items()
    )
    needed = tuple(f"production needs {name}={value}; add it to its variables" for name, value in environment.items())
    return Upgrade(image=image, changes=tuple(made), by_hand=needed, mentions=tuple(_mentions(work)))


def started(folder: HostFolder, path: str, texts: Mapping[str, str]) -> StartedContainer:
    """The container that a script, a unit or a quadlet starts.

    Raises:
        UnreadableContainer: it starts none, or it cannot be read.
    """
    known = {posixpath.join(folder.root, name): content for name, content in texts.items()}
    place = StartPlace(
        folder=posixpath.join(folder.root, posixpath.dirname(path)),
        # Variables of files that nobody named are seldom about the image; a script that nobody named is.
        read=lambda file: known.get(file, None if file.endswith((".bash", ".sh")) else ""),
        environment=folder.environment,
    )
    text, (stem, suffix) = texts[path], posixpath.splitext(posixpath.basename(path))
    if suffix in {QUADLET, UNIT}:
        unit = unit_file.read(text, name=stem, environment=folder.environment)
        found = quadlet.read(unit, place) if suffix == QUADLET else service_unit.read(unit, place)
    else:
        found = run_line.read(text, place, source=path)
    if not isinstance(found, StartedContainer):
        raise UnreadableContainer(
            f"{path} starts {' '.join(found.words[:2])} on the host itself, where no image can be replaced; install "
            "the release into its environment"
        )
    return found


def compose(folder: HostFolder, texts: Mapping[str, str]) -> ComposeTexts:
    """The Compose files with what their variables are read from."""
    variables = next(iter(folder.variables), None)
    return ComposeTexts(
        texts={path: texts[path] for path in folder.compose},
        variables=(variables, texts[variables]) if variables else None,
        environment=folder.environment,
    )


class _Work:
    """The texts as they become: several things may stand in one file, so each change builds on the one before."""

    def __init__(self, folder: HostFolder, image: ImageRef) -> None:
        self.folder = folder
        self.texts = dict(folder.texts)
        self.what: dict[str, list[str]] = {}
        self.old: list[str] = []
        self._image = image

    def take_service(self, service: str) -> None:
        project = compose(self.folder, self.texts)
        found = compose_images.place(project, service, self._image)
        image = self._spelt(found.image)
        if found.local:
            image = replace(image, digest="")
        if found.image != str(image):
            path, after = compose_images.with_image(project, found, image)
            self._put(path, after, f"the service {service} runs {image}, not {found.image}", found.image)

    def take_start(self, path: str) -> None:
        old = started(self.folder, path, self.texts).spec.image
        image = self._spelt(old)
        if old == str(image):
            return
        for candidate in (path, *self.folder.variables):
            after = image_lines.with_image(self.texts[candidate], old=old, image=image)
            if after is not None and self._starts(path, image, {**self.texts, candidate: after}):
                self._put(candidate, after, f"{path} starts {image}, not {old}", old)
                return
        raise UnreadableContainer(
            f"{path} starts {old}, but no line of {', '.join((path, *self.folder.variables))} has that in a form that "
            f"could be replaced; write {image} there, or give the file that sets it with --file"
        )

    def _starts(self, path: str, image: ImageRef, texts: Mapping[str, str]) -> bool:
        return started(self.folder, path, texts).spec.image == str(image)

    def _spelt(self, old: str) -> ImageRef:
        """The new image with the registry in front that the old one has, where Docker needs none but Podman does."""
        repository = images.repository_of(old)
        same = repository == f"docker.io/{self._image.repository}"
        return replace(self._image, repository=repository) if same else self._image

    def _put(self, path: str, after: str, what: str, old: str) -> None:
        self.old.append(old)
        self.texts[path] = after
        self.what.setdefault(path, []).append(what)


def _mentions(work: _Work) -> Iterator[str]:
    """What names an old image or its tag after all changes; secrets in such a line are not shown."""
    found = [
        f"{path}:{number}: {line.strip()}"
        for path, text in {**work.folder.beside, **work.texts}.items()
        for number, line in image_lines.mentions(text, work.old)
    ]
    yield from (redaction.text(one) for one in found[:_MOST_MENTIONS])
    if len(found) > _MOST_MENTIONS:
        yield f"and {len(found) - _MOST_MENTIONS} more"
