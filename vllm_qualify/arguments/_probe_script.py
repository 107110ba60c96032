"""Asks a vLLM installation what its own argument parser makes of command lines; loads no model, needs no GPU.

Run by the Python of the candidate, never imported by the harness: standard library and the candidate's vllm only,
in the syntax of Python 3.9. Reads one JSON object, ``{"entrypoint": "api_server" or "serve", "argvs": {name:
[argument, ...]}}``, from an environment variable in a pod, which has no standard input, else from standard input, and
writes one JSON object in marked lines between two sentinel lines to standard output, since vLLM logs there as well.
A second variable holds a script that tells of the CUDA driver. Modules are imported by name, because where they live
differs from release to release.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import importlib.metadata
import io
import json
import logging
import os
import pathlib
import platform
import re
import subprocess
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

BEGIN = "-----BEGIN VLLM-QUALIFY PROBE-----"
END = "-----END VLLM-QUALIFY PROBE-----"
MARK = "|"
WIDTH = 4000
VARIABLE = "VLLM_QUALIFY_PROBE"
DRIVER = "VLLM_QUALIFY_DRIVER_PROBE"
LONGEST = 300  # Characters of a repr; the default configurations of late releases print as pages.
DEPRECATED_HELP = re.compile(r"\[deprecated\]|\b(?:flag|option|argument) is deprecated", re.IGNORECASE)


DRIVER_SECONDS = 60.0


def first_module(*names: str) -> ModuleType:
    """Import the first of the modules that exists; the last failure is raised when none does."""
    for name in names[:-1]:
        with contextlib.suppress(ModuleNotFoundError):
            return importlib.import_module(name)
    return importlib.import_module(names[-1])


def cpu_platform() -> str:
    """Name the platform; called by vLLM, which takes it for that of a plugin."""
    return "vllm.platforms.cpu.CpuPlatform"


class CpuPlugin(importlib.metadata.Distribution):
    """A plugin that says to be installed. vLLM asks plugins before it looks for devices.

    It looks while it is imported, and where the NVIDIA runtime gives a GPU to every container it finds one, which the
    parser neither needs nor may touch.
    """

    def read_text(self, filename: str) -> str | None:
        """The two files that importlib.metadata reads."""
        entry = "[vllm.platform_plugins]\nvllm_qualify_cpu = __main__:cpu_platform\n"
        return {"METADATA": "Name: vllm-qualify-cpu\nVersion: 0\n", "entry_points.txt": entry}.get(filename)

    def locate_file(self, path: Any) -> Any:
        """Where a file of it would lie; there is none."""
        return pathlib.Path(path)


class CpuPlugins:
    """Finds the plugin and no module."""

    def find_spec(self, *_: Any) -> None:
        """Find no module."""

    def find_distributions(self, context: Any) -> Iterator[importlib.metadata.Distribution]:
        """The plugin, for whoever asks for all that is installed."""
        return iter([CpuPlugin()] if context.name is None else [])


def pretend_cpu() -> None:
    """Set the CPU platform: releases from 0.9 on cannot infer a device here, and the parser does not depend on it."""
    os.environ.pop("VLLM_PLUGINS", None)
    sys.meta_path.append(CpuPlugins())
    platforms: Any = importlib.import_module("vllm.platforms")
    platforms._current_platform = importlib.import_module("vllm.platforms.cpu").CpuPlatform()  # noqa: SLF001


def driver(script: str) -> dict[str, Any]:
    """What can be seen of the CUDA driver, by a script in a process of its own, since a driver may crash or hang."""
    argv, problem, seen = [sys.executable, "-I", "-S", "-c", script], "", {}
    try:
        done = subprocess.run(argv, capture_output=True, timeout=DRIVER_SECONDS, check=False)
        said = done.stdout
        problem = f"the driver ended the calling process, exit code {done.returncode}" if done.returncode else ""
    except subprocess.TimeoutExpired as late:
        said, problem = late.stdout or b"", f"the driver gave no answer within {DRIVER_SECONDS:g} s"
    for line in said.splitlines():
        with contextlib.suppress(ValueError):
            seen.update(json.loads(line))
    return dict(seen, problem=problem or seen.get("problem", ""))


def flexible_parser(**options: Any) -> Any:
    """Make an empty parser of the class that this release uses."""
    module = first_module("vllm.utils.argparse_utils", "vllm.utils")
    return module.FlexibleArgumentParser(**options)


def make(entrypoint: str) -> tuple[Any, Any, Callable[[Any], None], list[str]]:
    """Build what the entrypoint builds: the parser to call, the one that owns the flags, validation, leading words."""
    if entrypoint == "serve":
        top = flexible_parser(description="vLLM CLI")
        command = importlib.import_module("vllm.entrypoints.cli.serve").cmd_init()[0]
        owner = command.subparser_init(top.add_subparsers(required=False, dest="subparser"))
        return top, owner, command.validate, ["serve"]
    cli_args = first_module(*(f"vllm.entrypoints.{place}.cli_args" for place in ("openai", "launchers", "common")))
    parser = cli_args.make_arg_parser(flexible_parser())
    return parser, parser, cli_args.validate_parsed_serve_args, []


def plain(value: Any) -> Any:
    """The value as JSON can hold it; what JSON has no word for becomes ``{"repr": ...}``."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    try:
        return json.loads(json.dumps(value))
    except (TypeError, ValueError):
        return {"repr": repr(value)[:LONGEST]}


