"""Exchanges the image of a Compose service: in its line, in ``.env``, or in the default of a variable. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from vllm_qualify.container import env_files
from vllm_qualify.container.compose_service import at
from vllm_qualify.container.interpolation import Variables, interpolated
from vllm_qualify.core import images
from vllm_qualify.core.images import ImageRef
from vllm_qualify.kube import edits, yamltext
from vllm_qualify.kube.serving import BadManifest
from vllm_qualify.kube.yamltext import Path, YamlDocument
from vllm_qualify.upgrade import image_lines

_VARIABLE = re.compile(
    r"\$(?:(?P<bare>[A-Za-z_]\w*)|\{(?P<name>[A-Za-z_]\w*)(?:(?P<form>:?[-+?])(?P<operand>[^${}]*))?\})", re.ASCII
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposeTexts:
    """The files of a project.

    Attributes:
        texts: of the Compose files, in the order in which later ones change what is above them.
        variables: path of the file of variables, and its text; ``None`` where there is none.
        environment: of the process that starts the Compose program; it outranks that file.
    """

    texts: Mapping[str, str] = field(repr=False)
    variables: tuple[str, str] | None = field(default=None, repr=False)
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    def values(self) -> dict[str, str]:
        """What is put in for variables."""
        text = self.variables[1] if self.variables else ""
        return {**env_files.read(text, Variables(values=self.environment)), **self.environment}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagePlace:
    """Where a service's image is written.

    Attributes:
        file: the Compose file that has the last word.
        document: its content.
        path: of the value in it.
        written: the value, with its variables.
        image: what it is now; ``${NAME}`` stays for what nothing sets.
        local: the service builds its image here, so that no registry knows a digest of it.
    """

    file: str
    document: YamlDocument
    path: Path
    written: str
    image: str
    local: bool = False

    @property
    def built(self) -> bool:
        """It is what the service's own image is built on."""
        return "build" in self.path


def place(project: ComposeTexts, service: str, image: ImageRef) -> ImagePlace:
    """Where the image of a service is written, or the one that it is built on if that is to be exchanged.

    Args:
        project: the files.
        service: name of the service.
        image: the new one, which has to be of the same repository where there are two to choose from.

    Raises:
        BadManifest: no file says it.
    """
    found = list(_places(project, service))
    named = image.repository.rpartition("/")[2]
    same = (one for one in found if images.repository_of(one.image).rpartition("/")[2] == named)
    if found:
        return next(same, found[0])
    raise BadManifest(f"{', '.join(project.texts)}: no file names an image of the service {service}; add image: to it")


def with_image(project: ComposeTexts, found: ImagePlace, image: ImageRef) -> tuple[str, str]:
    """The file that changes, and its text afterwards.

    Raises:
        BadManifest: the image is written in a way that is not edited here; the message says what to write where.
    """
    variables = list(_VARIABLE.finditer(found.written))
    if not variables:
        return found.file, _in_place(project, found, str(image))
    if len(variables) == 1:
        one = variables[0]
        new = _value(found, one, image)
        name = one["bare"] or one["name"]
        if new is not None:
            return _variable(project, found, one, name, new)
    raise BadManifest(_by_hand(found, image))


def _variable(project: ComposeTexts, found: ImagePlace, one: re.Match[str], name: str, new: str) -> tuple[str, str]:
    """The change of one variable, where it is set: in the environment, in the file of variables, or by its default."""
    if name in project.environment:
        raise BadManifest(
            f"{found.file}:{_line(found)}: {name} is set in the environment, which no patch can change; set it to "
            f"{new} there, or unset it and plan again"
        )
    value = project.values().get(name)
    given = bool(value) if (one["form"] or "").startswith(":") else value is not None
    if given and project.variables is not None:
        path, text = project.variables
        after = image_lines.with_value(text, name=name, old=value or "", new=new)
        if after is not None:
            return path, after
    if not given and (one["form"] or "").endswith("-"):
        default = found.written[: one.start("operand")] + new + found.written[one.end("operand") :]
        return found.file, _in_place(project, found, default)
    raise BadManifest(f"{found.file}:{_line(found)}: nothing that can be changed here sets {name}; set it to {new}")


def _value(found: ImagePlace, one: re.Match[str], image: ImageRef) -> str | None:
    """What a variable has to be; ``None`` where it is neither the whole reference nor its tag."""
    before, behind = found.written[: one.start()], found.written[one.end() :]
    if not before and not behind:
        return str(image)
    tag = before == f"{images.repository_of(before.removesuffix(':'))}:" and not behind
    return image_lines.tag_and_digest(image) if tag and before[:-1] == image.repository else None


def _in_place(project: ComposeTexts, found: ImagePlace, value: str) -> str:
    mark, text = edits.split_mark(project.texts[found.file])
    changed = edits.exchanged(text, found.document.node, found.path, value)
    before: Any = found.document.data
    wanted = edits.replaced(before["services"], found.path[1:], value)
    after = _services(changed) if changed is not None else None
    if changed is None or after != wanted:
        raise BadManifest(
            f"{found.file}:{_line(found)}: the image is shared with other services through a YAML anchor, or is not "
            f"written as text; write image: {value} into the service {found.path[1]} itself"
        )
    return mark + changed


def _services(text: str) -> Any:
    try:
        data: Any = yamltext.documents(text)[0].data
    except (yamltext.BadYaml, IndexError):
        return None
    return data.get("services")


def _by_hand(found: ImagePlace, image: ImageRef) -> str:
    return (
        f"{found.file}:{_line(found)}: the image {found.written} is put together in a way that is not edited here; "
        f"write it so that it becomes {image}"
    )


def _line(found: ImagePlace) -> int:
    return found.document.line(*found.path)


def _places(project: ComposeTexts, service: str) -> Iterator[ImagePlace]:
    """Those of the file that has the last word first; a service's own image before what it is built on."""
    values = Variables(values=project.values())
    for file, text in reversed(list(project.texts.items())):
        for document in edits.read(edits.split_mark(text)[1], file)[:1]:
            found = at(document.data, "services", service)
            arguments = at(found, "build", "args")
            built = [("build", "args", str(name)) for name in arguments] if isinstance(arguments, dict) else []
            for path in (("image",), *built):
                written = at(found, *path)
                image = interpolated(str(written or ""), values)
                if (path == ("image",) and written) or "vllm" in image:
                    whole: Path = ("services", service, *path)
                    local = path == ("image",) and bool(at(found, "build"))
                    yield ImagePlace(
                        file=file, document=document, path=whole, written=str(written), image=image, local=local
                    )
