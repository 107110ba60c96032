"""What takes the place of the libraries that vLLM's parser touches, and of the few parts of vLLM that have effects."""

from __future__ import annotations

import argparse
import dataclasses
import json
import posixpath
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any

from catalogue_maker import data_classes
from catalogue_maker.opaque import opaque
from catalogue_maker.source import Source

ALLOWED = frozenset(
    {
        "abc", "argparse", "collections", "contextlib", "copy", "datetime", "decimal", "enum", "functools", "hashlib",
        "http", "inspect", "ipaddress", "itertools", "json", "math", "operator", "re", "ssl", "string", "textwrap",
        "types", "typing", "uuid", "warnings",
    }
)  # fmt: skip


class Parser(argparse.ArgumentParser):
    """Takes what vLLM's own parser class takes and remembers which options are deprecated."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.pop("deprecated", None)
        self.deprecated: list[argparse.Action] = []
        super().__init__(*args, **kwargs)
        self._complete = True

    def add_argument(self, *args: Any, **kwargs: Any) -> Any:
        """Add an option; only Python 3.13 knows deprecated ones."""
        deprecated = kwargs.pop("deprecated", False)
        action = super().add_argument(*args, **kwargs)
        if deprecated:
            self.deprecated.append(action)
        return action

    def add_argument_group(self, *args: Any, **kwargs: Any) -> Any:
        """Groups order the help, nothing else; argparse itself needs two of its own."""
        return self if getattr(self, "_complete", False) else super().add_argument_group(*args, **kwargs)

    def parse_args(self, *_args: Any, **_kwargs: Any) -> Any:
        """The parser is complete; nothing is to be parsed."""
        raise ParserComplete


class ParserComplete(Exception):
    """Ends the function that builds the parser of early releases and goes on to use it."""


class Platform:
    """The platform of the official image; it adds nothing to the parser."""

    device_type = "cuda"
    device_name = "cuda"
    supported_quantization: tuple[str, ...] = ()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if not name.startswith("is_"):
            return lambda *_args, **_kwargs: None
        return lambda *_args, **_kwargs: name in {"is_cuda", "is_cuda_alike"}


class Typing:
    """``typing_extensions``: what Python itself has, and opaque names for the rest."""

    @staticmethod
    def TypeVar(name: str, *bounds: Any, **_options: Any) -> Any:  # noqa: N802 - its name there.
        """A type variable; only Python 3.13 knows defaults of one."""
        return typing.TypeVar(name, *bounds)

    def __getattr__(self, name: str) -> Any:
        return getattr(typing, name, None) or opaque(f"typing_extensions.{name}")


class SkipValidation:
    """Tells pydantic to look away; the type is what it was."""

    def __class_getitem__(cls, hint: Any) -> Any:
        return typing.Annotated[hint, cls]


class TypeAdapter:
    """Reads JSON; what of it fits a class is not told here."""

    def __init__(self, *_args: Any, **_options: Any) -> None:
        """Remember nothing."""

    @staticmethod
    def validate_json(text: str) -> Any:
        """The JSON as it is."""
        return json.loads(text)


def standins(source: Source) -> Mapping[str, Any]:
    """By dotted name, what the pieces of a release get instead."""
    classes = types.SimpleNamespace(**vars(dataclasses) | {"dataclass": data_classes.dataclass})
    environment = types.SimpleNamespace(
        environ={}, getenv=lambda _name, default=None: default, path=posixpath, cpu_count=lambda: 8, name="posix"
    )
    system = types.SimpleNamespace(
        argv=["vllm"], modules={}, platform="linux", version_info=(3, 12, 0, "final", 0), maxsize=2**63 - 1
    )
    utils = [f"vllm.{place}.FlexibleArgumentParser" for place in ("utils", "utils.argparse_utils")]
    return {
        **dict.fromkeys(utils, Parser),
        "dataclasses": classes,
        "functools.cache": lambda function: function,
        "os": environment,
        "os.path": posixpath,
        "regex": __import__("re"),
        "sys": system,
        "typing_extensions": Typing(),
        "pydantic.ConfigDict": dict,
        "pydantic.TypeAdapter": TypeAdapter,
        "pydantic.ValidationError": ValueError,
        "pydantic.Field": data_classes.FieldInfo,
        "pydantic.SkipValidation": SkipValidation,
        "pydantic.dataclasses.dataclass": data_classes.dataclass,
        "pydantic.fields.FieldInfo": data_classes.FieldInfo,
        "vllm.config.utils.config": data_classes.config,
        "vllm.config.config": data_classes.config,
        "vllm.config.utils.get_attr_docs": data_classes.attr_docs(source),
        "vllm.config.get_attr_docs": data_classes.attr_docs(source),
        "vllm.config.get_field": data_classes.get_field,
        "vllm.config.utils.get_field": data_classes.get_field,
        "vllm.logger.init_logger": lambda *_args: opaque("logger"),
        "vllm.platforms.current_platform": Platform(),
        "vllm.version.__version__": str(source.version),
        "vllm.plugins.load_general_plugins": lambda: None,
    }
