"""A folder with everything that people have named by mistake, and a look at it that shows whether anything changed."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import shutil
import socket
import sqlite3
import zipfile
from collections.abc import Iterator
from pathlib import Path

from vllm_qualify.core.shipped import HOME_LAB

DATA = Path(__file__).parents[1] / "data"
NOBODY = 65534
HEAD = {"type": "run-started", "run": "r", "at": "2026-01-15T10:00:00Z", "target": "local", "schema": 1, "images": []}
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: vllm}
spec:
  containers:
    - {name: vllm, image: "vllm/vllm-openai:v0.10.2", args: [--model, Qwen/Qwen3-8B], resources: {limits: LIMITS}}
"""
LIMITS = "{nvidia.com/gpu: 1}"
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec: {{template: {{spec: {{containers: [{{name: v, image: "vllm/vllm-openai:v0.10.2", args: [--model, m]}}]}}}}}}
"""
TEXTS = {
    "chart/Chart.yaml": "apiVersion: v2\nname: vllm\nversion: 1.0.0\n",
    "deep.json": "[" * 3000,
    "deep.toml": "a = " + "[" * 3000,
    "deep.yaml": "[" * 3000,
    "dates.toml": "[budgets]\nload_seconds = 2026-13-45\n",
    "digits.json": '{"model_type": ' + "9" * 5000 + "}",
    "digits.toml": "a = " + "9" * 5000,
    "digits.yaml": "a: " + "9" * 5000,
    "documents.toml": '[classification]\ndocuments = "nothing.txt"\nschema = "list.json"\nprompts = "list.json"\n',
    "empty.toml": "",
    "helm.yaml": "apiVersion: apps/v1\nkind: Deployment\nspec:\n  replicas: {{ .Values.replicas }}\n",
    "key.yaml": "a: 1\na: 2\n",
    "known.toml": "targets = 'local'\nbanana = 1\n[budgets]\nload_seconds = nan\nvram_mib = -5\n",
    "list.json": "[]",
    "mirrors.toml": "[registry]\nmirrors = 5\n",
    "nothing.txt": "\n \n",
    "nul.toml": '[modes.ml]\nmanifest = "a\\u0000b"\n',
    "object.yaml": "!!python/object/apply:os.system [touch owned]\n",
    "pod.yaml": POD.replace("LIMITS", LIMITS),
    "recursive.yaml": "a: &a [*a]\n",
    "shell.yaml": POD.replace("args: [--model, Qwen/Qwen3-8B]", 'command: [sh, -c, "vllm serve \'m"]').replace(
        "LIMITS", LIMITS
    ),
    "huge.yaml": POD.replace("LIMITS", "{nvidia.com/gpu: 1, memory: 1e999999999}"),
    "twice.yaml": "---\n".join(DEPLOYMENT.format(name=name) for name in ("a", "b")),
    "types.yaml": POD.replace("--model, Qwen/Qwen3-8B", "--port, 8000, true, null").replace("LIMITS", LIMITS),
    "words.yaml": "nothing of Kubernetes\n",
}
JOURNALS: dict[str, bytes] = {
    "binary": bytes(range(256)) * 64,
    "deep": b"[" * 5000 + b"\n",
    "digits": json.dumps(HEAD).encode().replace(b'"schema": 1', b'"schema": ' + b"9" * 5000) + b"\n",
    "empty": b"",
    "headless": b'{"type": "run-finished", "at": "2026-01-15T10:00:00Z", "exit_code": 0}\n',
    "newer": json.dumps(HEAD | {"schema": 99}).encode() + b"\n",
    "nul": b"\0" * 4096,
    "other": b'{"type": "made-up"}\n',
    "when": json.dumps(HEAD | {"at": "9999-99-99T10:00:00Z"}).encode() + b"\n",
}


def build(place: Path) -> None:
    """Make everything in a folder that is there; whoever is not root may look at it, but for one part."""
    shutil.copytree(HOME_LAB, place / "lab")
    for name, text in TEXTS.items():
        (place / name).parent.mkdir(exist_ok=True)
        (place / name).write_text(text, encoding="utf-8")
    for name, content in JOURNALS.items():
        (place / "runs" / name).mkdir(parents=True)
        (place / "runs" / name / "journal.jsonl").write_bytes(content)
    (place / "good").mkdir()
    for name in ("journal.jsonl", "older.jsonl"):
        shutil.copy(DATA / name, place / "good" / name)
    _encodings(place)
    _kinds(place)
    with contextlib.closing(sqlite3.connect(place / "foreign.sqlite")) as foreign:
        foreign.execute("CREATE TABLE a (b)")
    (place / "closed").mkdir()
    for name in ("journal.jsonl", "qualify.toml", "a.log", "pod.yaml"):
        (place / "closed" / name).write_text("x")
    (place / "closed").chmod(0)
    place.chmod(0o755)


def _encodings(place: Path) -> None:
    for suffix in ("toml", "yaml", "json"):
        (place / f"latin.{suffix}").write_bytes(b"a = 'gr\xfc\xdf'\n")
        (place / f"utf16.{suffix}").write_bytes("a: b\n".encode("utf-16"))
        (place / f"zeros.{suffix}").write_bytes(b"\0" * 100)
        (place / f"large.{suffix}").write_bytes(b"#" * 3_000_001)
    (place / "cut.log.gz").write_bytes(gzip.compress(os.urandom(5000))[:2000])
    (place / "zst.log").write_bytes(b"\x28\xb5\x2f\xfd" + b"x" * 100)
    with zipfile.ZipFile(place / "a.zip", "w") as archive:
        archive.writestr("a.log", "x")


def _kinds(place: Path) -> None:
    os.mkfifo(place / "pipe")
    (place / "folder").mkdir()
    (place / "loop").symlink_to("loop")
    (place / "nowhere").symlink_to("gone")
    with socket.socket(socket.AF_UNIX) as bound:
        before = Path.cwd()
        # An address has room for a hundred characters.
        os.chdir(place)
        bound.bind("socket")
        os.chdir(before)


def state(place: Path) -> dict[str, tuple[int, ...]]:
    """What is there, and when it was changed last."""
    inside = {str(path): path.lstat() for path in sorted(place.rglob("*"))}
    return {name: (seen.st_mode, seen.st_size, seen.st_mtime_ns, seen.st_ino) for name, seen in inside.items()}


@contextlib.contextmanager
def as_nobody() -> Iterator[None]:
    """As a user to whom nothing belongs; only root can become one, and any other is one already for these files."""
    if os.geteuid():
        yield
        return
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
