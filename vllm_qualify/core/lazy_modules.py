"""Modules of a package that are loaded when they are first named: who lists suites need not wait for what judges."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from types import ModuleType


def of(package: str) -> Callable[[str], ModuleType]:
    """A ``__getattr__`` for a package.

    Args:
        package: its name; what type checkers know of its modules, it imports under ``TYPE_CHECKING``.
    """

    def load(name: str) -> ModuleType:
        whole = f"{package}.{name}"
        if name.startswith("_") or importlib.util.find_spec(whole) is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return importlib.import_module(whole)

    return load
