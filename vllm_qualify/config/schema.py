"""The JSON Schema of ``qualify.toml`` for editors: ``python -m vllm_qualify.config.schema > .../qualify.schema.json``.

Made from the types, so that it cannot say anything else; their docstrings become its descriptions.
"""

from __future__ import annotations

import sys

from vllm_qualify.config import reading
from vllm_qualify.core import json_schema


def document() -> str:
    """The schema as the text of its file."""
    return json_schema.document(reading.adapter(), "qualify.toml")


if __name__ == "__main__":
    sys.stdout.write(document())
