"""Reads the files in which a host without Kubernetes names production's image, and what is written beside them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from vllm_qualify.core.errors import UserError
from vllm_qualify.kube import manifest_files
from vllm_qualify.system import path_checks, text_files
from vllm_qualify.system.text_files import UnreadableText
from vllm_qualify.upgrade import compose_services, folder
from vllm_qualify.upgrade.host_edits import HostFolder

_COMPOSE = frozenset({".json", ".yaml", ".yml"})
_VARIABLES = ".env"
_MOST_BYTES = 200_000
_MOST_FILES = 200
_NOTHING_STARTS = "none of the files of --file starts anything; give the Compose file, the unit or the script too"


def read(
    files: Sequence[Path], *, services: Sequence[str], environment: Mapping[str, str], variables: Path | None = None
) -> HostFolder:
    """Read every file that an upgrade may change.

    Args:
        files: Compose files, scripts, units, quadlets and files of variables, as the operator names them.
        services: of the Compose files, those that run vLLM; empty: the only one that does.
        environment: of this process.
        variables: what Compose reads in the place of the ``.env`` beside its first file.

    Raises:
        BadConfig: a file cannot be read, or lies outside of the folder that a patch can be applied to.
        UserError: none of the files could start anything.
    """
    named = [path_checks.resolved(path) for path in files]
    compose = [path for path in named if path.suffix in _COMPOSE]
    beside = path_checks.resolved(variables) if variables else compose[0].parent / _VARIABLES if compose else None
    own = [beside] if beside is not None and path_checks.is_file(beside) else []
    settings = list(dict.fromkeys([*own, *(path for path in named if _VARIABLES in {path.suffix, path.name})]))
    starts = [path for path in named if path not in {*compose, *settings}]
    if not compose and not starts:
        raise UserError(_NOTHING_STARTS)
    all_files = list(dict.fromkeys([*named, *settings]))
    # A unit and its file of variables may be far apart, and the patch is of both.
    above = Path(os.path.commonpath([path.parent for path in all_files]))
    root = folder.root_of(above, all_files, source=all_files[0])
    texts = {folder.relative(path, root): manifest_files.text(path, newline="") for path in all_files}
    paths = tuple(folder.relative(path, root) for path in compose)
    return HostFolder(
        root=str(root),
        texts=texts,
        compose=paths,
        services=compose_services.chosen([texts[path] for path in paths], paths, services) if paths else (),
        variables=tuple(folder.relative(path, root) for path in settings),
        starts=tuple(folder.relative(path, root) for path in starts),
        beside=_beside(all_files, root),
        environment=environment,
    )


def _beside(files: Sequence[Path], root: Path) -> dict[str, str]:
    """The texts around the files: in their folders, and at the root."""
    found: dict[str, str] = {}
    for place in dict.fromkeys([*(path.parent for path in files), root]):
        # A folder that may not be listed has nothing that could be looked at.
        inside: list[Path] = []
        with contextlib.suppress(OSError):
            inside = sorted(place.iterdir())[:_MOST_FILES]
        for path in inside:
            if path_checks.is_file(path) and path not in files:
                with contextlib.suppress(UnreadableText):
                    found[folder.relative(path, root)] = text_files.read(path, most_bytes=_MOST_BYTES)
    return found
