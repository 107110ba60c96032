from collections.abc import Callable, Mapping

import pytest

from catalogue_maker import parsing, surface
from catalogue_maker.source import Source, UnknownShape

Release = Callable[[Mapping[str, str]], Source]

PROTOCOL = """
    from typing import Annotated, ClassVar, Literal
    from pydantic import BaseModel, ConfigDict, Field
    import openai

    class OpenAIBaseModel(BaseModel):
        model_config = ConfigDict(extra="allow")
        field_names: ClassVar[set | None] = None

    class ResponseFormat(OpenAIBaseModel):
        type: Literal["text", "json_object"]

    class ChatMessage(OpenAIBaseModel):
        role: str
        reasoning: str | None = None

    class ChatCompletionRequest(OpenAIBaseModel):
        messages: list[openai.Message]
        seed: int | None = Field(None, ge=0)
        _private: int = 0
"""
METRICS = """
    def make(show_hidden_metrics):
        if show_hidden_metrics:
            gauge(name="vllm:old", documentation="Old.")
        gauge(name="vllm:new", documentation="vllm:new is not vllm:other.")
"""


def test_the_fields_of_a_request(release: Release) -> None:
    """With what becomes of others, and the fields of the answer."""
    source = release({"vllm/entrypoints/openai/protocol.py": PROTOCOL})

    assert surface.request(parsing.pieces_of(source)) == {
        "request_fields": ["messages", "seed"],
        "message_fields": ["reasoning", "role"],
        "response_formats": ["json_object", "text"],
        "unknown_fields": "allow",
    }


def test_a_protocol_that_moved_stops_the_maker(release: Release) -> None:
    """With the name of the class that is not where it was."""
    source = release({"vllm/entrypoints/openai/protocol.py": PROTOCOL.replace("ChatMessage", "Answer")})

    with pytest.raises(UnknownShape, match="defines ChatMessage"):
        surface.request(parsing.pieces_of(source))


def test_metrics_are_those_of_the_default_engine(release: Release) -> None:
    """A metric below a question for hidden ones is hidden; what a text mentions is none."""
    source = release({"vllm/v1/metrics/loggers.py": METRICS, "vllm/engine/metrics.py": METRICS.replace("new", "v0")})

    assert surface.metrics(source, engine="V1") == {"vllm:new": "", "vllm:old": "hidden"}
    assert surface.metrics(source, engine="V0") == {"vllm:old": "hidden", "vllm:v0": ""}


def test_counters_end_as_they_do_at_the_endpoint(release: Release) -> None:
    """Two releases that name one counter with and without the ending show the same; a histogram keeps its name."""
    text = """
        COUNTER_SPECS = [("vllm:drafts", "Drafts.")]
        a = self._counter_cls(name="vllm:preemptions")
        b = self._counter_cls(name="vllm:tokens_total")
        c = self._histogram_cls("vllm:iteration_tokens_total")
    """
    found = surface.metrics(release({"vllm/v1/metrics/loggers.py": text}), engine="V1")

    names = {"vllm:drafts_total", "vllm:iteration_tokens_total", "vllm:preemptions_total", "vllm:tokens_total"}
    assert set(found) == names


def test_no_metrics_stop_the_maker(release: Release) -> None:
    """No release has none."""
    with pytest.raises(UnknownShape, match="no metric"):
        surface.metrics(release({"vllm/v1/metrics/loggers.py": ""}), engine="V1")
