"""What a trained model would say to the canary's documents and sums, and what a schema forces it to; the simulator's.

The lab's scripted images say the same (lab/go/own/scripted/canary.go and schema.go).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from vllm_qualify.checks import prompt_files
from vllm_qualify.config import Settings

WORK = prompt_files.load(Settings())
"""What candidates are asked by default."""
_TYPES = {"array", "boolean", "integer", "null", "number", "object", "string"}

Schema = Mapping[str, Any]


def answer(prompt: str, schema: Schema | None, *, system: bool) -> tuple[str, str]:
    """The chain of thought and the answer behind it; both empty where nothing is known of what was asked.

    A document is classified when a system message asks for it, or a schema that its labels fit; else it is told in
    prose.
    """
    for one in WORK.sums:
        if one.question in prompt:
            said = str(one.answer) if schema is None else json.dumps(dict.fromkeys(schema["properties"], one.answer))
            return "Adding the tens and the ones step by step gives the sum.", said
    document = next((one for one in WORK.documents if one.text in prompt), None)
    if document is None:
        return "", ""
    if schema is None and not system:
        return "", "It is a letter that somebody wrote to somebody else."
    fits = schema is None or set(document.expected) <= set(schema.get("properties", ()))
    return "", json.dumps(dict(document.expected)) if fits else ""


def calls(prompt: str, tools: list[dict[str, Any]], choice: object) -> list[tuple[str, dict[str, Any]]]:
    """The calls that a question leads to: names and arguments; of an unknown question two where it asks for each."""
    if choice == "none":
        return []
    named = choice["function"]["name"] if isinstance(choice, dict) else ""
    known = (WORK.tools.one, WORK.tools.two, WORK.tools.bare)
    made = [(call.name, dict(call.arguments)) for one in known if one.text in prompt for call in one.calls]
    if right := [call for call in made if call[0] == (named or call[0])]:
        return right
    offered = {tool["function"]["name"]: tool["function"]["parameters"] for tool in tools}
    name = named or next(iter(offered))
    values: Any = example(offered[name])
    return [(name, values)] * (2 if "each" in prompt else 1)


def problem(schema: Schema) -> str:
    """Why a schema is none, as a grammar compiler would say it; empty for a proper one."""
    if not _known(schema.get("type")):
        return f"Unsupported type: {schema['type']}"
    inner = [*schema.get("properties", {}).values(), schema.get("items")]
    return next((said for one in inner if isinstance(one, dict) and (said := problem(one))), "")


def _known(kind: object) -> bool:
    if isinstance(kind, list):
        return bool(kind) and all(_known(one) for one in kind)
    return kind is None or kind in _TYPES


def example(schema: Schema, root: Schema | None = None) -> object:
    """A value that fits a JSON Schema of the plain kind.

    Args:
        schema: what it must fit.
        root: the schema that references start from; by default this one.
    """
    root = schema if root is None else root
    schema = _resolved(schema, root)
    if "const" in schema or schema.get("enum"):
        return schema["const"] if "const" in schema else schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        return {name: example(inner, root) for name, inner in schema.get("properties", {}).items()}
    if kind == "array":
        return _items(schema, root)
    if kind in {"integer", "number"}:
        step = schema.get("multipleOf", 1)
        return -(-schema.get("minimum", 0) // step) * step
    return {"boolean": True, "null": None}.get(kind, _text(schema)) if isinstance(kind, str) else _text(schema)


def _resolved(schema: Schema, root: Schema) -> Schema:
    """What a reference or the first of several alternatives comes to."""
    if "$ref" in schema:
        found: Any = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return _resolved(found, root)
    one = schema.get("anyOf") or schema.get("oneOf")
    if one:
        return _resolved(one[0], root)
    if isinstance(schema.get("type"), list):
        return {**schema, "type": schema["type"][0]}
    merged = {key: value for part in schema.get("allOf", ()) for key, value in part.items()}
    return {**schema, **merged}


def _items(schema: Schema, root: Schema) -> list[object]:
    """So many items as there must be, all different where they must be, which only an ``enum`` says how."""
    if "prefixItems" in schema:
        return [example(inner, root) for inner in schema["prefixItems"]]
    count, inner = max(1, schema.get("minItems", 0)), schema.get("items", {})
    return list(inner["enum"][:count]) if schema.get("uniqueItems") else [example(inner, root)] * count


def _text(schema: Schema) -> str:
    """Of patterns only digits that are counted are known: ``[0-9]{3}``."""
    if "pattern" in schema:
        return matching(schema["pattern"])
    text = "2026-11-27" if schema.get("format") == "date" else "scripted"
    return text[: schema.get("maxLength")]


def without(schema: Any, keyword: str) -> Any:
    """The same schema in which a keyword does not stand anywhere."""
    if isinstance(schema, list):
        return [without(inner, keyword) for inner in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {key: without(value, keyword) for key, value in schema.items() if key != keyword}


def matching(pattern: str) -> str:
    """A text that a regular expression of words and counted digits matches."""
    return re.sub(r"\[0-9\]\{(\d+)\}", lambda found: "7" * int(found[1]), pattern.strip("^$"))
