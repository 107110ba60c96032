from collections.abc import Callable, Mapping

import pytest

from catalogue_maker import parsing, registries
from catalogue_maker.source import Source, UnknownShape

Release = Callable[[Mapping[str, str]], Source]

MANAGER = """
    class ReasoningParserManager:
        reasoning_parsers = {}

        @classmethod
        def register_module(cls, name):
            def decorate(made):
                cls.reasoning_parsers[name] = made
                return made
            return decorate
"""
PARSER = """
    import torch
    from vllm.reasoning.manager import ReasoningParserManager

    @ReasoningParserManager.register_module("qwen3")
    class Qwen3(torch.nn.Module):
        pass
"""
QUANTIZATION = """
    QUANTIZATION_METHODS = ["awq", "tpu"]
    DEPRECATED_QUANTIZATION_METHODS = ["tpu"]

    def get_quantization_config(name):
        from .awq import AWQ
        return {"awq": AWQ}[name]
"""
AWQ = """
    import torch

    class AWQ(torch.Config):
        @classmethod
        def get_min_capability(cls):
            return 75
"""


def test_parsers_register_themselves(release: Release) -> None:
    """By a decorator in a module that the package imports."""
    files = {
        "vllm/reasoning/__init__.py": "from .manager import ReasoningParserManager\nfrom .qwen3 import Qwen3\n",
        "vllm/reasoning/manager.py": MANAGER,
        "vllm/reasoning/qwen3.py": PARSER,
    }

    assert registries.reasoning_parsers(parsing.pieces_of(release(files))) == ["qwen3"]


def test_a_registry_that_stays_empty_stops_the_maker(release: Release) -> None:
    """Then the release fills it in a new way."""
    files = {"vllm/reasoning/__init__.py": MANAGER}

    with pytest.raises(UnknownShape, match=r"vllm\.reasoning of vLLM 0\.12\.0 registers nothing"):
        registries.reasoning_parsers(parsing.pieces_of(release(files)))


def test_a_release_without_a_registry_has_no_parsers(release: Release) -> None:
    """Early ones split no reasoning from the answer."""
    assert registries.reasoning_parsers(parsing.pieces_of(release({"vllm/__init__.py": ""}))) == []


def test_a_method_that_needs_what_is_not_loaded_has_no_number(release: Release) -> None:
    """Its name is known all the same."""
    place = "vllm/model_executor/layers/quantization"
    pieces = parsing.pieces_of(release({f"{place}/__init__.py": QUANTIZATION, f"{place}/awq.py": AWQ}))

    assert registries.quantizations(pieces) == {"awq": 75, "tpu": None}
    assert registries.deprecated_quantizations(pieces) == ["tpu"]


def test_architectures_are_the_keys_of_the_registry(release: Release) -> None:
    """Those that have an implementation of their own."""
    text = "_TEXT = {'Qwen3ForCausalLM': ('qwen3', 'Qwen3')}\n_VLLM_MODELS = {**_TEXT}\n"
    source = release({"vllm/model_executor/models/registry.py": text})

    assert registries.architectures(parsing.pieces_of(source)) == ["Qwen3ForCausalLM"]
