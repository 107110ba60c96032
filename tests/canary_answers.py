"""What a trained model would say to the canary's documents and sums, and what a schema forces it to; the simulator's.

The lab's scripted images say the same (lab/go/own/scripted/canary.go and schema.go).
"""

from __future__ import annotations

import json
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
            return "Adding the tens and the ones step by step gives the sum.", str(one.answer)
    document = next((one for one in WORK.documents if one.text in prompt), None)
    if document is None:
        return "", ""
    if schema is None and not system:
        return "", "It is a letter that somebody wrote to somebody else."
    fits = schema is None or set(document.expected) <= set(schema.get("properties", ()))
    return "", json.dumps(dict(document.expected)) if fits else ""


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


def example(schema: Schema) -> object:
    """A value that fits a JSON Schema of the plain kind."""
    if "const" in schema or schema.get("enum"):
        return schema["const"] if "const" in schema else schema["enum"][0]
    if schema.get("type") == "object":
        return {name: example(inner) for name, inner in schema.get("properties", {}).items()}
    if schema.get("type") == "array":
        return [example(schema.get("items", {}))] * max(1, schema.get("minItems", 0))
    plain = {"boolean": True, "integer": 0, "null": None, "number": 0}
    return plain.get(schema.get("type", ""), "scripted")
