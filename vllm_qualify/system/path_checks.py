"""Looks at paths that an operator named, without raising: what cannot be looked at is told when it is opened.

pathlib raises where a folder may not be entered, and where links go in a circle.
"""

from __future__ import annotations

import os
from pathlib import Path


def exists(path: Path) -> bool:
    """Tell whether something is there."""
    return os.path.exists(path)  # noqa: PTH110 - as the module says.


def is_file(path: Path) -> bool:
    """Tell whether a file is there."""
    return os.path.isfile(path)  # noqa: PTH113 - as the module says.


def is_folder(path: Path) -> bool:
    """Tell whether a folder is there."""
    return os.path.isdir(path)  # noqa: PTH112 - as the module says.


def resolved(path: Path) -> Path:
    """The whole path without its links, as far as these lead somewhere."""
    return Path(os.path.realpath(path))
