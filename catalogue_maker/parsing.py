"""Builds the parser of a release out of its pieces and tells its options; both entrypoints, and the registries."""

from __future__ import annotations

import argparse
import dataclasses
import re
from collections.abc import Iterable
from typing import Any

from catalogue_maker import standins, value_kinds
from catalogue_maker.opaque import is_opaque
from catalogue_maker.pieces import Pieces
from catalogue_maker.source import Source, UnknownShape

ENTRYPOINTS = ("api_server", "serve")

_CLI_ARGS = tuple(f"vllm.entrypoints.{place}.cli_args" for place in ("openai", "launchers", "common"))
# As the probe of the real parser has it, so that both call the same options deprecated.
_DEPRECATED_HELP = re.compile(r"\[deprecated\]|\b(?:flag|option|argument) is deprecated", re.IGNORECASE)
_LONGEST = 300


def pieces_of(source: Source) -> Pieces:
    """The modules of a release, ready to be asked."""
    return Pieces(source, standins=standins.standins(source), allowed=standins.ALLOWED)


def options(pieces: Pieces, entrypoint: str) -> list[dict[str, Any]]:
    """All options of one entrypoint, in the order of the parser; ``--help`` is left out.

    Raises:
        UnknownShape: an option depends on something that the maker does not load.
    """
    parser = _served(pieces) if entrypoint == "serve" else _module(pieces)
    actions = [action for action in parser._actions if action.dest != "help"]  # noqa: SLF001 - argparse has no list.
    return [_told(action, parser=parser, source=pieces.source) for action in actions]


def _module(pieces: Pieces) -> standins.Parser:
    """What ``python3 -m vllm.entrypoints.openai.api_server`` builds."""
    parser = standins.Parser()
    pieces.get(pieces.source.first_module(*_CLI_ARGS), "make_arg_parser")(parser)
    return parser


def _served(pieces: Pieces) -> standins.Parser:
    """What ``vllm serve`` builds; in the early releases within the function that also calls it."""
    top = standins.Parser()
    if pieces.source.path("vllm.entrypoints.cli.serve"):
        command = pieces.get("vllm.entrypoints.cli.serve", "cmd_init")()[0]
        owner: standins.Parser = command.subparser_init(top.add_subparsers())
        return owner
    pieces.module("vllm.scripts").FlexibleArgumentParser = lambda *_args, **_options: top
    try:
        pieces.get("vllm.scripts", "main")()
    except standins.ParserComplete:
        commands = next(one for one in top._actions if isinstance(one, argparse._SubParsersAction))  # noqa: SLF001
        return commands.choices["serve"]  # type: ignore[no-any-return]
    raise UnknownShape(f"vllm/scripts.py of {pieces.source.version} does not parse anything; look at its main()")


def _told(action: argparse.Action, *, parser: standins.Parser, source: Source) -> dict[str, Any]:
    deprecated = action in parser.deprecated or bool(_DEPRECATED_HELP.search(str(action.help or "")))
    for part in (action.choices, action.const, action.nargs):
        if is_opaque(part) or any(map(is_opaque, part if isinstance(part, list | tuple) else ())):
            raise UnknownShape(f"{action.dest} of vLLM {source.version} depends on {part}, which is not loaded here")
    return {
        "options": list(action.option_strings),
        "dest": action.dest,
        "nargs": action.nargs,
        "choices": None if action.choices is None else [str(choice) for choice in action.choices],
        "suggested": sorted(map(str, action.metavar)) if isinstance(action.metavar, list | tuple) else None,
        "const": action.const,
        "default": shown(action.default),
        "type": getattr(action.type, "__name__", "" if action.type is None else repr(action.type)),
        "reads": value_kinds.kind(action.type),
        "deprecated": deprecated,
        "help": str(action.help or "")[:_LONGEST] if deprecated else "",
    }


def shown(default: Any) -> str:
    """``repr`` of a default; of a configuration, whose values the maker does not compute, the name alone."""
    if dataclasses.is_dataclass(default) and not isinstance(default, type):
        return f"{type(default).__name__}(...)"
    parts: Iterable[Any] = default if isinstance(default, list | tuple | set | frozenset) else (default,)
    if any(map(is_opaque, parts)):
        return "..."
    if default and isinstance(default, set | frozenset):
        return f"{{{', '.join(sorted(map(repr, default)))}}}"
    return repr(default)[:_LONGEST]
