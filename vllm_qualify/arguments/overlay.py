"""The Python files of an official vLLM release, without its binaries, so that its own parser can be asked.

A wheel of vLLM is 300 to 500 MB, nearly all of it CUDA code that a parser never loads; about 20 MB stay in the
cache. The result is laid over the environment of a CPU build, which brings the dependencies.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import uv as uv_package
from packaging.version import Version

from vllm_qualify.core import wheel_hashes
from vllm_qualify.core.errors import UserError
from vllm_qualify.system import caches, install_lock, stream_command
from vllm_qualify.system import uv as uv_edge
from vllm_qualify.system.process_runner import RunProcess

NEEDED_BYTES = 4_000_000_000
"""Free for a moment: the wheel unpacked, and the archive that it comes from."""

_COMPLETE = "complete.json"
_LAYOUT = 1  # Goes up when what is kept of a wheel changes, so that older caches are made again.
_KEPT = frozenset({".jinja", ".json", ".py", ".txt", ".typed"})
# The binaries are never loaded, so any glibc will do: the newest baseline admits the wheels of every release.
_PLATFORM = "x86_64-manylinux_2_40"
_OLDEST = "3.11"
_UNAVAILABLE = ("No solution found", "not found in the package registry", "has no wheels", "no version of")


class ParserUnavailable(UserError):
    """The release cannot be had: there is no wheel, or fetching it failed; the message ends with what uv said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParserOverlay:
    """The Python files of one release.

    Attributes:
        path: the folder to put first on ``PYTHONPATH``.
        version: the release, as its metadata name it.
    """

    path: Path
    version: Version


def overlay(
    release: Version,
    *,
    python: Path,
    cache: Path,
    offline: bool = False,
    say: Callable[[str], None] = lambda _line: None,
    run: RunProcess = stream_command.RUN,
) -> ParserOverlay:
    """The Python files of a release, from the cache or from the package index.

    Args:
        release: the exact official release.
        python: the interpreter that will run them; the release must support its version.
        cache: the harness's cache folder; the files are kept in ``parsers/<release>`` below it.
        offline: fetch nothing.
        say: told one line at a time what is being done.
        run: starts uv; a parameter for tests.

    Raises:
        ParserUnavailable: there is no wheel for it, or it could not be fetched and stored.
    """
    home = cache / "parsers"
    made = ParserOverlay(path=home / str(release), version=release)
    if _is_complete(made.path):
        return made
    if offline:
        raise ParserUnavailable(
            f"the parser of vLLM {release} is not in the cache, and --offline forbids downloading it; run once "
            "without --offline"
        )
    try:
        with install_lock.alone(cache / "locks", f"parser-{release}", say=say):
            # Another run may have made it while we waited.
            if not _is_complete(made.path):
                _make(made, python=python, say=say, run=run)
    except OSError as error:
        raise ParserUnavailable(f"the parser of vLLM {release} could not be stored: {error}") from error
    return made


def _is_complete(folder: Path) -> bool:
    try:
        return bool(json.loads((folder / _COMPLETE).read_text(encoding="utf-8"))["layout"] == _LAYOUT)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _make(made: ParserOverlay, *, python: Path, say: Callable[[str], None], run: RunProcess) -> None:
    """Fetch into a folder beside the place and move it there in one step; called with the lock held."""
    for leftover in made.path.parent.glob(f"{made.path.name}-*{caches.PART}"):
        install_lock.sweep(leftover)
    # A name of its own: the uv of a run that was killed may still write to its own folder for a moment.
    staging = made.path.with_name(f"{made.path.name}-{uuid.uuid4().hex[:8]}{caches.PART}")
    staging.mkdir(parents=True)
    try:
        _check_space(staging, made.version)
        say(f"downloading the argument parser of vLLM {made.version}: 300 to 600 MB, about 20 MB of it are kept")
        target = staging / "site"
        lock = staging / "wheel.txt"
        lock.write_text(_pinned(made, staging=staging, say=say, run=run) + "\n", encoding="utf-8")
        _fetch(made.version, lock=lock, target=target, python=python, uv_cache=staging / "uv", say=say, run=run)
        _prune(target)
        _check_release(target, made.version)
        (target / _COMPLETE).write_text(json.dumps({"layout": _LAYOUT}), encoding="utf-8")
        install_lock.sweep(made.path)
        # A power cut must not leave a complete-looking folder of empty files behind.
        os.sync()
        target.rename(made.path)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _check_release(target: Path, release: Version) -> None:
    metadata = target / f"vllm-{release}.dist-info"
    if not (metadata.is_dir() and (target / "vllm" / "__init__.py").is_file()):
        raise ParserUnavailable(f"what the package index returned for vllm=={release} is not that release")


