"""Reads what a candidate is asked from the files that the settings name; called before anything is touched."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

from vllm_qualify.checks import padding, prompt_parts, tool_parts
from vllm_qualify.checks.padding import Padding
from vllm_qualify.checks.prompts import Workload
from vllm_qualify.config import Settings
from vllm_qualify.config import loading as settings_files
from vllm_qualify.config.loading import RuleIds
from vllm_qualify.core import foreign
from vllm_qualify.core.errors import BadConfig, BadConfigs, Problem
from vllm_qualify.core.shipped import CANARY
from vllm_qualify.kube import manifest_files
from vllm_qualify.litellm import config
from vllm_qualify.litellm.config import BadProxyConfig
from vllm_qualify.system import path_checks, text_files

_T = TypeVar("_T")
_Made_co = TypeVar("_Made_co", covariant=True)


class Parse(Protocol[_Made_co]):
    """Makes a part of the workload from the text of its file."""

    def __call__(self, text: str, *, source: str) -> _Made_co:
        """Read ``text``, which is called ``source`` in messages."""


def with_settings(path: Path | None, *, rules: RuleIds | None = None) -> tuple[Settings, Workload]:
    """Read the settings and all that a run needs of what they name.

    Args:
        path: a ``qualify.toml``; ``None`` takes the built-in canary profile.
        rules: tells the ids of all rules, of which the settings may waive some; ``None``: that is not looked at.

    Raises:
        BadConfig: the settings cannot be read.
        BadConfigs: they, or files that they name, are wrong. All of it at once.
    """
    settings, problem = settings_files.read(path, rules=rules)
    wrong = [problem] if problem else []
    try:
        work = load(settings)
    except BadConfigs as error:
        # A file that is not there was already told of with the key that names it.
        wrong += [each for each in error.files if not wrong or path_checks.is_file(Path(each.source))]
    if wrong:
        raise BadConfigs(wrong)
    return settings, work


def load(settings: Settings) -> Workload:
    """Read documents, schema, prompts and sums.

    Raises:
        BadConfigs: files cannot be read or do not hold what they should. All of them at once.
    """
    wrong: list[BadConfig] = []
    asked = settings.classification
    documents = _collected(wrong, lambda: settings_files.labelled_documents(settings))
    schema = _collected(wrong, functools.partial(_parsed, asked.schema, prompt_parts.schema))
    prompts = _collected(wrong, functools.partial(_parsed, asked.prompts, prompt_parts.prompts))
    most = settings_files.MOST_DOCUMENTS_BYTES
    sums = _collected(wrong, functools.partial(_parsed, settings.reasoning.sums, prompt_parts.sums, most_bytes=most))
    _collected(wrong, lambda: _proxy(settings))
    if documents and schema and (against := tuple(prompt_parts.unanswerable(documents, schema))):
        wrong.append(BadConfig(str(asked.documents), against))
    if documents is None or schema is None or prompts is None or sums is None or wrong:
        raise BadConfigs(wrong)
    return Workload(
        documents=documents,
        schema=schema,
        system=prompts.system,
        user=prompts.user,
        describe=prompts.describe,
        sums=sums,
        padding=_padding(asked.prompts) or _padding(CANARY / "prompts.json"),
        tools=tool_parts.read(*(manifest_files.text(CANARY / name) for name in ("tools.json", "tools.jsonl"))),
    )


def _proxy(settings: Settings) -> None:
    """The proxy's config map is held against each candidate later; here it must be one."""
    if settings.routing is None:
        return
    path = settings.routing.config_map
    try:
        config.parse(manifest_files.text(path), source=str(path))
    except BadProxyConfig as error:
        said = str(error).removeprefix(f"{path}:").strip()
        line, _, message = said.partition(": ")
        problem = Problem(line=int(line), message=message) if line.isdigit() else Problem(message=said)
        raise BadConfig(str(path), [problem]) from error


def _padding(path: Path) -> Padding | None:
    return padding.read(foreign.mapping(foreign.json_mapping(manifest_files.text(path)).get("ml")))


def _parsed(path: Path, parse: Parse[_T], *, most_bytes: int = text_files.MOST_BYTES) -> _T:
    return parse(manifest_files.text(path, most_bytes=most_bytes), source=str(path))


def _collected(wrong: list[BadConfig], read: Callable[[], _T]) -> _T | None:
    try:
        return read()
    except BadConfig as error:
        wrong.append(error)
        return None
