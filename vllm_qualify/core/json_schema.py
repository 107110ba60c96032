"""The JSON Schema of a type, with what its docstrings say as descriptions. Pure."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Collection
from typing import Any, Literal

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_ATTRIBUTE = re.compile(r"^    (?P<name>\w+): (?P<text>.+(?:\n {8,}.+)*)", re.MULTILINE)


class _Generator(GenerateJsonSchema):
    """Describes types and fields by their docstrings, and takes no field that a type does not have."""

    def dataclass_schema(self, schema: core_schema.DataclassSchema) -> JsonSchemaValue:
        made = super().dataclass_schema(schema)
        doc = inspect.getdoc(schema["cls"]) or ""
        texts = {match["name"]: _plain_words(match["text"]) for match in _ATTRIBUTE.finditer(doc)}
        for name, about in made["properties"].items():
            about.pop("title", None)  # pydantic's title is the key once more, with a capital
            about.update({"description": texts[name]} if name in texts else {})
            if self.mode == "serialization":
                about.pop("default", None)  # what is written is there, so nobody needs to know it
        required = {"required": [*made["properties"]]} if self.mode == "serialization" else {}
        return made | required | {"additionalProperties": False, "description": doc.partition("\n")[0]}


def _plain_words(text: str) -> str:
    """A description on one line, in the words of JSON instead of Python's."""
    words = " ".join(text.split()).replace("``None``", "null").replace('``""``', "empty")
    return words.replace("``", "`")


def document(
    kind: TypeAdapter[Any],
    title: str,
    *,
    mode: Literal["validation", "serialization"] = "validation",
    identity: str = "",
    added: Collection[str] = (),
) -> str:
    """The schema of a type as the text of its file.

    Args:
        kind: the type.
        title: what the documents are called.
        mode: ``validation`` for what is read, where a field with a default may be missing; ``serialization`` for what
            is written, where each field is there.
        identity: the ``$id``; ``""`` for none.
        added: fields that documents of older versions lack, as ``Diagnosis.origin``.
    """
    made = kind.json_schema(mode=mode, schema_generator=_Generator)
    definitions = made.pop("$defs", {})
    for name, each in {made["title"]: made, **definitions}.items():
        if "required" in each:
            each["required"] = [field for field in each["required"] if f"{name}.{field}" not in added]
    head = {"$schema": DIALECT} | ({"$id": identity} if identity else {})
    return json.dumps(head | made | {"title": title, "$defs": definitions}, indent=2) + "\n"
