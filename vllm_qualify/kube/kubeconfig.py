"""Reads which contexts the kubeconfig has. It is only ever read, as text: nothing here writes it or runs kubectl."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vllm_qualify.core import foreign
from vllm_qualify.system import text_files
from vllm_qualify.system.text_files import UnreadableText


@dataclass(frozen=True, slots=True, kw_only=True)
class Kubeconfig:
    """What the files of a kubeconfig say together.

    Attributes:
        files: where they are.
        contexts: names of the contexts, in their order.
        current: the context that kubectl would take by itself; ``""`` for none.
        problem: why a file could not be read, ``""`` when all could.
    """

    files: tuple[Path, ...] = ()
    contexts: tuple[str, ...] = ()
    current: str = ""
    problem: str = ""


def read(environ: Mapping[str, str] = os.environ) -> Kubeconfig:
    """Read the files that kubectl would: those of ``KUBECONFIG``, else ``~/.kube/config``."""
    names: dict[str, None] = {}
    current = ""
    problems: list[str] = []
    files = tuple(_paths(environ))
    for path in files:
        try:
            data = _document(path)
            names |= dict.fromkeys(_contexts(data))
            # Of several files the first one that says it counts, as for kubectl.
            current = current or str(data.get("current-context") or "")
        except UnreadableText as error:
            gone = isinstance(error.__cause__, FileNotFoundError)
            problems.append(f"there is no {path}" if gone else f"{path} {error}")
        except (RecursionError, ValueError):
            # The parser's own message would quote the line, and lines of this file hold keys and tokens.
            problems.append(f"{path} is not a kubeconfig: not valid YAML")
    return Kubeconfig(files=files, contexts=tuple(names), current=current, problem="; ".join(problems))


def lacks(known: Kubeconfig, context: str) -> str:
    """What somebody who named a context must be told; ``""`` where the kubeconfig has it."""
    if context in known.contexts:
        return ""
    if known.problem and not known.contexts:
        return f"no context {context}: {known.problem}"
    where = f" in {', '.join(map(str, known.files))}" if known.files else ""
    there = f"there are {', '.join(known.contexts)}" if known.contexts else "it has none"
    return f"no context {context}{where}; {there}"


def _paths(environ: Mapping[str, str]) -> Iterator[Path]:
    # kubectl skips empty names in the list, and an empty variable is no variable.
    named = [Path(name) for name in environ.get("KUBECONFIG", "").split(os.pathsep) if name]
    yield from named or [Path(environ.get("HOME", "~")).expanduser() / ".kube" / "config"]


def _document(path: Path) -> dict[str, Any]:
    import yaml  # noqa: PLC0415 - slow to load, and many machines have no kubeconfig.

    text = text_files.read(path)
    try:
        return foreign.mapping(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise ValueError("not valid YAML") from error


def _contexts(data: Mapping[str, Any]) -> Iterator[str]:
    for each in foreign.mappings(data.get("contexts")):
        if each.get("name"):
            yield str(each["name"])
