"""Which files of a folder start vLLM on a host without Kubernetes: Compose files, quadlets, units, scripts."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vllm_qualify.cli.first_settings.folder_texts import FolderText
from vllm_qualify.container import host_file
from vllm_qualify.kube import yamltext
from vllm_qualify.kube.serving import BadManifest, ServingManifest
from vllm_qualify.preflight import any_manifest, host_starts

_OVERRIDE = ".override"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFile:
    """A file that starts vLLM.

    Attributes:
        path: from the operator's folder.
        manifest: what it starts, with the path as its source.
        compose: the Compose files, in their order; empty for other files.
    """

    path: str
    manifest: ServingManifest
    compose: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.manifest.kind} {self.manifest.name} ({self.path})"

    @property
    def container(self) -> str:
        """Name of the container that it makes; ``""`` where Compose makes it up, or where it makes none."""
        return self.manifest.name if self.manifest.kind == host_starts.KIND else ""


def find(folder: Path, texts: Sequence[FolderText]) -> tuple[list[HostFile], list[str]]:
    """The files that start vLLM, and what of others stands in the way of reading them.

    Args:
        folder: the operator's.
        texts: of it.
    """
    found: list[HostFile] = []
    problems: list[str] = []
    paths = {one.path for one in texts}
    for one in texts:
        composed = _is_compose(one)
        if "vllm" not in one.text.lower() or not (composed or host_file.is_start(Path(one.path), one.text)):
            continue
        try:
            # What the environment of this process holds may be a secret, and is another one where vLLM runs.
            manifest = any_manifest.serving(folder / one.path, variables={}, environment={})
        except BadManifest as problem:
            # A script or a file of Compose may name vLLM and start something else.
            problems += [line.replace(f"{folder}/", "") for line in problem.lines if composed]
            continue
        compose = (one.path, *_overrides(one.path, paths)) if composed else ()
        found.append(HostFile(path=one.path, manifest=replace(manifest, source=one.path), compose=compose))
    return [one for one in found if not _overridden(one.path, paths)], problems


def _is_compose(one: FolderText) -> bool:
    if "services" not in one.text:
        return False
    return any(host_file.is_compose(each.data) for each in yamltext.readable(one.text))


def _overrides(path: str, paths: Iterable[str]) -> tuple[str, ...]:
    """The file that Compose would read behind another one by itself.

    Source: docs.docker.com/compose/how-tos/multiple-compose-files/merge.
    """
    stem, suffix = posixpath.splitext(path)
    there = f"{stem}{_OVERRIDE}{suffix}"
    return (there,) if there in set(paths) else ()


def _overridden(path: str, paths: Iterable[str]) -> bool:
    """It is itself such a file."""
    stem, suffix = posixpath.splitext(path)
    return stem.endswith(_OVERRIDE) and f"{stem.removesuffix(_OVERRIDE)}{suffix}" in set(paths)
