"""Turns documents of releases into the files of the catalogue and back; one line a fact, so that a diff can be read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from packaging.version import Version

from catalogue_maker import span_text
from catalogue_maker.source import UnknownShape
from vllm_qualify.catalogue import spans
from vllm_qualify.catalogue.reading import SETS

ENTRY = (
    "version", "date", "origin", "requires_python", "engines", "torch", "transformers", "unknown_fields", "image"
)  # fmt: skip
"""What ``releases.json`` says of a release."""

_UNSAID = {
    "nargs": None, "choices": None, "suggested": None, "const": None, "default": "None", "type": "", "reads": "",
    "deprecated": False, "help": "",
}  # fmt: skip

Lines = dict[str, list[dict[str, Any]]]
"""By option, the facts of one release."""


def lines(document: Mapping[str, Any]) -> Lines:
    """The options of a release, each once where both entrypoints agree.

    Raises:
        UnknownShape: an option means different things to the two entrypoints.
    """
    found: Lines = {}
    for entrypoint, options in document["options"].items():
        for option in options:
            line = {name: value for name, value in option.items() if name not in _UNSAID or value != _UNSAID[name]}
            key = next((one for one in option["options"] if one.startswith("--")), option["dest"])
            known = found.setdefault(key, [])
            if known and {**known[0], "only": ""} != {**line, "only": ""}:
                raise UnknownShape(f"{key} of vLLM {document['version']} differs between the entrypoints")
            found[key] = [line] if known else [{**line, "only": entrypoint}]
    return found


def files(documents: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The text of each file of the catalogue.

    Args:
        documents: of all releases, filled, in any order; see `read` for those that the catalogue has already.
    """
    ordered = sorted(documents, key=lambda document: Version(document["version"]))
    order = [str(document["version"]) for document in ordered]
    return {
        "releases.json": _entries([{name: document[name] for name in ENTRY} for document in ordered]),
        "flags.json": _tables(_flags([document["lines"] for document in ordered], order)),
        "names.json": _named(ordered, order),
    }


def read(folder: Path) -> dict[str, dict[str, Any]]:
    """The documents of the releases that the catalogue has, by version; empty where there is no catalogue yet."""
    if not (folder / "releases.json").is_file():
        return {}
    entries, flags, names = (json.loads((folder / f"{one}.json").read_text()) for one in ("releases", "flags", "names"))
    documents: list[dict[str, Any]] = [
        {**entry, "lines": {}, "names": {subject: [] for subject in SETS}, "quantizations": {}} for entry in entries
    ]
    for key, fact in ((key, fact) for key, facts in flags.items() for fact in facts):
        line = {name: value for name, value in fact.items() if name != "in"}
        for document in _covered(documents, fact["in"]):
            document["lines"].setdefault(key, []).append(line)
    for subject in SETS:
        for name, text in names.get(subject, {}).items():
            for document in _covered(documents, text):
                document["names"][subject].append(name)
    _read_numbers(documents, names["quantizations"])
    return {str(document["version"]): document for document in documents}


def _read_numbers(documents: Sequence[dict[str, Any]], numbers: Mapping[str, Mapping[str, int | None]]) -> None:
    for name, values in numbers.items():
        for text, value in values.items():
            for document in _covered(documents, text):
                document["quantizations"][name] = value


def _covered(documents: Sequence[dict[str, Any]], text: str) -> list[dict[str, Any]]:
    order = [str(document["version"]) for document in documents]
    return [documents[place] for place in spans.decode(text, order)]


def _flags(each: Sequence[Lines], order: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    table: dict[str, list[dict[str, Any]]] = {}
    for key in sorted({key for lines_ in each for key in lines_}):
        facts: dict[str, list[int]] = {}
        for place, lines_ in enumerate(each):
            for line in lines_.get(key, []):
                facts.setdefault(json.dumps(line, sort_keys=True), []).append(place)
        table[key] = [{"in": span_text.encode(places, order), **json.loads(fact)} for fact, places in facts.items()]
    return table


def _named(documents: Sequence[Mapping[str, Any]], order: Sequence[str]) -> str:
    subjects: dict[str, dict[str, Any]] = {}
    for subject in SETS:
        places: dict[str, list[int]] = {}
        for place, document in enumerate(documents):
            for name in document["names"].get(subject, []):
                places.setdefault(name, []).append(place)
        subjects[subject] = {name: span_text.encode(places[name], order) for name in sorted(places)}
    subjects["quantizations"] = _numbers(documents, order)
    return _tables(subjects)


def _numbers(documents: Sequence[Mapping[str, Any]], order: Sequence[str]) -> dict[str, dict[str, int | None]]:
    found: dict[str, dict[int | None, list[int]]] = {}
    for place, document in enumerate(documents):
        for name, value in document["quantizations"].items():
            found.setdefault(name, {}).setdefault(value, []).append(place)
    return {
        name: {span_text.encode(places, order): value for value, places in found[name].items()}
        for name in sorted(found)
    }


def _entries(entries: Sequence[Mapping[str, Any]]) -> str:
    blocks = [",\n  ".join(f"{_text(name)}: {_text(value)}" for name, value in entry.items()) for entry in entries]
    return "[\n" + ",\n".join(f" {{\n  {block}\n }}" for block in blocks) + "\n]\n"


def _tables(tables: Mapping[str, Any]) -> str:
    """A table of tables or lists, one line each of their members."""
    return "{\n" + ",\n".join(f" {_text(name)}: {_lines(members)}" for name, members in tables.items()) + "\n}\n"


def _lines(members: Any) -> str:
    if not members:
        return _text(members)
    if isinstance(members, dict):
        return "{\n  " + ",\n  ".join(f"{_text(key)}: {_text(value)}" for key, value in members.items()) + "\n }"
    return "[\n  " + ",\n  ".join(map(_text, members)) + "\n ]"


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
