"""Names that a release knows where its parser does not check them: models, quantizations, parsers of output."""

from __future__ import annotations

import ast
from typing import Any

from catalogue_maker.pieces import Pieces
from catalogue_maker.source import UnknownShape

_MODELS = "vllm.model_executor.models"
_QUANTIZATION = "vllm.model_executor.layers.quantization"
# Where the attention backends have their names, the newest place first.
_BACKENDS = (
    ("vllm.v1.attention.backends.registry", "AttentionBackendEnum"),
    ("vllm.attention.backends.registry", "AttentionBackendEnum"),
    ("vllm.platforms.interface", "_Backend"),
    ("vllm.attention.selector", "_Backend"),
)


def architectures(pieces: Pieces) -> list[str]:
    """The architectures of a config.json that have an implementation of their own."""
    if pieces.source.path(f"{_MODELS}.registry"):
        module = pieces.module(f"{_MODELS}.registry")
        return sorted(module._VLLM_MODELS if hasattr(module, "_VLLM_MODELS") else module._MODELS)  # noqa: SLF001
    return sorted(pieces.get(_MODELS, "_MODELS"))


def attention_backends(pieces: Pieces) -> list[str]:
    """The names of the attention backends; ``VLLM_ATTENTION_BACKEND`` and ``--attention-backend`` take them."""
    for place, name in _BACKENDS:
        tree = pieces.source.tree(place)
        found = (
            next((one for one in tree.body if isinstance(one, ast.ClassDef) and one.name == name), None)
            if tree
            else None
        )
        if found is not None:
            return sorted(_members(found))
    raise UnknownShape(f"vLLM {pieces.source.version} has its attention backends in a new place; teach the maker where")


def _members(enum: ast.ClassDef) -> set[str]:
    """The names that an enumeration assigns."""
    targets = (target for node in enum.body if isinstance(node, ast.Assign) for target in node.targets)
    return {target.id for target in targets if isinstance(target, ast.Name) and target.id.isupper()}


def deprecated_quantizations(pieces: Pieces) -> list[str]:
    """Those that are refused unless ``--allow-deprecated-quantization`` is given."""
    module = pieces.module(_QUANTIZATION)
    return sorted(str(name) for name in getattr(module, "DEPRECATED_QUANTIZATION_METHODS", ()))


def quantizations(pieces: Pieces) -> dict[str, int | None]:
    """By name, the smallest compute capability (80 for 8.0); ``None`` where it is not said without a GPU."""
    methods = pieces.get(_QUANTIZATION, "QUANTIZATION_METHODS")
    return {str(name): _capability(pieces, str(name)) for name in sorted(methods)}


def _capability(pieces: Pieces, name: str) -> int | None:
    module = pieces.module(_QUANTIZATION)
    table = getattr(module, "get_quantization_config", None)
    try:
        found = (module.QUANTIZATION_METHODS[name] if table is None else table(name)).get_min_capability()
    except Exception:  # noqa: BLE001 - one fact less of a method whose modules need what is not loaded.
        return None
    return found if isinstance(found, int) else None


def reasoning_parsers(pieces: Pieces) -> list[str]:
    """The choices of ``--reasoning-parser``."""
    places = ("vllm.reasoning", "vllm.entrypoints.openai.reasoning_parsers")
    return _registered(pieces, places, manager="ReasoningParserManager", table="reasoning_parsers")


def tool_call_parsers(pieces: Pieces) -> list[str]:
    """The choices of ``--tool-call-parser``."""
    places = ("vllm.tool_parsers", "vllm.entrypoints.openai.tool_parsers")
    return _registered(pieces, places, manager="ToolParserManager", table="tool_parsers")


def _registered(pieces: Pieces, places: tuple[str, ...], *, manager: str, table: str) -> list[str]:
    """What registers itself when its package is imported; nothing in a release that has no such registry."""
    package = next((place for place in places if pieces.source.path(place)), None)
    if package is None:
        return []
    pieces.module(package).run_everything()
    owner: Any = getattr(pieces.module(package), manager, None)
    if owner is None:
        return []
    names = owner.list_registered() if hasattr(owner, "list_registered") else list(getattr(owner, table))
    if not names:
        raise UnknownShape(f"{package} of vLLM {pieces.source.version} registers nothing; look at how it does it now")
    return sorted(str(name) for name in names)
