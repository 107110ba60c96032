"""The JSON Schema of ``qualify.toml`` for editors: ``python -m vllm_qualify.config.schema > .../qualify.schema.json``.

Made from the types, so that it cannot say anything else; their docstrings become its descriptions.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
import sys
from typing import Any

from vllm_qualify.config import modes, settings
from vllm_qualify.config.reading import SETTINGS

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_ATTRIBUTE = re.compile(r"^    (?P<name>\w+): (?P<text>.+(?:\n {8,}.+)*)", re.MULTILINE)


def document() -> str:
    """The schema as the text of its file."""
    schema = SETTINGS.json_schema()
    definitions = schema.pop("$defs")
    described = {"$schema": DIALECT} | _described(schema, settings.Settings)
    described["title"] = "qualify.toml"
    types = vars(modes) | vars(settings)
    described["$defs"] = {name: _described(each, types[name]) for name, each in definitions.items()}
    return json.dumps(described, indent=2) + "\n"


def _described(schema: dict[str, Any], kind: type) -> dict[str, Any]:
    doc = inspect.getdoc(kind) or ""
    texts = {match["name"]: " ".join(match["text"].split()) for match in _ATTRIBUTE.finditer(doc)}
    properties = {
        each.name: schema["properties"][each.name] | {"description": texts[each.name]}
        for each in dataclasses.fields(kind)
    }
    for each in properties.values():
        each.pop("title", None)  # pydantic's title is the key once more, with a capital
    return schema | {"description": doc.partition("\n")[0], "properties": properties}


if __name__ == "__main__":
    sys.stdout.write(document())
