"""Reads the text of a manifest: a YAML file as it is, or what kubectl makes of a kustomize folder.

Called by the reader of the settings and by the kubernetes target.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vllm_qualify.core.errors import BadConfig, Problem
from vllm_qualify.kube import kustomize
from vllm_qualify.kube.serving import BadManifest
from vllm_qualify.system import path_checks, process_runner, text_files
from vllm_qualify.system.process_runner import CompletedProcess
from vllm_qualify.system.text_files import UnreadableText

DEADLINE_SECONDS = 30.0
"""For a folder with remote bases, which kubectl fetches; a local one takes well under a second."""

Run = Callable[[tuple[str, ...]], CompletedProcess]
"""Runs a command line to its end."""

_MOST_SAID = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """The text of a manifest.

    Attributes:
        text: YAML, line ends as they are in the file.
        source: what messages call it; a line of it is one of the file, or of what kubectl rendered.
        kustomized: kubectl made it of a folder, so that a change belongs into its kustomization.
    """

    text: str
    source: str
    kustomized: bool = False


@functools.cache
def run_once(argv: tuple[str, ...]) -> CompletedProcess:
    """Run a command line, the same one only once: a run that reads a folder again shall not see another one.

    Raises:
        FileNotFoundError: there is no such program.
        TimeoutError: it did not end in time.
    """
    return process_runner.run(argv, cwd=Path("/"), deadline_seconds=DEADLINE_SECONDS)


def rendered(path: Path, *, run: Run = run_once, kubectl: str = "kubectl") -> Rendered:
    """Read a manifest.

    Args:
        path: a YAML file, a kustomize folder, or the kustomization file in it.
        run: starts kubectl.
        kubectl: the program.

    Raises:
        BadConfig: the file cannot be read.
        BadManifest: the folder has no kustomization, or kubectl cannot render it.
    """
    folder = _kustomize_folder(path)
    if folder is None:
        return Rendered(text=text(path, newline=""), source=str(path))
    made = _kustomized(folder, run=run, kubectl=kubectl)
    return Rendered(text=made, source=f"{folder} rendered", kustomized=True)


def exists(path: Path) -> bool:
    """Tell whether there is a file or a folder to read a manifest from."""
    return path_checks.is_file(path) or path_checks.is_folder(path)


def text(path: Path, *, newline: str | None = None, most_bytes: int = text_files.MOST_BYTES) -> str:
    """Read a text file.

    Args:
        path: the file.
        newline: ``""`` keeps line ends as they are; otherwise each becomes one newline.
        most_bytes: how much of it is read at most.

    Raises:
        BadConfig: it cannot be read, or is not UTF-8.
    """
    try:
        return text_files.read(path, newline=newline, most_bytes=most_bytes)
    except UnreadableText as error:
        raise BadConfig(str(path), [Problem(line=error.line, message=str(error))]) from error


def _kustomize_folder(path: Path) -> Path | None:
    """The folder to render; ``None`` for a plain file."""
    if not path_checks.is_folder(path):
        return path.parent if path.name in kustomize.FILE_NAMES else None
    if not any(path_checks.is_file(path / name) for name in kustomize.FILE_NAMES):
        raise BadManifest(
            f"{path}: there is no kustomization.yaml in this folder; give the YAML file of the Deployment, or a "
            "kustomize folder"
        )
    return path


def _kustomized(folder: Path, *, run: Run, kubectl: str) -> str:
    try:
        ended = run((kubectl, "kustomize", str(path_checks.resolved(folder))))
    except FileNotFoundError as error:
        raise BadManifest(
            f"{folder}: a kustomize folder is rendered by {kubectl}, which is not on the PATH; install kubectl "
            "(kubernetes.io/docs/tasks/tools), or give a plain YAML file"
        ) from error
    except TimeoutError as error:
        raise BadManifest(
            f"{folder}: kubectl kustomize did not end within {DEADLINE_SECONDS:g} s; remote bases are fetched each "
            "time, so check the network or keep a copy of them beside the folder"
        ) from error
    if ended.exit_code:
        said = " ".join(ended.stderr.split()).removeprefix("error: ") or f"it ended with {ended.exit_code}"
        raise BadManifest(f"{folder}: kubectl kustomize cannot render this: {said[:_MOST_SAID]}")
    return ended.stdout
