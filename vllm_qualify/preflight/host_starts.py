"""Reads how a host starts vLLM, a script, a unit or a quadlet, as if it were a manifest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from vllm_qualify.arguments.shell import config_file
from vllm_qualify.arguments.shell.config_file import Content
from vllm_qualify.arguments.shell.environment import Words, unknown_in
from vllm_qualify.container import host_file, manifest_text, quadlet, run_line, service_unit, unit_file
from vllm_qualify.container.refusal import UnreadableContainer
from vllm_qualify.container.run_line import HostStart, StartedContainer
from vllm_qualify.container.run_spec import StartPlace
from vllm_qualify.kube import yamltext
from vllm_qualify.kube.any_kind import SourceText
from vllm_qualify.kube.serving import BadManifest, ServingManifest
from vllm_qualify.preflight.compose import services
from vllm_qualify.preflight.compose.services import Project
from vllm_qualify.system import text_files
from vllm_qualify.system.text_files import UnreadableText

KIND = "container"
PROGRAM = "program"


def serving(
    path: Path, found: SourceText, *, variables: Mapping[str, str], environment: Mapping[str, str], name: str = ""
) -> ServingManifest:
    """Read what a file starts.

    Args:
        path: the file, or ``-``.
        found: its text.
        variables: what somebody sets from outside; it outranks the file.
        environment: of this process.
        name: of the container, where a script makes several.

    Raises:
        BadManifest: it starts no vLLM that can be recognised, or in a way that cannot be read.
    """
    place = StartPlace(
        folder=str(Path.cwd() if str(path) == text_files.STDIN else path.parent.absolute()),
        read=_on_disk,
        environment={**environment, **variables},
    )
    try:
        started = _started(path, found, place, name)
    except UnreadableContainer as error:
        raise BadManifest(f"{found.source}: {error}") from error
    if isinstance(started, StartedContainer):
        return _contained(started, found.source, variables)
    return _run(started, found.source, variables)


def _started(path: Path, found: SourceText, place: StartPlace, name: str) -> HostStart:
    if path.suffix in {host_file.QUADLET, host_file.UNIT}:
        unit = unit_file.read(found.text, name=path.stem, environment=place.environment)
        return quadlet.read(unit, place) if path.suffix == host_file.QUADLET else service_unit.read(unit, place)
    return run_line.read(found.text, place, source="it", name=name)


def _contained(started: StartedContainer, source: str, variables: Mapping[str, str]) -> ServingManifest:
    name = started.name or "vllm"
    (document,) = yamltext.documents(manifest_text.text(started.spec, service=name))
    project = Project(document=document, source=source, given=variables, read=_on_disk)
    read = services.serving(project, name=name)
    unknowns = {**started.unknowns, **read.unknowns}
    env = {key: None if value is None or unknown_in(value, unknowns) else value for key, value in read.env.items()}
    # The lines would be those of the text between.
    return replace(read, kind=KIND, unknowns=unknowns, env=env, lines={})


def _run(words: Words, source: str, variables: Mapping[str, str]) -> ServingManifest:
    return ServingManifest(
        source=source,
        kind=PROGRAM,
        name=words.words[0].rpartition("/")[2],
        command=words.words[:1],
        args=words.words[1:],
        env={**words.variables, **variables},
        command_line=words.words,
        unknowns=words.unknowns,
        gaps=words.gaps,
        config=config_file.of(words, _configured),
    )


def _configured(path: str) -> Content | str:
    text = _on_disk(path)
    return f"it is {path}, which cannot be read here" if text is None else Content(text=text, where=path)


def _on_disk(path: str) -> str | None:
    try:
        return text_files.read(Path(path).expanduser())
    except UnreadableText:
        return None
