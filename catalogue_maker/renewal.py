"""Puts what releases and their libraries say into the files of messages; asked by the command."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from catalogue_maker import libraries, message_files, subjects
from catalogue_maker.libraries import LIBRARIES
from catalogue_maker.messages import Extraction
from catalogue_maker.source import Source
from catalogue_maker.subjects import Subjects
from vllm_qualify.catalogue import reading
from vllm_qualify.catalogue.messages import FOLDER, PINS, VLLM

_NO_TABLES = Subjects(spellings={}, dests={})
"""The options of vLLM are none of a library."""


class Said:
    """What releases say, by package and release; it grows as they are read.

    Args:
        folder: of the catalogue's data.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER
        self._extraction = Extraction()
        self._libraries: dict[tuple[str, str], frozenset[str]] = {}
        self._said = {package: self._read(package) for package in (VLLM, *(one.package for one in LIBRARIES))}
        pins = self._folder / PINS
        self._pins: dict[str, dict[str, str]] = json.loads(pins.read_text(encoding="utf-8")) if pins.is_file() else {}

    def take(self, source: Source, document: Mapping[str, Any]) -> None:
        """Read a release anew.

        Args:
            source: its sources.
            document: what the catalogue has of it.
        """
        tables = subjects.of_release(source, document["lines"], document["names"]["environment"])
        self._said[VLLM][str(source.version)] = self._extraction.rows(source.root, VLLM, tables)

    def take_libraries(self, source: Source, document: Mapping[str, Any], *, kept: Path) -> None:
        """Read the libraries that a release runs with; which versions they are stays as it was found first.

        Args:
            source: its sources.
            document: what the catalogue has of it.
            kept: the folder in which sources stay.
        """
        release = str(source.version)
        if release not in self._pins:
            self._pins[release] = libraries.pins(source, day=date.fromisoformat(document["date"]))
        for library in LIBRARIES:
            version = self._pins[release].get(library.name, "")
            if version and (library.package, version) not in self._libraries:
                root = libraries.sources(library, version, kept=kept)
                rows = self._extraction.rows(root, library.package, _NO_TABLES)
                self._libraries[library.package, version] = rows
            self._said[library.package][release] = self._libraries.get((library.package, version), frozenset())

    def write(self, order: Sequence[str]) -> None:
        """Write the files.

        Args:
            order: all releases of the catalogue, oldest first.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        for package, said in self._said.items():
            if any(said.values()):
                text = message_files.text(said, order)
                self._folder.joinpath(f"{package}.jsonl").write_text(text, encoding="utf-8")
        pins = {release: self._pins[release] for release in order if release in self._pins}
        self._folder.joinpath(PINS).write_text(json.dumps(pins, indent=1) + "\n", encoding="utf-8")

    def _read(self, package: str) -> dict[str, Collection[str]]:
        order = [str(entry["version"]) for entry in reading.file("releases.json")]
        file = self._folder / f"{package}.jsonl"
        return dict(message_files.read(file.read_text(encoding="utf-8"), order)) if file.is_file() else {}
