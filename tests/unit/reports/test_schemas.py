"""Every published document is described by the schema of its type, those of older versions included."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from vllm_qualify import reports
from vllm_qualify.reports import schemas

HOME = Path(reports.__file__).parent
OLDER = Path(__file__).parent / "data" / "published"
NAMES = sorted(schemas.DOCUMENTS)
Validate = Callable[[str, object], None]


def shipped(name: str) -> dict[str, Any]:
    """The schema that readers get."""
    content: dict[str, Any] = json.loads((HOME / f"{name}.schema.json").read_bytes())
    return content


def documents(path: Path) -> list[Any]:
    """The documents of a file: one, or one a line."""
    texts = path.read_text().splitlines() if path.suffix == ".jsonl" else [path.read_text()]
    return [json.loads(text) for text in texts]


@pytest.mark.parametrize("name", NAMES)
def test_the_shipped_schema_is_the_one_of_the_types(name: str) -> None:
    """Who changes a type runs ``python -m vllm_qualify.reports.schemas NAME > .../NAME.schema.json``."""
    jsonschema.Draft202012Validator.check_schema(shipped(name))

    assert (HOME / f"{name}.schema.json").read_text() == schemas.document(name)


@pytest.mark.parametrize("path", sorted(OLDER.iterdir()), ids=lambda path: path.name)
def test_documents_of_older_versions_are_valid(path: Path, validate: Validate) -> None:
    """What earlier versions of the code wrote for the runs of these tests still holds what the schema says."""
    found = documents(path)

    assert found
    for document in found:
        validate(path.stem.partition("-")[0], document)


def test_some_older_documents_lack_what_came_later() -> None:
    """Else nothing would show that a later field is not required of them."""
    (without,) = documents(OLDER / "matrix-without-origin.json")
    causes = [case["diagnosis"] for one in without["candidates"] for case in one["cases"] if case["diagnosis"]]

    assert causes
    assert all({"message", "origin"}.isdisjoint(cause) for cause in causes)
    assert all("schema" not in one for name in ("preflight", "diagnosis") for one in documents(OLDER / f"{name}.jsonl"))


@pytest.mark.parametrize("name", NAMES)
def test_a_document_of_another_version_or_with_a_field_too_many_is_refused(name: str, validate: Validate) -> None:
    """The schema tells the version that it describes, and a slip of the pen in what is written."""
    document = documents(next(OLDER.glob(f"{name}*")))[0]

    for wrong in ({"schema": 2}, {"candidate": []}):
        with pytest.raises(jsonschema.ValidationError):
            validate(name, document | wrong)


@pytest.mark.parametrize("name", NAMES)
def test_every_field_is_described(name: str) -> None:
    """Each field of each type has words of its own."""
    whole = shipped(name)
    kinds = [whole, *(kind for kind in whole["$defs"].values() if "properties" in kind)]

    assert all(each["description"] for kind in kinds for each in kind["properties"].values())
