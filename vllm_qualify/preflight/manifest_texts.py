"""Gathers the YAML that an operator names for preflight: a file, a folder, what kubectl renders, standard input."""

from __future__ import annotations

from pathlib import Path

from vllm_qualify.kube import kustomize
from vllm_qualify.kube.any_kind import SourceText
from vllm_qualify.kube.serving import BadManifest
from vllm_qualify.system import path_checks, text_files
from vllm_qualify.system.text_files import UnreadableText

_SUFFIXES = frozenset({".json", ".yaml", ".yml"})
_MOST_FILES = 100


def gathered(path: Path) -> tuple[SourceText, ...]:
    """Read what a manifest's path leads to.

    Args:
        path: a file, ``-`` for standard input, a kustomize folder, or a folder of YAML files.

    Raises:
        BadManifest: it cannot be read.
    """
    if str(path) == text_files.STDIN:
        return (SourceText(text=text(path), source="standard input"),)
    if path.name in kustomize.FILE_NAMES or (path_checks.is_folder(path) and _kustomized(path)):
        from vllm_qualify.kube import manifest_files  # noqa: PLC0415 - few paths need what is slow to load.

        rendered = manifest_files.rendered(path)
        return (SourceText(text=rendered.text, source=rendered.source),)
    if path_checks.is_folder(path):
        return _folder(path)
    return (SourceText(text=text(path), source=str(path)),)


def text(path: Path) -> str:
    """Read one text.

    Raises:
        BadManifest: it cannot be read.
    """
    try:
        return text_files.read(path)
    except UnreadableText as error:
        place = f"{path}:{error.line}:" if error.line else str(path)
        raise BadManifest(f"{place} {error}") from error


def _kustomized(folder: Path) -> bool:
    return any(path_checks.is_file(folder / name) for name in kustomize.FILE_NAMES)


def _folder(folder: Path) -> tuple[SourceText, ...]:
    try:
        files = sorted(each for each in folder.iterdir() if each.suffix in _SUFFIXES and path_checks.is_file(each))
    except OSError as error:
        raise BadManifest(f"{folder} cannot be read: {(error.strerror or str(error)).lower()}") from error
    if path_checks.is_file(folder / "Chart.yaml"):
        raise BadManifest(
            f"{folder} is a Helm chart; render it: helm template RELEASE {folder} -f VALUES "
            "| vllm-qualify preflight IMAGE --manifest -"
        )
    if not files:
        raise BadManifest(f"{folder} has no YAML file; give the file, or the folder that has it")
    if len(files) > _MOST_FILES:
        raise BadManifest(f"{folder} has more than {_MOST_FILES} files; give the workload's file")
    return tuple(SourceText(text=text(each), source=str(each)) for each in files)
