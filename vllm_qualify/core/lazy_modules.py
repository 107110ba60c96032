"""Modules of a package that are loaded when they are first named: who lists suites need not wait for what judges."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable


def of(package: str, **names: tuple[str, ...]) -> Callable[[str], object]:
    """A ``__getattr__`` for a package.

    Args:
        package: its name; what type checkers know of its modules, it imports under ``TYPE_CHECKING``.
        names: by module, what of it the package has itself.
    """
    owners = {name: module for module, its in names.items() for name in its}

    def load(name: str) -> object:
        if name in owners:
            return getattr(importlib.import_module(f"{package}.{owners[name]}"), name)
        whole = f"{package}.{name}"
        if name.startswith("_") or importlib.util.find_spec(whole) is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return importlib.import_module(whole)

    return load
