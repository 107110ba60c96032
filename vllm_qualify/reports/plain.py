"""Published documents as the plain values that JSON takes; their types are what the schemas are made of. Pure."""

from __future__ import annotations

import dataclasses
import math
import uuid
from collections.abc import Callable
from datetime import date, datetime
from enum import Enum
from typing import Any, TypeVar

from vllm_qualify.reports import text

_T = TypeVar("_T")


def of(document: Any, clean: Callable[[str], str] = str) -> Any:
    """A document as dictionaries, lists, texts and numbers; what JSON has no number for becomes a null.

    Args:
        document: a dataclass, or what stands in one.
        clean: what becomes of each text.
    """
    if isinstance(document, str):
        return clean(document)
    if isinstance(document, dict):
        return {clean(key): of(inner, clean) for key, inner in document.items()}
    if isinstance(document, (list, tuple)):
        return [of(inner, clean) for inner in document]
    # What `dataclasses.fields` reads as well, which makes a tuple of them each time.
    names = getattr(document, "__dataclass_fields__", None)
    return _scalar(document) if names is None else {name: of(getattr(document, name), clean) for name in names}


def _scalar(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value.value if isinstance(value, Enum) else value


def like(kind: type[_T], source: object, **others: object) -> _T:
    """A document whose fields are those that a source has under the same names, but for the others."""
    fields = dataclasses.fields(kind)  # type: ignore[arg-type]  # Every kind of document is a dataclass.
    same = {field.name: getattr(source, field.name) for field in fields if field.name not in others}
    return kind(**same, **others)


def dumped(document: object) -> bytes:
    """A document as JSON that every reader takes, without what a terminal cannot take."""
    import pydantic_core  # noqa: PLC0415 - slow to load, and what is told in words needs none of it.

    return pydantic_core.to_json(of(document, text.clean), indent=2) + b"\n"


def identity(*parts: str) -> str:
    """A UUID that is the same whenever the parts are: so readers find what they know again in the next run."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, text.clean("\n".join(parts))))


def milliseconds(at: datetime) -> int:
    """A time as many readers count it, from the beginning of 1970."""
    return round(at.timestamp() * 1000)
