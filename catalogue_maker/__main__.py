"""The command behind ``script/catalogue``: reads releases and writes what they say into the catalogue."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any, TextIO

from packaging.version import InvalidVersion, Version

from catalogue_maker import advisories, document, fetching, hand_kept, renewal, writing
from catalogue_maker.source import Source, UnknownShape

# One reading a seed: where a release depends on the order of a set, two of these show it but for one case in 32.
SEEDS = range(6)


def main(argv: Sequence[str]) -> int:
    """Run the command.

    Returns:
        0, or 1 when a release could not be read; the catalogue keeps what it had then.
    """
    parser = argparse.ArgumentParser(prog="script/catalogue", description="Puts releases of vLLM into the catalogue.")
    parser.add_argument("release", nargs="*", type=_version, help="such as 0.33.0; what it replaces is forgotten")
    parser.add_argument("--all", action="store_true", help="every release of the package index since 0.5.5")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep sources there, and read libraries as well")
    parser.add_argument("--messages", action="store_true", help="read only what the releases say when they fail")
    parser.add_argument(
        "--advisories", type=Path, metavar="PATH", help="read records of OSV: a folder, a zip or a file"
    )
    parser.add_argument("--source", default="", help="with --advisories: the database and its licence, in words")
    parser.add_argument("--seeded", type=Path, metavar="FOLDER", help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.advisories and not options.source:
        parser.error("--advisories: name the database and its licence with --source")
    if not (options.release or options.all or options.advisories):
        parser.error("name a release, --all, or --advisories")
    try:
        if options.advisories:
            _write_advisories(options)
            return 0
        if options.seeded:
            _say(json.dumps(document.read(Source(version=options.release[0], root=options.seeded))), to=sys.stdout)
            return 0
        _renew(options)
    except (UnknownShape, fetching.Unavailable) as error:
        _say(f"script/catalogue: {error}")
        return 1
    return 0


def _folder() -> Path:
    return Path(str(resources.files("vllm_qualify.catalogue"))) / "data"


def _write_advisories(options: argparse.Namespace) -> None:
    made = advisories.document(advisories.read(options.advisories), source=options.source)
    (_folder() / "advisories.json").write_text(advisories.text(made), encoding="utf-8")


def _renew(options: argparse.Namespace) -> None:
    folder = _folder()
    known, said = writing.read(folder), renewal.Said(folder)
    for version in options.release or fetching.versions():
        _say(f"reading vLLM {version}")
        with fetching.source(version, kept=options.keep) as source:
            if not options.messages:
                known[str(version)] = made(source)
            if str(version) not in known:
                raise UnknownShape(f"the catalogue does not have vLLM {version}; leave --messages out")
            said.take(source, known[str(version)])
            if options.keep:
                said.take_libraries(source, known[str(version)], kept=options.keep)
    for name, text in writing.files(known.values()).items():
        (folder / name).write_text(text, encoding="utf-8")
    said.write([str(version) for version in sorted(map(Version, known))])


def made(source: Source) -> dict[str, Any]:
    """The document of a release as the catalogue stores it."""
    filled = hand_kept.fill(_settled(source), hand_kept.facts())
    return {**filled, "lines": writing.lines(filled)}


def _settled(source: Source) -> dict[str, Any]:
    """Read in processes of their own, because the order of sets is drawn once a process."""
    argv = [sys.executable, "-m", "catalogue_maker", "--seeded", str(source.root), str(source.version)]
    readings = []
    for seed in SEEDS:
        done = subprocess.run(
            argv, env={**os.environ, "PYTHONHASHSEED": str(seed)}, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise UnknownShape(done.stderr.strip().removeprefix("script/catalogue: "))
        readings.append(json.loads(done.stdout))
    known = {"date": source.date, "origin": source.origin, "requires_python": source.requires_python}
    return {**document.settled(readings), **known}


def _say(line: str, *, to: TextIO = sys.stderr) -> None:
    to.write(f"{line}\n")


def _version(text: str) -> Version:
    try:
        return Version(text.removeprefix("v"))
    except InvalidVersion as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no release; expected one such as 0.33.0") from error


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
