"""Tests of the labelled documents: what is shipped is reproducible, valid and unseen."""

# ruff: noqa: S311 - Seeded randomness is the point.

import json
import random
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from canary import corpus, kinds, material, names

HOME = Path(__file__).resolve().parents[3] / "canary"
SEED = json.loads((HOME / "MANIFEST.json").read_text(encoding="utf-8"))["seed"]


@pytest.fixture(name="rows", scope="module")
def shipped_rows() -> list[dict[str, Any]]:
    """Read the shipped documents."""
    return [json.loads(line) for line in (HOME / "documents.jsonl").read_text(encoding="utf-8").splitlines()]


def test_shipped_material_is_what_the_seed_gives(tmp_path: Path) -> None:
    """Writing the material again yields the shipped files, byte for byte."""
    material.write(tmp_path, SEED)

    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert written == {name: (HOME / name).read_bytes() for name in written}


def test_half_of_the_documents_is_german(rows: list[dict[str, Any]]) -> None:
    """There are 72 different documents, 36 of them German."""
    assert len({row["id"] for row in rows}) == len({row["text"] for row in rows}) == 72
    assert sum(row["language"] == "de" for row in rows) == 36


def test_every_kind_of_document_is_asked(rows: list[dict[str, Any]]) -> None:
    """No kind is missing from the unseen documents."""
    assert {row["expected"]["tags"][0] for row in rows} == {kind.tag for kind in kinds.KINDS}


def test_labels_are_valid_and_copied_from_the_text(rows: list[dict[str, Any]]) -> None:
    """Every label fits the shipped schema, and its correspondent stands in the document."""
    validator = jsonschema.Draft202012Validator(json.loads((HOME / "schema.json").read_text(encoding="utf-8")))

    assert [error.message for row in rows for error in validator.iter_errors(row["expected"])] == []
    assert all(row["expected"]["correspondent"] in row["text"] for row in rows)


def test_the_schema_itself_is_valid() -> None:
    """The shipped schema is a Draft 2020-12 schema."""
    jsonschema.Draft202012Validator.check_schema(material.schema())


def test_training_never_sees_a_shipped_correspondent(rows: list[dict[str, Any]]) -> None:
    """Training and test draw their companies from disjoint stems."""
    rng = random.Random(0)
    trained = {corpus.document(rng, rng.choice(("de", "en")), "train").answer.correspondent for _ in range(3000)}

    assert trained.isdisjoint(row["expected"]["correspondent"] for row in rows)


@pytest.mark.parametrize("split", ["test", "train"])
def test_stems_keep_to_their_split(split: names.Split) -> None:
    """A stem is held out exactly if it is drawn for the test."""
    rng = random.Random(1)

    stems = [names.stem(rng, "de", split) for _ in range(300)]

    assert {names.held_out(stem) for stem in stems} == {split == "test"}


def test_an_answer_is_written_in_the_expected_form() -> None:
    """The answer's JSON keeps the key order, the separators and the umlauts."""
    answer = corpus.Answer(title="Kündigung 4711 Strom", tags=["cancellation", "energy"], correspondent="Strom")

    assert answer.to_json() == (
        '{"title": "Kündigung 4711 Strom", "tags": ["cancellation", "energy"], "correspondent": "Strom"}'
    )


def test_prose_is_not_json() -> None:
    """What the negative control expects cannot be mistaken for an answer."""
    prose = corpus.document(random.Random(2), "de", "train").prose

    for sentence in prose.values():
        with pytest.raises(json.JSONDecodeError):
            json.loads(sentence)
