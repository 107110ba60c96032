"""How far the start of an engine had come, by what it logs on its way. Asked by the reader of a log."""

from __future__ import annotations

from vllm_qualify.diagnosis.logs import Line

_MARKS = {
    "non-default args: ": "reading the configuration",
    "Resolved architecture: ": "reading the configuration",
    "LLM engine (v": "starting the engine's processes",
    "Starting to load model": "loading the model",
    "Loading model from scratch": "loading the model",
    "Loading weights took ": "preparing the model after loading its weights",
    "Model loading took ": "measuring memory, compiling or warming up",
    "Graph capturing finished": "finishing its warm-up",
    "init engine (profile, ": "starting the API server",
    "Application startup complete": "serving",
}
"""What is logged, and what the engine does from then on; words of vLLM 0.8.5 to 0.32."""
WORDS = tuple(word.encode() for word in _MARKS)
"""What stands in such lines."""


def phase(line: Line) -> str:
    """What the engine does from this line on; ``""`` where the line says nothing of it."""
    if not line.calm:
        return ""
    return next((meaning for word, meaning in _MARKS.items() if word in line.text), "")
