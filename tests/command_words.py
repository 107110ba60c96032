"""Whether a command line of the documentation is one that the programs of this project take; nothing of it is run."""

from __future__ import annotations

import configparser
import contextlib
import importlib
import importlib.util
import io
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.config import get_config

from vllm_qualify import cli

ROOT = Path(__file__).parents[1]
FOREIGN = {
    ".",
    "cat",
    "cd",
    "cosign",
    "curl",
    "docker",
    "echo",
    "export",
    "git",
    "grep",
    "helm",
    "jq",
    "kubectl",
    "npx",
    "pip",
    "pipx",
    "podman",
    "uv",
    "uvx",
}
"""Programs of others, which a page may call; of their options nothing is known here."""
PROGRAMS = ("pytest", "script/qualify", "vllm-qualify")

_SEPARATORS = frozenset("();<>|&")
_PLACEHOLDER = re.compile(r"[A-Z][A-Z_]*(?:\.\.\.)?|\.\.\.")
_ROOM = "vllm_qualify.plugin"


def problems(line: str) -> str:
    """What is wrong with a line of a shell: of each command in it the first thing; ``""`` if nothing is."""
    return "\n".join(filter(None, map(problem, _simple_commands(line))))


def problem(words: list[str]) -> str:
    """What is wrong with one command; ``""`` if nothing is."""
    match words:
        case ["vllm-qualify", "run", *rest] | ["pytest" | "script/qualify", *rest]:
            return _of_pytest(rest)
        case ["vllm-qualify", "help", name]:
            return _of_command(name, ["--help"])
        case ["vllm-qualify", name, *rest] if not name.startswith("-"):
            return _of_command(name, rest)
        case ["script/test", "-e", part, *_]:
            return _of_tox(part)
    return "" if _exists(words) else f"nobody knows: {shlex.join(words)}"


def _exists(words: list[str]) -> bool:
    """A program of others, a module or script of ours, or what ``vllm-qualify`` takes without a command."""
    match words:
        case ["python", "-m", module, *_]:
            return importlib.util.find_spec(module) is not None
        case ["vllm-qualify", option]:
            return option in {"--help", "--version"}
        case ["python", script, *_] | [script, *_]:
            return script in FOREIGN or (ROOT / script).is_file()
    return False


def placed(span: str) -> str:
    """A command of a sentence, with a value in place of what stands for any: ``SECONDS``, ``IMAGE...``."""
    return " ".join("1" if _PLACEHOLDER.fullmatch(word) else word for word in re.sub(r"[][]", "", span).split())


def _simple_commands(line: str) -> Iterator[list[str]]:
    lexer = shlex.shlex(line.replace("\\\n", " "), posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words: list[str] = []
    redirected = False
    for word in [*lexer, ";"]:
        if redirected or not _SEPARATORS.issuperset(word):
            words += [] if redirected else [word]
            redirected = False
        elif word[0] in "<>":
            redirected = True
        elif words:
            yield words
            words = []


def _of_command(name: str, rest: list[str]) -> str:
    try:
        command = importlib.import_module(f"{cli.__name__}.{name}")
    except ModuleNotFoundError:
        return f"there is no command {name}"
    said = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        patch.setattr(command, "run", lambda _: 0)
        try:
            code = cli.main([name, *rest])
        except SystemExit as end:
            code = int(end.code or 0)
    return said.getvalue() if code else ""


def _of_pytest(rest: list[str]) -> str:
    config = get_config()
    config.pluginmanager.import_plugin(_ROOM)
    try:
        config._parser.parse(rest)
    except pytest.UsageError as error:
        return str(error)
    finally:
        config._ensure_unconfigure()
    return ""


def _of_tox(part: str) -> str:
    parts = configparser.ConfigParser(interpolation=None)
    parts.read(ROOT / "tox.ini")
    return "" if f"testenv:{part}" in parts or part == "unit" else f"there is no part {part}"
