"""Reads the operator's folder for the plan of an upgrade: its files, and where a patch of them is applied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vllm_qualify.config import ModeSettings, Settings
from vllm_qualify.core.errors import BadConfig, Problem
from vllm_qualify.kube import kustomize, manifest_files, manifests
from vllm_qualify.system import path_checks
from vllm_qualify.upgrade.edits import Folder, ModeFile, RouteFile


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderReading:
    """The operator's folder.

    Attributes:
        root: where a patch is applied: the git repository, or the folder of ``qualify.toml``.
        folder: what an upgrade may change in it.
    """

    root: Path
    folder: Folder


def read(settings: Settings, *, source: Path, run: manifest_files.Run = manifest_files.run_once) -> FolderReading:
    """Read every file that an upgrade may change.

    Args:
        settings: the operator's.
        source: the ``qualify.toml``.
        run: starts kubectl for kustomize folders.

    Raises:
        BadConfig: a file cannot be read, or lies outside of the folder that a patch can be applied to.
        BadManifest: a manifest cannot be read.
    """
    modes = [(name, mode, _edited(mode)) for name, mode in settings.modes.named.items()]
    routes = [(path_checks.resolved(each.config_map), each.alias) for each in (settings.routing,) if each is not None]
    files = [*(path for _, _, path in modes), *(path for path, _ in routes)]
    root = root_of(path_checks.resolved(source).parent, files, source=source)
    return FolderReading(
        root=root,
        folder=Folder(
            texts={relative(path, root): manifest_files.text(path, newline="") for path in files},
            modes=tuple(_mode(name, mode, path=relative(path, root), run=run) for name, mode, path in modes),
            route=next((RouteFile(path=relative(path, root), alias=alias) for path, alias in routes), None),
        ),
    )


def repository(folder: Path) -> Path | None:
    """The root of the git repository that a folder lies in; ``None`` where it lies in none."""
    # In a worktree and in a submodule it is a file.
    return next((above for above in (folder, *folder.parents) if path_checks.exists(above / ".git")), None)


def root_of(folder: Path, files: Sequence[Path], *, source: Path) -> Path:
    """Where a patch of some files is applied: the git repository that a folder lies in, or the folder.

    Raises:
        BadConfig: a file lies outside of it.
    """
    root = repository(folder) or folder
    outside = [path for path in files if not path.is_relative_to(root)]
    if outside:
        problems = (Problem(message=f"{path} lies outside of {root}, where no patch can change it") for path in outside)
        raise BadConfig(str(source), problems)
    return root


def relative(path: Path, root: Path) -> str:
    """A path as a patch has it."""
    return path.relative_to(root).as_posix()


def _edited(mode: ModeSettings) -> Path:
    """The file in which the image is written; no link, for git changes none."""
    path = mode.manifest
    inside = (path / name for name in kustomize.FILE_NAMES)
    return path_checks.resolved(next((each for each in inside if path_checks.is_file(each)), path))


def _mode(name: str, mode: ModeSettings, *, path: str, run: manifest_files.Run) -> ModeFile:
    found = manifest_files.rendered(mode.manifest, run=run)
    # A line of the file is one of the operator's; a rendered text has no line that could be changed.
    source = found.source if found.kustomized else path
    return ModeFile(
        mode=name,
        path=path,
        serving=manifests.serving(found.text, source=source, name=mode.workload),
        served_name=mode.served_model_name,
        kustomized=found.kustomized,
    )
