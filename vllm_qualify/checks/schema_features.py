"""JSON Schemas by feature, one small schema each, and which of them a schema of the operator uses. Pure.

Each demands what no model says of its own accord, and leaves so little open that a valid answer is short: what runs on
to the limit was not held by the schema.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

JsonSchema = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaFeature:
    """One thing that a JSON Schema can demand.

    Attributes:
        name: for people; stable, since runs are compared by it.
        schema: an object that demands it.
        keywords: whoever uses one of them uses this.
        everywhere: all releases that were tried hold to it (docs/explanation/behaviour.md), so one that does not has
            lost it.
        tokens: limit of an answer; a valid one needs a third of that, in the poorest of tokenizers.
    """

    name: str
    schema: JsonSchema
    keywords: frozenset[str] = frozenset()
    everywhere: bool = True
    tokens: int = 64


def used(schema: JsonSchema) -> frozenset[str]:
    """The names of the features that a schema uses."""
    found = frozenset(_keywords(schema))
    return frozenset(feature.name for feature in FEATURES if feature.keywords & found)


def _keywords(schema: object) -> Iterator[str]:
    """Every keyword of a schema and those within it; what properties are called is no keyword."""
    if not isinstance(schema, Mapping):
        return
    for keyword, value in schema.items():
        yield f"type:{value}" if keyword == "type" else keyword
        if keyword in _SCHEMAS_BY_NAME and isinstance(value, Mapping):
            inner: list[object] = list(value.values())
        else:
            inner = list(value) if keyword in _LISTS_OF_SCHEMAS and isinstance(value, list) else [value]
        for one in inner if keyword not in _VALUES else ():
            yield from _keywords(one)


_SCHEMAS_BY_NAME = frozenset({"$defs", "definitions", "dependentSchemas", "patternProperties", "properties"})
_LISTS_OF_SCHEMAS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_VALUES = frozenset({"const", "default", "enum", "examples"})


def closed_object(**properties: JsonSchema) -> dict[str, Any]:
    """An object with exactly these properties."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


_ZEBRA = {"enum": ["zebra-7", "zebra-9"]}
_FEW = {"type": "integer", "minimum": 10, "maximum": 20}

FEATURES = (
    SchemaFeature(name="additionalProperties", schema=closed_object(zebra={"type": "boolean"})),
    SchemaFeature(
        name="allOf",
        schema=closed_object(verdict={"allOf": [{"type": "string"}, _ZEBRA]}),
        keywords=frozenset({"allOf"}),
        everywhere=False,
    ),
    SchemaFeature(
        name="anyOf", schema=closed_object(verdict={"anyOf": [_ZEBRA, {"type": "null"}]}), keywords=frozenset({"anyOf"})
    ),
    SchemaFeature(
        name="array length",
        schema=closed_object(zebras={"type": "array", "items": _ZEBRA, "minItems": 2, "maxItems": 3}),
        keywords=frozenset({"minItems", "maxItems"}),
        tokens=96,
    ),
    SchemaFeature(
        name="boolean and null",
        schema=closed_object(zebra={"type": "boolean"}, verdict={"type": "null"}),
        keywords=frozenset({"type:boolean", "type:null"}),
    ),
    SchemaFeature(name="const", schema=closed_object(verdict={"const": "zebra-7"}), keywords=frozenset({"const"})),
    SchemaFeature(name="enum", schema=closed_object(verdict=_ZEBRA), keywords=frozenset({"enum"})),
    SchemaFeature(
        name="escaped characters",
        schema=closed_object(verdict={"enum": ['the "zebra"\n\\7', 'the "zebra"\n\\9']}),
    ),
    SchemaFeature(
        name="format", schema=closed_object(zebra={"type": "string", "format": "date"}), keywords=frozenset({"format"})
    ),
    SchemaFeature(
        name="integer",
        schema=closed_object(zebra={"type": "integer"}),
        keywords=frozenset({"type:integer"}),
    ),
    SchemaFeature(
        name="list of types",
        schema=closed_object(zebra={"type": ["boolean", "null"]}),
    ),
    SchemaFeature(
        name="long enum",
        schema=closed_object(verdict={"enum": [f"zebra-{number:03}" for number in range(200)]}),
    ),
    SchemaFeature(
        name="multipleOf",
        schema=closed_object(zebra=_FEW | {"multipleOf": 7}),
        keywords=frozenset({"multipleOf"}),
        everywhere=False,
    ),
    SchemaFeature(
        name="nested objects", schema=closed_object(savanna=closed_object(herd=closed_object(verdict=_ZEBRA)))
    ),
    SchemaFeature(
        name="numeric range",
        schema=closed_object(zebra=_FEW),
        keywords=frozenset({"exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum"}),
    ),
    SchemaFeature(
        name="oneOf", schema=closed_object(verdict={"oneOf": [_ZEBRA, {"type": "null"}]}), keywords=frozenset({"oneOf"})
    ),
    SchemaFeature(
        name="optional property",
        schema=closed_object(verdict=_ZEBRA) | {"properties": {"verdict": _ZEBRA, "zebra": {"type": "boolean"}}},
        keywords=frozenset({"required"}),
    ),
    SchemaFeature(
        name="pattern",
        schema=closed_object(verdict={"type": "string", "pattern": "^zebra-[0-9]{3}$"}),
        keywords=frozenset({"pattern"}),
    ),
    SchemaFeature(
        name="prefixItems",
        schema=closed_object(
            zebra={
                "type": "array",
                "prefixItems": [_ZEBRA, {"type": "boolean"}],
                "items": False,
                "minItems": 2,
                "maxItems": 2,
            }
        ),
        keywords=frozenset({"prefixItems"}),
    ),
    SchemaFeature(
        name="$ref",
        schema=closed_object(verdict={"$ref": "#/$defs/zebra"}) | {"$defs": {"zebra": _ZEBRA}},
        keywords=frozenset({"$ref"}),
    ),
    SchemaFeature(
        name="string length",
        schema=closed_object(zebra={"type": "string", "minLength": 3, "maxLength": 8}),
        keywords=frozenset({"maxLength", "minLength"}),
    ),
    SchemaFeature(
        name="unicode",
        schema=closed_object(größe={"enum": ["zèbre № 7", "シマウマ"]}),
        tokens=96,
    ),
    SchemaFeature(
        name="uniqueItems",
        schema=closed_object(
            zebras={
                "type": "array",
                "items": {"enum": ["zebra-7", "zebra-8", "zebra-9"]},
                "minItems": 2,
                "maxItems": 3,
                "uniqueItems": True,
            }
        ),
        keywords=frozenset({"uniqueItems"}),
        everywhere=False,
        tokens=96,
    ),
)
"""In the order of their names; what is asked first decides nothing about what is asked next."""
