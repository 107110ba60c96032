"""Which values of a manifest are secrets: those whose names say so. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from vllm_qualify.kube.objects import Object

# The one list of names for manifests, comparisons, dry runs and evidence. TOKENIZER hides nothing, and
# --max-num-batched-tokens counts; PWD alone is where a shell stands.
_NAME = re.compile(
    r"TOKEN(?![A-Z])|(?:^|API_?|ACCESS_?|AUTH_?)TOKENS$|SECRET|PASSW|PASSPHRASE|CREDENTIAL|WEBHOOK"
    r"|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|_KEYS?$|_PWD$|(?:^|_)(?:PASS|AUTH|AUTHORIZATION|COOKIES?|CREDS?|DSN|JWT)$",
    re.IGNORECASE,
)
# What tells how an engine was run, and holds no secret unless its name says so.
_HARMLESS = re.compile(
    r"(?:VLLM|NCCL|CUDA|NVIDIA|HF|HUGGINGFACE|TRANSFORMERS|TORCH|TORCHINDUCTOR|TRITON|FLASHINFER|PYTORCH|OMP|UCX)_\w+"
    r"|HOME|LD_LIBRARY_PATH|PYTHONUNBUFFERED|TOKENIZERS_PARALLELISM|TZ|XDG_CACHE_HOME"
)
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
HIDDEN = "[not shown]"


def sensitive(name: str) -> bool:
    """The name of a variable or a flag says that its value is a secret."""
    return bool(_NAME.search(name.replace("-", "_")))


def harmless(name: str) -> bool:
    """The name of a variable says that its value tells how an engine was run, and is no secret."""
    return bool(_HARMLESS.fullmatch(name)) and not sensitive(name)


def by_name(value: Any) -> Any:
    """An object whose variables are told by their names, and by their values only where these are known to be harmless.

    No list of secret names is ever whole, so what is kept for good says less than what is compared in memory.
    """
    if isinstance(value, list):
        return [by_name(one) for one in value]
    if not isinstance(value, dict):
        return value
    kept = {key: HIDDEN if key == _LAST_APPLIED else by_name(one) for key, one in value.items()}
    if isinstance(value.get("env"), list):
        kept["env"] = [_told(one) for one in kept["env"]]
    return kept


def _told(variable: Any) -> Any:
    name = str(variable.get("name", "")) if isinstance(variable, dict) else ""
    if not isinstance(variable, dict) or "value" not in variable or harmless(name):
        return variable
    return variable | {"value": HIDDEN}


def values(objects: Iterable[Object]) -> frozenset[str]:
    """Every secret that stands in plain sight in the containers' variables and arguments of these objects."""
    return frozenset(value for one in objects for value in _values(one) if value)


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
                secret = sensitive(flag)
                yield from [value] * (secret and bool(joined))
                secret = secret and not joined
            elif secret:
                yield word
                # What follows in a script may be the next command.
                secret = not script
