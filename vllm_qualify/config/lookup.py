"""Where the settings are looked for, and what marks a guess in them; apart from their reader, which is slow to load."""

from __future__ import annotations

import os
from pathlib import Path

FILE_NAME = "qualify.toml"
BUILT_IN = "the built-in canary profile"
GUESSED = "guessed: "
"""Begins the comment behind every value that nobody said: ``init`` writes it, and ``check`` counts them."""


def find(folder: Path) -> Path | None:
    """The ``qualify.toml`` of a folder; ``None`` when it has none. Folders above are not searched."""
    path = folder / FILE_NAME
    # A link that leads nowhere is not taken for no file: the operator meant something by it.
    return path if os.path.lexists(path) else None
