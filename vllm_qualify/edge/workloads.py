"""Reads what a candidate is asked from the files that the settings name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from vllm_qualify.answers import BadSchema, compile_schema
from vllm_qualify.config import BadConfig, Problem, Settings
from vllm_qualify.edge import settings as settings_files
from vllm_qualify.workload import Sum, Workload


def load(settings: Settings) -> Workload:
    """Read documents, schema, prompts and sums.

    Raises:
        BadConfig: a file cannot be read or does not hold what it should; the message names it.
    """
    prompts = _json(settings.classification.prompts)
    try:
        asked = prompts["ml"]
        return Workload(
            documents=settings_files.labelled_documents(settings),
            schema=_schema(settings.classification.schema),
            system=asked["classify_system"],
            user=asked["classify_user"],
            describe=asked["describe_user"]["en"],
            sums=_sums(settings.reasoning.sums),
        )
    except (KeyError, TypeError) as error:
        raise _bad(
            settings.classification.prompts, f"lacks {error}; canary/prompts.json shows what it holds"
        ) from error


def _schema(path: Path) -> dict[str, Any]:
    schema: dict[str, Any] = _json(path)
    try:
        compile_schema(schema)
    except BadSchema as error:
        raise _bad(path, str(error)) from error
    return schema


def _sums(path: Path) -> tuple[Sum, ...]:
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        return tuple(Sum(id=row["id"], question=row["question"], answer=_number(row["answer"])) for row in rows)
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise _bad(path, f"is no list of sums: {error}; each line holds id, question and answer") from error


def _number(answer: object) -> int:
    """The number behind the last equals sign, as in ``2 + 2 = 4``."""
    return int(str(answer).rpartition("=")[2])


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _bad(path, f"cannot be read: {error}") from error


def _bad(path: Path, message: str) -> BadConfig:
    return BadConfig(str(path), [Problem(message=message)])
