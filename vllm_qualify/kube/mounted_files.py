"""Finds a container's files in the ConfigMaps that are mounted into it, as far as those are at hand. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import Any

from vllm_qualify.arguments.shell.config_file import Content, Files
from vllm_qualify.core import foreign
from vllm_qualify.kube.config_maps import ConfigMaps


def of(container: Mapping[str, Any], volumes: object, *, namespace: str, config_maps: ConfigMaps) -> Files:
    """Find files by their path in a container.

    Args:
        container: as the manifest has it.
        volumes: of its pod.
        namespace: of its workload.
        config_maps: what is at hand.
    """
    known = {str(each.get("name")): each for each in foreign.mappings(volumes)}
    mounts = sorted(foreign.mappings(container.get("volumeMounts")), key=_depth, reverse=True)

    def find(path: str) -> Content | str:
        for mount in mounts:
            point = posixpath.normpath(str(mount.get("mountPath") or "/"))
            inside = posixpath.relpath(path, point)
            if path.startswith("/") and not inside.startswith(".."):
                return _in_volume(known.get(str(mount.get("name")), {}), mount, inside, namespace, config_maps)
        return "it is in the image"

    return find


def _depth(mount: Mapping[str, Any]) -> int:
    return len(posixpath.normpath(str(mount.get("mountPath") or "/")))


def _in_volume(
    volume: Mapping[str, Any], mount: Mapping[str, Any], inside: str, namespace: str, config_maps: ConfigMaps
) -> Content | str:
    below = str(mount.get("subPath") or "")
    wanted = posixpath.normpath(posixpath.join(below, inside))
    maps = list(_maps(volume))
    if not maps:
        kind = next((key for key in volume if key != "name"), "of an unknown kind")
        return f"it is in the volume {mount.get('name')} ({kind})"
    missing = [str(each.get("name")) for each in maps if config_maps.data(namespace, str(each.get("name"))) is None]
    for each in maps:
        name = str(each.get("name"))
        for key, text in (config_maps.data(namespace, name) or {}).items():
            if _path(each, key) == wanted:
                return Content(text=text, where=f"key {key} of the ConfigMap {name}")
    if missing:
        return f"it is in the ConfigMap {missing[0]}, which is not available"
    return f"the ConfigMap {maps[0].get('name')} does not have it"


def _maps(volume: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The ConfigMaps of a volume, with the paths of their keys."""
    if isinstance(found := volume.get("configMap"), dict):
        yield found
    for source in foreign.mappings(foreign.mapping(volume.get("projected")).get("sources")):
        if isinstance(found := source.get("configMap"), dict):
            yield found


def _path(reference: Mapping[str, Any], key: str) -> str | None:
    """Where in its volume a key of a ConfigMap becomes a file; ``None`` where the volume leaves it out."""
    items = reference.get("items")
    if not isinstance(items, list):
        return key
    return next((str(item.get("path")) for item in foreign.mappings(items) if item.get("key") == key), None)
