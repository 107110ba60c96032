"""Reads how candidates would be started, and what is known of the model: manifests, command lines, ``config.json``.

Called by ``vllm-qualify preflight``, which has to answer in a second: what needs the settings' library stays out.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from vllm_qualify.arguments import command_line
from vllm_qualify.arguments.shell import config_file
from vllm_qualify.arguments.shell.config_file import Content
from vllm_qualify.arguments.shell.environment import Words
from vllm_qualify.core.errors import UserError
from vllm_qualify.kube import manifests
from vllm_qualify.kube.containers import Around
from vllm_qualify.kube.serving import ServingManifest
from vllm_qualify.preflight import ManifestFacts, ModelFacts, models
from vllm_qualify.preflight.predict import LaunchSpec
from vllm_qualify.system import path_checks, text_files
from vllm_qualify.system.text_files import UnreadableText

_CONFIG = "config.json"
_PROGRAMS = frozenset({"python", "python3", "vllm"})
_WEIGHTS = "*.safetensors"


class BadInput(UserError, ValueError):
    """What was given cannot be used; each line of the message says what, why and what was expected."""


def from_args(text: str, *, source: str = "--args") -> LaunchSpec:
    """A start by a command line as a shell would take it, with or without the program in front.

    Raises:
        BadInput: a quotation has no end.
    """
    try:
        words = tuple(shlex.split(text))
    except ValueError as error:
        raise BadInput(f"{source} cannot be split into words: {str(error).lower()}; quote it as in a shell") from error
    command = words[:1] if words and Path(words[0]).name in _PROGRAMS else ()
    config = config_file.of(Words(words=words), _on_disk)
    return of(ServingManifest(source=source, kind="", name="", command=command, command_line=words, config=config))


def _on_disk(path: str) -> Content | str:
    """A file of this machine, which is where a bare command line is run."""
    try:
        return Content(text=read_text(Path(path)), where=path)
    except BadInput as error:
        return str(error)


def from_text(text: str, *, source: str, around: Around | None = None) -> LaunchSpec:
    """A start by YAML.

    Args:
        text: of the manifest.
        source: the file, for messages.
        around: what is known beside it.

    Raises:
        BadManifest: it holds no serving container, or more than one.
    """
    return of(manifests.serving(text, source=source, around=around))


def of(manifest: ServingManifest) -> LaunchSpec:
    """A start by a manifest that was read, with what this package knows of its model."""
    return LaunchSpec(manifest=ManifestFacts.of(manifest), served=manifest.model, model=models.known(manifest.model))


def with_models(starts: Sequence[LaunchSpec], given: Mapping[str, Path]) -> tuple[LaunchSpec, ...]:
    """The starts with models whose configuration is at hand.

    Args:
        starts: as they were read.
        given: the file by the model's name; ``""`` for the only model that there is.

    Raises:
        BadInput: a file is no ``config.json``, or it is not said of which model it is.
    """
    served = sorted({start.served for start in starts if start.served})
    if "" in given and len(served) > 1:
        raise BadInput(f"--model-config {given['']}: the model is missing; write MODEL={given['']}; {_one_of(served)}")
    if strange := sorted(set(given) - {"", *served}):
        raise BadInput(f"--model-config {strange[0]}=...: no manifest serves {strange[0]}; {_one_of(served)}")
    known = {name: model_config(path, name=name or (served[0] if served else "")) for name, path in given.items()}
    return tuple(replace(start, model=known.get(start.served) or known.get("") or start.model) for start in starts)


def with_env(starts: Sequence[LaunchSpec], environment: Mapping[str, str]) -> tuple[LaunchSpec, ...]:
    """The starts with variables set in all of them."""
    return tuple(
        replace(one, manifest=replace(one.manifest, env={**one.manifest.env, **environment})) for one in starts
    )


def model_config(path: Path, *, name: str) -> ModelFacts:
    """What a model's ``config.json`` tells, and the size of the weights beside it.

    Args:
        path: the file, or the folder that it is in.
        name: of the model.

    Raises:
        BadInput: it cannot be read, or is no configuration.
    """
    file = path / _CONFIG if path_checks.is_folder(path) else path
    text = read_text(file)
    try:
        document: Any = json.loads(text)
    except json.JSONDecodeError as error:
        raise BadInput(f"{file}:{error.lineno}: is not JSON: {error.msg}; expected a model's {_CONFIG}") from error
    except RecursionError as error:
        raise BadInput(f"{file}: is nested too deeply to be a model's {_CONFIG}") from error
    except ValueError as error:
        # A number of more digits than Python reads.
        raise BadInput(f"{file}: is not JSON: {error}; expected a model's {_CONFIG}") from error
    if not isinstance(document, dict) or not document.keys() & {"architectures", "model_type"}:
        raise BadInput(f"{file}: names neither architectures nor model_type, so it is not a model's {_CONFIG}")
    weights = sum(each.stat().st_size for each in file.parent.glob(_WEIGHTS) if each.is_file())
    return models.from_config(document, name=name, weights_bytes=weights, source=str(file))


def read_text(path: Path, *, most_bytes: int = text_files.MOST_BYTES) -> str:
    """A text file.

    Args:
        path: the file.
        most_bytes: how much of it is read at most.

    Raises:
        BadInput: it cannot be read, or is not UTF-8.
    """
    try:
        # A byte order mark is what Windows editors leave.
        return text_files.read(path, most_bytes=most_bytes).removeprefix("\ufeff")
    except UnreadableText as error:
        raise BadInput(f"{path}:{error.line}: {error}" if error.line else f"{path} {error}") from error


def secrets(starts: Sequence[LaunchSpec]) -> frozenset[str]:
    """What the command lines hold that nobody may see."""
    words = [word for start in starts for word in (*start.manifest.command, *start.manifest.args)]
    configs = [start.manifest.config for start in starts if start.manifest.config is not None]
    return command_line.secrets(
        [*words, *(word for config in configs for group in config.groups for word in group.argv)]
    )


def _one_of(served: Sequence[str]) -> str:
    return f"the models are {', '.join(served)}" if served else "no manifest names a model"
