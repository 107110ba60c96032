"""Asks the argument parser of a release, which is fetched for that alone; no model is loaded. For the local target."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from vllm_qualify.arguments import command_line as argv
from vllm_qualify.arguments import overlay as parser_env
from vllm_qualify.arguments import parser_report, remembered
from vllm_qualify.arguments.command_line import CommandLine, Group
from vllm_qualify.arguments.overlay import ParserOverlay
from vllm_qualify.arguments.parser_report import ProbeReport, ProbeRequest
from vllm_qualify.arguments.shell.environment import unknown_in
from vllm_qualify.core.errors import UserError
from vllm_qualify.core.images import ImageRef
from vllm_qualify.kube.serving import ServingManifest
from vllm_qualify.targets.base import Mode, Unavailable


def command_line(image: ImageRef, manifest: ServingManifest) -> CommandLine:
    """Which entrypoint of the image gets which arguments, those aside whose value is not known.

    Raises:
        Unavailable: the manifest's command starts something else than vLLM's server.
    """
    try:
        found = argv.command_line(image.release, command=manifest.executed_command, args=manifest.executed_args)
    except argv.UnknownCommand as error:
        raise Unavailable(f"{manifest.source}: {error}") from error
    return replace(found, argv=tuple(word for group in argv.split(found.argv) for word in _known(group, manifest)))


def _known(group: Group, manifest: ServingManifest) -> tuple[str, ...]:
    """The words of an option whose value is known; a parser would refuse the spelling of one that is not."""
    unknown = any(unknown_in(word, manifest.unknowns) for word in group.argv)
    return () if unknown and group.flag else group.argv


def arguments(image: ImageRef, manifest: ServingManifest) -> tuple[str, ...]:
    """The arguments alone."""
    return command_line(image, manifest).argv


def ask(
    image: ImageRef,
    manifests: Mapping[Mode, ServingManifest],
    *,
    python: Path,
    overlay: ParserOverlay | None = None,
    cache: Path,
    offline: bool,
    say: Callable[[str], None],
) -> Mapping[Mode, ProbeReport]:
    """Put the command line of every mode to the release's own parser.

    Args:
        image: names the release.
        manifests: what each mode serves; the name of a mode is the name of its question.
        python: an interpreter that has what this release of vLLM depends on.
        overlay: the release's Python files, where they are here already; ``None``: they are fetched.
        cache: where releases' parsers and their answers are kept.
        offline: fetch nothing.
        say: takes one line of progress at a time.

    Raises:
        Unavailable: the parser cannot be had here and now, or a manifest cannot be put to it.
    """
    if image.release is None:
        raise Unavailable(f"{image} names no release, so there is no parser to run")
    lines = {mode: command_line(image, manifest) for mode, manifest in manifests.items()}
    try:
        files = overlay or parser_env.overlay(image.release, python=python, cache=cache, offline=offline, say=say)
    except UserError as error:
        raise Unavailable(str(error)) from error
    reports: dict[Mode, ProbeReport] = {}
    for entrypoint in {line.entrypoint for line in lines.values()}:
        asked = {mode: line for mode, line in lines.items() if line.entrypoint is entrypoint}
        questions = parser_report.questions({mode.value: line.argv for mode, line in asked.items()})
        request = ProbeRequest(entrypoint=entrypoint, argvs=questions)
        report = remembered.probe(python, files, request, cache=cache, say=lambda line: say(f"{image.short}: {line}"))
        reports |= dict.fromkeys(asked, report)
    return reports