def _check_space(folder: Path, release: Version) -> None:
    free = caches.free_bytes(folder)
    if free < NEEDED_BYTES:
        raise ParserUnavailable(
            f"not enough disk space to download the parser of vLLM {release}: {free / 1e9:.1f} GB are free at "
            f"{folder.parent}, {NEEDED_BYTES / 1e9:.0f} GB are needed temporarily; free some space, or set "
            "VLLM_QUALIFY_CACHE to another folder"
        )


def _pinned(made: ParserOverlay, *, staging: Path, say: Callable[[str], None], run: RunProcess) -> str:
    """The release with the hashes that its wheel must have: those that ship, else those that were seen first here."""
    requirement = f"vllm=={made.version}"
    if line := wheel_hashes.line(requirement):
        return line
    seen = made.path.parent.with_name("pins") / f"{made.version}.txt"
    if not seen.is_file():
        say(f"the wheel of vLLM {made.version} is not pinned: what the index offers is trusted now")
        say(f"and its hash is kept in {seen}; later downloads must match it")
        asked, answer = staging / "wheel.in", staging / "wheel.lock"
        asked.write_text(requirement + "\n", encoding="utf-8")
        try:
            uv_edge.Uv(say=say, run=run).compile(asked, answer, python_version=_OLDEST, options=("--no-deps",))
        except uv_edge.EnvironmentUnavailable as error:
            raise _failed(made.version, error.detail, str(error)) from error
        seen.parent.mkdir(parents=True, exist_ok=True)
        seen.write_text(answer.read_text(encoding="utf-8"), encoding="utf-8")
    return seen.read_text(encoding="utf-8")


def _fetch(
    release: Version,
    *,
    lock: Path,
    target: Path,
    python: Path,
    uv_cache: Path,
    say: Callable[[str], None],
    run: RunProcess,
) -> None:
    """Let uv install the one wheel; a cache of its own keeps a gigabyte of CUDA code out of the user's."""
    argv = [uv_package.find_uv_bin(), "pip", "install", "--no-deps", "--only-binary", ":all:"]
    argv += ["--python", str(python), "--python-platform", _PLATFORM]
    argv += ["--cache-dir", str(uv_cache), "--target", str(target), "--require-hashes", "--requirements", str(lock)]
    doing = f"fetching vllm=={release}"
    done = stream_command.run(
        argv, doing=doing, say=lambda line: say(line) if line.startswith("still ") else None, runner=run
    )
    if done.exit_code != 0:
        raise _failed(release, done.stdout, uv_edge.explain(done.stdout, doing=doing, code=done.exit_code))


def _failed(release: Version, output: str, said: str) -> ParserUnavailable:
    if any(sign in " ".join(output.split()) for sign in _UNAVAILABLE):
        return ParserUnavailable(
            f"the package index has no wheel of vllm=={release} for Linux on x86_64 and this Python, so its parser "
            "cannot be run here; check the tag"
        )
    return ParserUnavailable(said)


def _prune(target: Path) -> None:
    """Keep Python, metadata and what the modules read as text; drop the binaries, which are nearly all of it."""
    for file in [path for path in target.rglob("*") if path.is_file() or path.is_symlink()]:
        kept = file.suffix in _KEPT or file.parent.name.endswith(".dist-info")
        if not kept or file.is_relative_to(target / "bin"):
            file.unlink()
