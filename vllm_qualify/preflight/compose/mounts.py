"""Finds a service's files: in folders that are bound into it, and among its ``configs``. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from vllm_qualify.arguments.shell.config_file import Content, Files

_LOCAL = (".", "/", "~")


def of(service: Mapping[str, Any], project: Mapping[str, Any], read: Callable[[str], str | None]) -> Files:
    """Find files by their path in the container of a service.

    Args:
        service: as the file has it.
        project: the whole file.
        read: a file of this machine by its path from the Compose file.
    """
    configs = dict(_configs(service, project))
    bound = sorted(_bound(service), key=lambda pair: len(pair[1]), reverse=True)

    def find(path: str) -> Content | str:
        wanted = posixpath.normpath(path)
        if wanted in configs:
            file, content = configs[wanted]
            return _content(file, content if content is not None else read(file))
        for source, target in bound:
            inside = posixpath.relpath(wanted, target)
            if not inside.startswith(".."):
                file = source if inside == "." else posixpath.join(source, inside)
                return _content(file, read(file)) if source.startswith(_LOCAL) else f"it is in the volume {source}"
        return "it is in the image"

    return find


def _content(file: str, text: str | None) -> Content | str:
    return f"it is {file}, which cannot be read here" if text is None else Content(text=text, where=file)


def _bound(service: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Where from and where to, of each volume."""
    for volume in service.get("volumes") or ():
        if isinstance(volume, dict):
            yield str(volume.get("source") or ""), posixpath.normpath(str(volume.get("target") or "/"))
        else:
            source, _, rest = str(volume).partition(":")
            yield source, posixpath.normpath(rest.partition(":")[0] or source)


def _configs(service: Mapping[str, Any], project: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, str | None]]]:
    """By path in the container: the file, and its content where the Compose file has it."""
    known = project.get("configs")
    for each in service.get("configs") or ():
        name = str(each.get("source") if isinstance(each, dict) else each)
        config = known.get(name) if isinstance(known, dict) else None
        target = each.get("target") if isinstance(each, dict) else None
        if isinstance(config, dict):
            content = config.get("content")
            file = str(config.get("file") or f"the config {name}")
            yield posixpath.normpath(str(target or f"/{name}")), (file, None if content is None else str(content))
