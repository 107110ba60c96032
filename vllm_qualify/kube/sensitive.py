"""Which values of a manifest are secrets: those whose names say so. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from vllm_qualify.kube.objects import Object

# TOKENIZER hides nothing, and --max-num-batched-tokens counts.
_NAME = re.compile(r"TOKEN(?![IS])|SECRET|PASSW|CREDENTIAL|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|_KEY$", re.IGNORECASE)
_SHORTEST = 6
"""A shorter value would be found in every second line of a log."""


def sensitive(name: str) -> bool:
    """The name of a variable or a flag says that its value is a secret."""
    return bool(_NAME.search(name))


def values(objects: Iterable[Object]) -> frozenset[str]:
    """Every secret that stands in plain sight in the containers' variables and arguments of these objects."""
    return frozenset(value for one in objects for value in _values(one) if len(value) >= _SHORTEST)


def _values(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        yield from _after_flags(value)
        for one in value:
            yield from _values(one)
    elif isinstance(value, dict):
        name, text = value.get("name"), value.get("value")
        if isinstance(name, str) and isinstance(text, str) and sensitive(name):
            yield text
        for one in value.values():
            yield from _values(one)


def _after_flags(words: list[Any]) -> Iterator[str]:
    """What stands behind flags that are named for secrets: of a list all words, as vLLM takes several keys."""
    secret = False
    for text in (word for word in words if isinstance(word, str)):
        script = len(text.split()) > 1
        for word in (part.strip("\"'") for part in (text.split() if script else [text])):
            flag, joined, value = word.partition("=")
            if flag.startswith("--"):
                secret = sensitive(flag.replace("-", "_"))
                yield from [value] * (secret and bool(joined))
                secret = secret and not joined
            elif secret:
                yield word
                # What follows in a script may be the next command.
                secret = not script