def is_deprecated(action: argparse.Action) -> bool:
    """Three ways to say it: argparse from Python 3.13 on, vLLM's own set before, the help text in old releases."""
    own = getattr(first_module("vllm.utils.argparse_utils", "vllm.utils").FlexibleArgumentParser, "_deprecated", ())
    return bool(getattr(action, "deprecated", False) or action in own or DEPRECATED_HELP.search(str(action.help or "")))


def registered(module: str, manager: str, *members: str) -> list[str] | None:
    """Names in one of vLLM's registries, ``None`` where this release has no such registry."""
    try:
        owner: Any = importlib.import_module(module)
        owner = getattr(owner, manager) if manager else owner
        member = next(getattr(owner, name) for name in members if hasattr(owner, name))
        return sorted(str(name) for name in (member() if callable(member) else member))
    except Exception:  # noqa: BLE001 - a fact more; the report stands without it.
        return None


def known_values() -> dict[str, list[str] | None]:
    """What late releases check only after the parser: there these options take any text, and die of it later."""
    parsers = "vllm.tool_parsers", "vllm.entrypoints.openai.tool_parsers"
    tools = (registered(module, "ToolParserManager", "list_registered", "tool_parsers") for module in parsers)
    return {
        "quantization": registered("vllm.model_executor.layers.quantization", "", "QUANTIZATION_METHODS"),
        "reasoning_parser": registered(
            "vllm.reasoning", "ReasoningParserManager", "list_registered", "reasoning_parsers"
        ),
        "tool_call_parser": next((names for names in tools if names is not None), None),
    }


def flag(action: argparse.Action) -> dict[str, Any]:
    """One option of the parser as JSON."""
    deprecated = is_deprecated(action)
    return {
        "options": list(action.option_strings),
        "dest": action.dest,
        "nargs": action.nargs,
        "choices": None if action.choices is None else [str(choice) for choice in action.choices],
        "const": plain(action.const),
        "default": repr(action.default)[:LONGEST],
        "type": getattr(action.type, "__name__", "" if action.type is None else repr(action.type)),
        "deprecated": deprecated,
        "help": str(action.help or "")[:LONGEST] if deprecated else "",
    }


class Notes(logging.Handler):
    """Keeps what vLLM logs at warning level or above."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the text of one record."""
        self.lines.append(record.getMessage())


def forget_once() -> None:
    """Let ``warning_once`` speak again, so that each command line gets its own warnings."""
    for member in vars(importlib.import_module("vllm.logger")).values():
        if callable(getattr(member, "cache_clear", None)):
            member.cache_clear()


