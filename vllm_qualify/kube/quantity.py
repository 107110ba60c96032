"""Kubernetes' quantities: ``16Gi``, ``500m``, ``2``. Pure.

Source: k8s.io/apimachinery, pkg/api/resource.
"""

from __future__ import annotations

import re
from decimal import Decimal

_SHAPE = re.compile(r"(?P<number>[+-]?(?:\d+\.?\d*|\.\d+))(?P<suffix>[KMGTPE]i|[numkMGTPE]|[eE][+-]?\d{1,3})?")
_BINARY = {suffix: Decimal(1024) ** power for power, suffix in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), start=1)}
_DECIMAL = {suffix: Decimal(1000) ** power for power, suffix in enumerate("numkMGTPE", start=-3) if suffix in "num"} | {
    suffix: Decimal(1000) ** power for power, suffix in enumerate("kMGTPE", start=1)
}


def amount(value: object) -> Decimal | None:
    """How much a quantity is, in units of one, bytes for memory; ``None`` where it is none."""
    match = None if isinstance(value, bool) else _SHAPE.fullmatch(str(value))
    if match is None:
        return None
    number, suffix = Decimal(match["number"]), match["suffix"] or ""
    if suffix[:1] in {"e", "E"} and len(suffix) > 1 and suffix != "Ei":
        return number * Decimal(10) ** int(suffix[1:])
    return number * (_BINARY | _DECIMAL | {"": Decimal(1)})[suffix]


def same(one: object, other: object) -> bool:
    """Whether two quantities are as much; ``1`` and ``"1"`` are, and so are ``1Gi`` and ``1024Mi``."""
    known = amount(one)
    return known is not None and known == amount(other)
