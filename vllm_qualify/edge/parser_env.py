"""The Python files of an official vLLM release, without its binaries, so that its own parser can be asked.

A wheel of vLLM is 300 to 500 MB, nearly all of it CUDA code that a parser never loads; about 20 MB stay in the
cache. The result is laid over the environment of a CPU build, which brings the dependencies.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import filelock
import uv
from packaging.version import Version

DEADLINE_SECONDS = 3600.0
FREE_BYTES_NEEDED = 4 * 1024**3

_COMPLETE = "complete.json"
_LAYOUT = 1  # Goes up when what is kept of a wheel changes, so that older caches are made again.
_KEPT = frozenset({".jinja", ".json", ".py", ".txt", ".typed"})
# The binaries are never loaded, so any glibc will do: the newest baseline admits the wheels of every release.
_PLATFORM = "x86_64-manylinux_2_40"
_UNAVAILABLE = ("No solution found", "not found in the package registry", "has no wheels", "no version of")

Say = Callable[[str], None]
Run = Callable[..., "subprocess.CompletedProcess[str]"]


class ParserUnavailable(RuntimeError):
    """The release cannot be had: not published as a wheel, or offline and not in the cache."""


class ParserDownloadFailed(RuntimeError):
    """The release should be there, but fetching it failed; the message ends with what uv said."""


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
    say: Say = lambda _line: None,
    run: Run = subprocess.run,
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
        ParserUnavailable: there is no wheel for it, or offline and not cached.
        ParserDownloadFailed: no network, no space, or the index failed.
    """
    home = cache / "parsers"
    made = ParserOverlay(path=home / str(release), version=release)
    if _is_complete(made.path):
        return made
    if offline:
        raise ParserUnavailable(
            f"the parser of vLLM {release} is not in the cache and --offline forbids to fetch it; run once without it"
        )
    try:
        home.mkdir(parents=True, exist_ok=True)
        with _lock(home / f"{release}.lock", say=say):
            # Another run may have made it while we waited.
            if not _is_complete(made.path):
                _make(made, python=python, say=say, run=run)
    except OSError as error:
        raise ParserDownloadFailed(f"the parser of vLLM {release} could not be stored: {error}") from error
    return made
    if offline:
        raise ParserUnavailable(
            f"the parser of vLLM {release} is not in the cache and --offline forbids to fetch it; run once without it"
        )
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, home / f".{release}", ignore_errors=True)
        try:
            home.mkdir(parents=True, exist_ok=True)
            stack.enter_context(_lock(home / f"{release}.lock", say=say))
            # Another run may have made it while we waited.
            if not _is_complete(made.path):
                _make(made, python=python, say=say, run=run)
        except OSError as error:
            raise ParserDownloadFailed(f"the parser of vLLM {release} could not be stored: {error}") from error
    return made


@contextlib.contextmanager
def _lock(path: Path, *, say: Say) -> Iterator[None]:
    lock = filelock.FileLock(path)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        say(f"waiting for another run that fetches the same release ({path.stem})")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _is_complete(folder: Path) -> bool:
    try:
        return bool(json.loads((folder / _COMPLETE).read_text(encoding="utf-8"))["layout"] == _LAYOUT)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _make(made: ParserOverlay, *, python: Path, say: Say, run: Run) -> None:
    """Fetch into a folder beside the place and move it there in one step; called with the lock held."""
    staging = made.path.parent / f".{made.version}"
    shutil.rmtree(staging, ignore_errors=True)  # Of a run that was killed here.
    staging.mkdir()
    try:
        _check_space(staging, made.version)
        say(f"fetching the argument parser of vLLM {made.version}: 300 to 600 MB, of which about 20 MB are kept")
        target = staging / "site"
        _fetch(made.version, target=target, python=python, uv_cache=staging / "uv", run=run)
        _prune(target)
        _check_release(target, made.version)
        (target / _COMPLETE).write_text(json.dumps({"layout": _LAYOUT}), encoding="utf-8")
        shutil.rmtree(made.path, ignore_errors=True)
        target.rename(made.path)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _check_release(target: Path, release: Version) -> None:
    metadata = target / f"vllm-{release}.dist-info"
    if not (metadata.is_dir() and (target / "vllm" / "__init__.py").is_file()):
        raise ParserDownloadFailed(f"what the package index gave for vllm=={release} is not that release")


def _check_space(folder: Path, release: Version) -> None:
    free = shutil.disk_usage(folder).free
    if free < FREE_BYTES_NEEDED:
        raise ParserDownloadFailed(
            f"fetching the parser of vLLM {release} needs {FREE_BYTES_NEEDED / 1024**3:.0f} GiB for a moment, and "
            f"{folder.parent} has {free / 1024**3:.1f} GiB free; make room, or choose another cache folder"
        )


def _fetch(release: Version, *, target: Path, python: Path, uv_cache: Path, run: Run) -> None:
    """Let uv install the one wheel; a cache of its own keeps half a gigabyte of CUDA code out of the user's."""
    argv = [uv.find_uv_bin(), "pip", "install", "--no-deps", "--only-binary", ":all:", "--no-progress"]
    argv += ["--python", str(python), "--python-platform", _PLATFORM]
    argv += ["--cache-dir", str(uv_cache), "--target", str(target), f"vllm=={release}"]
    try:
        done = run(
            argv,
            capture_output=True,
            check=False,
            env={**os.environ, "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=DEADLINE_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise ParserDownloadFailed(
            f"fetching vllm=={release} did not end within {DEADLINE_SECONDS:.0f} s; look at the network, then try again"
        ) from error
    if done.returncode:
        _refuse(release, done.stderr)


def _refuse(release: Version, said: str) -> None:
    """Raise what fits the words of uv, cut to one line."""
    words = " ".join(said.split())
    words = (words.partition("error: ")[2] or words)[:300]
    if any(sign in words for sign in _UNAVAILABLE):
        raise ParserUnavailable(
            f"the package index has no wheel vllm=={release} for Linux on x86_64 and this Python, so its parser cannot "
            f"be asked here; check the tag: {words}"
        )
    raise ParserDownloadFailed(
        f"vllm=={release} could not be fetched from the package index; check the network and try again: {words}"
    )


def _prune(target: Path) -> None:
    """Keep Python, metadata and what the modules read as text; drop the binaries, which are nearly all of it."""
    for file in [path for path in target.rglob("*") if path.is_file() or path.is_symlink()]:
        kept = file.suffix in _KEPT or file.parent.name.endswith(".dist-info")
        if not kept or file.is_relative_to(target / "bin"):
            file.unlink()
