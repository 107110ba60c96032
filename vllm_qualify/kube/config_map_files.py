"""Finds ConfigMaps in the files beside a manifest, where it names one that it does not hold itself."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path

from vllm_qualify.kube import config_maps, yamltext
from vllm_qualify.kube.config_maps import Data, Lookup
from vllm_qualify.system import path_checks, text_files
from vllm_qualify.system.text_files import UnreadableText

_SUFFIXES = frozenset({".yaml", ".yml"})
_MOST_FILES = 100
_MOST_BYTES = 1_000_000
_MARK = "ConfigMap"


def beside(path: Path) -> Lookup:
    """Look for ConfigMaps in the YAML files of a manifest's folder; they are read when the first one is asked for.

    Files that disagree about a ConfigMap, such as those of two environments, tell nothing of it.

    Args:
        path: the manifest; a file that is no YAML, or cannot be read, holds no ConfigMap.
    """

    @functools.cache
    def known() -> tuple[config_maps.ConfigMaps, ...]:
        return tuple(config_maps.of(yamltext.readable(text)) for text in _texts(path))

    def find(namespace: str, name: str) -> Data | None:
        found = [data for each in known() if (data := each.data(namespace, name)) is not None]
        return found[0] if found and all(data == found[0] for data in found) else None

    return find


def _texts(path: Path) -> Iterator[str]:
    try:
        files = sorted(each for each in path.parent.iterdir() if each.suffix in _SUFFIXES and path_checks.is_file(each))
    except OSError:
        return
    for file in files[:_MOST_FILES]:
        try:
            text = text_files.read(file, most_bytes=_MOST_BYTES)
        except UnreadableText:
            continue
        # Most files hold none, and reading YAML takes long.
        if file != path and _MARK in text:
            yield text
