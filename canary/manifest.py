"""The list of what is shipped, with digests; written by `train.py`, compared by the tests."""

import hashlib
import json
from pathlib import Path


def digests(home: Path) -> dict[str, str]:
    """Computes the SHA-256 of every file of both checkpoints."""
    files = sorted(path for name in ("ml", "r1") for path in (home / name).glob("*") if path.is_file())
    return {path.relative_to(home).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def write(home: Path, seed: int) -> None:
    """Writes `MANIFEST.json`."""
    content = {"seed": seed, "sha256": digests(home)}
    (home / "MANIFEST.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