def absent_template(namespace: Any) -> str:
    """The path of a chat template that is only in the container; empty when there is none."""
    template = str(getattr(namespace, "chat_template", None) or "")
    is_path = template and not any(sign in template for sign in "{}\n")
    return template if is_path and not os.path.exists(template) else ""  # noqa: PTH110 - may be a text, not a path.


def without_absent_template(namespace: Any) -> Any:
    """What to validate: vLLM looks for the file, which is the manifest's to mount and not here."""
    if not absent_template(namespace):
        return namespace
    return argparse.Namespace(**{**vars(namespace), "chat_template": None})


def try_parse(parser: Any, validate: Callable[[Any], None], argv: list[str]) -> tuple[Any, str, BaseException | None]:
    """Parse, then validate: ``(namespace, stage of the failure, error)``; argparse leaves by SystemExit."""
    namespace, stage = None, "parse"
    try:
        namespace = parser.parse_args(argv)
        stage = "validate"
        validate(without_absent_template(namespace))
    except SystemExit as leaving:
        return namespace, stage, leaving
    except Exception as error:  # noqa: BLE001 - whatever it is, the entrypoint would have died of it.
        return namespace, stage, error
    return namespace, "", None


def parse(parser: Any, validate: Callable[[Any], None], argv: list[str]) -> dict[str, Any]:
    """Parse one command line and tell everything that was seen."""
    notes, stderr = Notes(), io.StringIO()
    logger = logging.getLogger("vllm")
    forget_once()
    logger.addHandler(notes)
    try:
        with contextlib.redirect_stderr(stderr), warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            namespace, stage, error = try_parse(parser, validate, argv)
    finally:
        logger.removeHandler(notes)
    said = stderr.getvalue()
    leaving = error if isinstance(error, SystemExit) else None
    told = said.rpartition("error: ")[2].strip() if leaving else str(error or "")
    heard = [line.strip() for line in said.splitlines() if "warning: " in line]
    accepted = error is None
    return {
        "accepted": accepted,
        "stage": stage,
        "error": told,
        "error_type": "" if error is None else type(error).__name__,
        "exit_code": leaving.code if leaving else None,
        "values": {name: plain(value) for name, value in (vars(namespace) if accepted else {}).items()},
        "unchecked": [path for path in [absent_template(namespace)] if path],
        "notes": notes.lines + heard + [str(warning.message) for warning in warned],
    }


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """The whole report: which vLLM this is, its flags, and what became of every command line."""
    pretend_cpu()
    vllm = importlib.import_module("vllm")
    parser, owner, validate, head = make(request["entrypoint"])
    return {
        "version": importlib.metadata.version("vllm"),
        "module_version": str(getattr(vllm, "__version__", "")),
        "path": str(vllm.__file__),
        "python": platform.python_version(),
        "entrypoint": request["entrypoint"],
        "known_values": {dest: names for dest, names in known_values().items() if names is not None},
        "flags": [flag(action) for action in owner._actions],  # noqa: SLF001 - argparse has no public list.
        "parsed": {
            name: dict(parse(parser, validate, head + list(argv)), argv=list(argv))
            for name, argv in request["argvs"].items()
        },
    }


def framed(text: str) -> str:
    """The text in short lines with a mark in front: the log of a pod breaks long ones and mixes in standard error."""
    return "".join(f"{MARK}{text[place : place + WIDTH]}\n" for place in range(0, len(text), WIDTH))


def main() -> None:
    """Answer the request; a failure to get that far is told as one, for the caller to judge."""
    asked = os.environ.get(VARIABLE)
    try:
        document = answer(json.load(sys.stdin) if asked is None else json.loads(asked))
        if DRIVER in os.environ:
            document["driver"] = driver(os.environ[DRIVER])
    except Exception as error:  # noqa: BLE001 - the caller decides whose fault it is.
        failure = {"type": type(error).__name__, "message": str(error), "traceback": traceback.format_exc()}
        document = {"failure": failure}
    sys.stdout.write(f"\n{BEGIN}\n{framed(json.dumps(document))}{END}\n")


if __name__ == "__main__":
    main()
