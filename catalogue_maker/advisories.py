"""Writes ``advisories.json`` from records of the form of OSV: a folder, a zip, or a file with one or a list of them."""

from __future__ import annotations

import json
import tomllib
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from cvss import CVSS2, CVSS3, CVSS4, CVSSError

from catalogue_maker.source import UnknownShape

PACKAGE = "vllm"
_KINDS = {"CVSS_V2": CVSS2, "CVSS_V3": CVSS3, "CVSS_V4": CVSS4}


def document(records: Iterable[Mapping[str, Any]], *, source: str) -> dict[str, Any]:
    """What ``vllm_qualify.catalogue.advisories.read`` reads.

    Args:
        records: of any package; those of others and withdrawn ones are left out.
        source: the database and its licence, for whoever reads the figures.

    Raises:
        UnknownShape: a record is none, or there is not one of this package.
    """
    needs = _needs()
    kept = [record for record in records if _ours(record)]
    if not kept:
        raise UnknownShape(f"no record of the package {PACKAGE}")
    entries = [entry for record in kept if not record.get("withdrawn") for entry in _entries(record, needs)]
    until = max(str(record["published"])[:10] for record in kept)
    return {"source": source, "until": until, "advisories": sorted(entries, key=lambda entry: str(entry["id"]))}


def text(made: Mapping[str, Any]) -> str:
    """The file, one advisory a line, so that what is new is what its diff shows."""
    head = {name: value for name, value in made.items() if name != "advisories"}
    rows = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in made["advisories"])
    return f'{json.dumps(head, ensure_ascii=False)[:-1]}, "advisories": [\n{rows}\n]}}\n'


def read(path: Path) -> Iterator[Mapping[str, Any]]:
    """The records of a folder, a zip or a file.

    Raises:
        UnknownShape: a file is no JSON.
    """
    if path.is_dir():
        for each in sorted(path.rglob("*.json")):
            yield from _parsed(each.name, each.read_bytes())
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for name in sorted(archive.namelist()):
                yield from _parsed(name, archive.read(name))
    else:
        yield from _parsed(path.name, path.read_bytes())


def _parsed(name: str, content: bytes) -> Iterator[Mapping[str, Any]]:
    try:
        found = json.loads(content)
    except ValueError as error:
        raise UnknownShape(f"{name} is not JSON: {error}") from error
    yield from found if isinstance(found, list) else [found]


def _ours(record: Mapping[str, Any]) -> bool:
    return any(each["package"]["name"] == PACKAGE for each in record.get("affected", ()) if "package" in each)


def _entries(record: Mapping[str, Any], needs: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """One entry for each range of releases."""
    names = (record["id"], *record.get("aliases", ()))
    need = next((needs[name] for name in names if name in needs), "")
    about = {"id": record["id"], "aliases": sorted(record.get("aliases", ())), "score": _score(record)}
    for affected in record["affected"]:
        for span in affected.get("ranges", ()):
            if affected["package"]["name"] == PACKAGE and span["type"] == "ECOSYSTEM":
                yield {**about, **_span(span["events"]), **({"needs": need} if need else {})}


def _span(events: Iterable[Mapping[str, str]]) -> dict[str, str]:
    told = {kind: version for event in events for kind, version in event.items()}
    last = {"last": told["last_affected"]} if "last_affected" in told else {}
    return {"introduced": told["introduced"], **({"fixed": told["fixed"]} if "fixed" in told else last)}


def _score(record: Mapping[str, Any]) -> float | None:
    """The base score of the newest form of CVSS that the record has a vector of, by the formula of its specification.

    Source: https://www.first.org/cvss/v4-0/specification-document, /v3-1/ and /v2/guide, as ``cvss`` has it.
    """
    within = (each for affected in record["affected"] for each in affected.get("severity", ()))
    told = {each["type"]: each["score"] for each in (*within, *record.get("severity", ()))}
    newest = next((kind for kind in reversed(_KINDS) if kind in told), None)
    try:
        return float(_KINDS[newest](told[newest]).base_score) if newest else None
    except CVSSError as error:
        raise UnknownShape(f"{record['id']} has no vector of {newest}: {error}") from error


def _needs() -> Mapping[str, str]:
    text = resources.files("catalogue_maker").joinpath("advisory_needs.toml").read_text(encoding="utf-8")
    found: dict[str, str] = tomllib.loads(text)["needs"]
    return found
