"""Which kustomize folders a manifest belongs to; what kubectl would have to fetch for one is not rendered. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from vllm_qualify.cli.first_settings.folder_texts import FolderText
from vllm_qualify.core import foreign
from vllm_qualify.kube import kustomize, yamltext

_LISTS = ("resources", "bases", "components")
_PRODUCTION = ("production", "prod", "live")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundKustomization:
    """One kustomize folder.

    Attributes:
        folder: from the operator's folder; ``.`` for that itself.
        files: all files and folders that it is made of.
        remote: something of it is elsewhere, so that kubectl would fetch it.
    """

    folder: str
    files: frozenset[str] = frozenset()
    remote: bool = False


def find(texts: Sequence[FolderText]) -> tuple[FoundKustomization, ...]:
    """The kustomize folders that are part of no other one, those of production first.

    Args:
        texts: of the operator's folder.
    """
    lists = {posixpath.dirname(one.path) or ".": tuple(_listed(one)) for one in texts if _is_one(one)}
    found = [_whole(folder, lists) for folder in lists]
    tops = [one for one in found if not any(one.folder in other.files for other in found)]
    return tuple(sorted(tops, key=lambda one: (not _of_production(one.folder), one.folder)))


def _is_one(one: FolderText) -> bool:
    return posixpath.basename(one.path) in kustomize.FILE_NAMES


def _of_production(folder: str) -> bool:
    return posixpath.basename(folder).lower() in _PRODUCTION


def _listed(one: FolderText) -> Iterator[str]:
    """What a kustomization is made of, as it is written."""
    for document in yamltext.readable(one.text):
        data = foreign.mapping(document.data)
        for key in _LISTS:
            yield from (entry for entry in foreign.items(data.get(key)) if isinstance(entry, str))
        # Charts are fetched as well, and kubectl renders them only if it is told so.
        yield from ("https://chart" for _ in foreign.items(data.get("helmCharts")))


def _whole(folder: str, lists: Mapping[str, Sequence[str]]) -> FoundKustomization:
    files: set[str] = set()
    remote = False
    left = [folder]
    while left:
        place = left.pop()
        for entry in lists[place]:
            remote = remote or "://" in entry or "?ref=" in entry or entry.startswith(("github.com/", "git@"))
            path = posixpath.normpath(posixpath.join(place, entry))
            if path in lists and path not in files and path != folder:
                left.append(path)
            files.add(path)
    return FoundKustomization(folder=folder, files=frozenset(files), remote=remote)
