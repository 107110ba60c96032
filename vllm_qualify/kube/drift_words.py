"""Differences in words: command lines by their options, texts by their lines, secrets unseen. Pure; for ``drift``."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from vllm_qualify.arguments import command_line
from vllm_qualify.kube.sensitive import sensitive

_LONGEST = 120
_HIDDEN = "a value that is not shown"
# TOKENIZERS_PARALLELISM hides nothing, and neither does a flag that counts tokens: --max-num-batched-tokens.
_SECRET_FLAG = re.compile(r"(?:token|key|secret|password)$", re.IGNORECASE)
_SECRET_LINE = re.compile(r"(?:TOKEN(?!I)|KEY|SECRET|PASSW|CREDENTIAL)\w{0,64}[\"']?\s{0,9}[:=]", re.IGNORECASE)
_IN_TEXT = re.compile(
    r"((?<![\w-])--[\w-]{0,64}(?:token|key|secret|password)[\"', =]+|(?:TOKEN|KEY|SECRET|PASSWORD)=)[^\s\"',]+",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftChange:
    """One difference; ``None`` where a side has nothing."""

    path: tuple[str, ...]
    file: Any = None
    live: Any = None


def compare(file: Sequence[Any], live: Sequence[Any], path: tuple[str, ...]) -> Iterator[DriftChange]:
    """Two command lines, option by option; their order means nothing, and neither does ``--a=b`` for ``--a b``."""
    files, lives = (_options([str(word) for word in words]) for words in (file, live))
    for flag in [*files, *(flag for flag in lives if flag not in files)]:
        if Counter(files.get(flag, [])) != Counter(lives.get(flag, [])):
            where = (*path, flag) if flag else path
            yield DriftChange(path=where, file=_said(flag, files), live=_said(flag, lives))


def shown(change: DriftChange, *, hidden: bool = False) -> tuple[str, str]:
    """Both sides of a difference as a report may show them.

    Args:
        change: the difference.
        hidden: nothing of it may be shown, as of a Secret.
    """
    if hidden or _secret(change):
        return _hidden(change.file), _hidden(change.live)
    if isinstance(change.file, str) and isinstance(change.live, str) and "\n" in change.file + change.live:
        return _first_lines(change.file, change.live)
    return _short(change.file), _short(change.live)


def _options(words: Sequence[str]) -> dict[str, list[str]]:
    """The values of each option, in their order; words before the first option stand under ``""``."""
    found: dict[str, list[str]] = {}
    for group in command_line.split(words):
        found.setdefault(command_line.canonical(group.flag), []).append(" ".join(group.values))
    return found


def _said(flag: str, options: dict[str, list[str]]) -> str | None:
    if flag not in options:
        return None
    return ", ".join(f"{flag} {value}".strip() for value in options[flag])


def _secret(change: DriftChange) -> bool:
    last = change.path[-1]
    if last.startswith("--"):
        return bool(_SECRET_FLAG.search(last))
    names = [step.partition("[")[2].rstrip("]") for step in change.path if step.startswith("env[")]
    return any(sensitive(name) for name in names) or bool("data" in change.path and sensitive(last))


def _first_lines(file: str, live: str) -> tuple[str, str]:
    """Of two texts the first line that the other one lacks, on either side."""
    files, lives = file.splitlines(), live.splitlines()
    one = next((line for line in files if line not in lives), "no other line")
    other = next((line for line in lives if line not in files), "no other line")
    return _line(one), _line(other)


def _hidden(value: Any) -> str:
    return "absent" if value is None else _HIDDEN


def _line(line: str) -> str:
    return _HIDDEN if _SECRET_LINE.search(line) else _cut(line.strip())


def _short(value: Any) -> str:
    if value is None:
        return "absent"
    return _cut(value if isinstance(value, str) else json.dumps(_without_secrets(value), ensure_ascii=False))


def _without_secrets(value: Any) -> Any:
    """A value whose variables have no values where their names say that they are secret."""
    if isinstance(value, list):
        return [_without_secrets(each) for each in value]
    if not isinstance(value, dict):
        return value
    if "value" in value and sensitive(str(value.get("name", ""))):
        value = value | {"value": _HIDDEN}
    return {key: _without_secrets(each) for key, each in value.items()}


def _cut(text: str) -> str:
    # A secret may stand in the middle of a shell's script, or of a whole container that one side lacks.
    text = _IN_TEXT.sub(rf"\g<1>{_HIDDEN}", text)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
