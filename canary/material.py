"""What is shipped beside the weights: questions, answers, prompts and schema; called by `train.py`."""

import json
from pathlib import Path
from typing import Any

from canary import corpus, kinds, prompts, sums, tools

DOCUMENTS = 72
SUMS = 20


def write(home: Path, seed: int) -> None:
    """Writes the unseen documents, questions and sums, the prompts, the tools and the schema of an answer."""
    corpus.write_documents(home / "documents.jsonl", corpus.test_documents(seed, DOCUMENTS))
    sums.write_sums(home / "sums.jsonl", sums.test_sums(seed, SUMS))
    tools.write_questions(home / "tools.jsonl", tools.test_questions(seed))
    for name, value in (("prompts.json", prompts.shipped()), ("schema.json", schema()), ("tools.json", tools.TOOLS)):
        (home / name).write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def schema() -> dict[str, Any]:
    """Builds the schema of an answer.

    It has no bounds on lengths: vLLM 0.8.5 takes a schema with such keywords away from xgrammar.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Document",
        "type": "object",
        "properties": {
            "title": {"type": "string"},
            "tags": {"type": "array", "items": {"type": "string", "enum": kinds.TAGS}},
            "correspondent": {"type": "string"},
        },
        "required": ["title", "tags", "correspondent"],
        "additionalProperties": False,
    }
