"""Prints what a run would do to the cluster, for ``--dry-run``: commands to copy, with their objects. Pure."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from vllm_qualify.kube.objects import Object
from vllm_qualify.kube.sensitive import sensitive

MARK = "[redacted]"

# Flags end in the word: --max-num-batched-tokens counts, and --tokenizer names a model.
_SECRET_FLAG = re.compile(r"(?<![\w-])--[\w-]{0,64}(?:token|key|secret|password)", re.IGNORECASE)
# Within one word, such as the script of a shell.
_SECRET_FLAG_VALUE = re.compile(rf"({_SECRET_FLAG.pattern}(?:=|\s+))[^\s]+", re.IGNORECASE)
_SECRET_DATA = frozenset({"data", "stringData"})
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


@dataclass(frozen=True, slots=True, kw_only=True)
class KubectlCommand:
    """One command that a run would execute.

    Attributes:
        argv: its command line.
        why: what it is for, in one sentence.
        stdin: the object that it reads; ``None`` for nothing.
    """

    argv: tuple[str, ...]
    why: str
    stdin: Object | None = None


def commands(steps: Sequence[KubectlCommand]) -> str:
    """All commands as a shell script, in their order, each below a comment that says why; secrets left out."""
    return "\n".join("".join(f"{line}\n" for line in _lines(step)) for step in steps)


def redacted(obj: Object) -> Object:
    """The object without the values of variables and flags named for secrets, and without the data of Secrets."""
    found: Object = _redacted(obj)
    return found


def _lines(step: KubectlCommand) -> Iterator[str]:
    yield from (f"# {line}".rstrip() for line in step.why.splitlines())
    argv = shlex.join(_words(step.argv))
    # JSON, which is YAML as well: kubectl sends the body of a raw request on as it is, and the API server, told that
    # this is JSON, refuses anything else. No line of it can be the word that ends it.
    body = "" if step.stdin is None else json.dumps(redacted(step.stdin), indent=2, ensure_ascii=False)
    if MARK in argv + body:
        yield f"# {MARK} replaces secrets that are not shown; fill them in before you run this"
    yield from (argv,) if step.stdin is None else (f"{argv} <<'EOF'", body, "EOF")


def _redacted(value: Any) -> Any:
    if isinstance(value, list):
        return _words([_redacted(each) for each in value])
    if not isinstance(value, dict):
        return value
    kept = {key: _redacted(each) for key, each in value.items()}
    if isinstance(kept.get(_LAST_APPLIED), str):
        kept[_LAST_APPLIED] = _within(kept[_LAST_APPLIED])
    if value.get("kind") == "Secret":
        kept |= {key: dict.fromkeys(kept[key] or (), MARK) for key in _SECRET_DATA & kept.keys()}
    if kept.get("value") and sensitive(str(value.get("name", ""))):
        kept["value"] = MARK
    return kept


def _within(text: str) -> str:
    """An object that an annotation holds as text."""
    try:
        return json.dumps(_redacted(json.loads(text)), ensure_ascii=False)
    except ValueError:
        return MARK


def _words(words: Sequence[Any]) -> list[Any]:
    """The words of a command line, what follows the flags of secrets left out."""
    kept: list[Any] = []
    behind = False
    for word in words:
        shown = _SECRET_FLAG_VALUE.sub(rf"\1{MARK}", word) if isinstance(word, str) else word
        kept.append(MARK if behind and isinstance(word, str) and not word.startswith("--") else shown)
        behind = isinstance(word, str) and _SECRET_FLAG.fullmatch(word) is not None
    return kept
