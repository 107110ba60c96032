"""What a shell may offer for the word under the cursor: commands, options, choices and images, from the parsers."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence

from vllm_qualify.cli import calling, commands

_OFFICIAL = "vllm/vllm-openai"
_ROOT = {"--help": "show the commands", "--version": "show the version"}


def of(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Every candidate with a few words about it; none where the shell's own file names are what is wanted.

    Args:
        words: what was typed after the program's name, up to the cursor; the last one is the one to complete.
    """
    last = words[-1] if words else ""
    yield from ((word, told) for word, told in _possible(words[:-1], last).items() if word.startswith(last))


def _possible(before: Sequence[str], last: str) -> Mapping[str, str]:
    if not before:
        return _ROOT if last.startswith("-") else commands.COMMANDS
    name, *given = before
    if name == commands.HELP:
        return {} if given else commands.COMMANDS
    if name not in commands.COMMANDS:
        return {}
    parser = calling.parser(name)
    option, joined, _ = last.partition("=")
    if joined:
        return {f"{option}={word}": told for word, told in _values(parser.awaited(option)).items()}
    awaited = parser.awaited(given[-1] if given else "")
    if last.startswith("-") and (awaited is None or not awaited.option_strings):
        return parser.options
    return _values(awaited)


def _values(action: argparse.Action | None) -> Mapping[str, str]:
    """What stands in the place of an argument or behind an option."""
    if action is None:
        return {}
    if action.choices is not None:
        return {str(choice): "" for choice in action.choices}
    return dict.fromkeys(_images(), "") if action.metavar == "IMAGE" else {}


def _images() -> Iterator[str]:
    """The official images that the catalogue knows, newest first, each release's default one before its others."""
    from vllm_qualify import catalogue  # noqa: PLC0415 - most of what is asked for is no image.

    for release in reversed(catalogue.releases()):
        for variant in (release.image.default, *release.image.variants):
            yield f"{_OFFICIAL}:v{release.version}{f'-{variant.suffix}' if variant.suffix else ''}"
