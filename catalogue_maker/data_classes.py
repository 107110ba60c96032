"""Data classes of a release without their checks: what ``dataclasses``, pydantic and vLLM's own decorators make."""

from __future__ import annotations

import ast
import copy
import dataclasses
import inspect
import typing
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from catalogue_maker.source import Source


class FieldInfo:
    """What ``pydantic.Field`` gives, as far as vLLM looks at it."""

    def __init__(self, default: Any = dataclasses.MISSING, **kwargs: Any) -> None:
        self.default = default
        self.default_factory = kwargs.get("default_factory")


def dataclass(cls: Any = None, /, **_options: Any) -> Any:
    """A data class that can be made without its checks; mutable defaults are what pydantic allows."""
    if cls is None:
        return dataclass
    hints = inspect.get_annotations(cls)
    for name, hint in hints.items():
        default = vars(cls).get(name)
        if type(default).__hash__ is None and "ClassVar" not in str(hint):
            setattr(cls, name, dataclasses.field(default_factory=partial(copy.deepcopy, default)))
    # Annotations that are text would be looked up in modules that were never imported.
    cls.__annotations__ = {name: _hidden(hint) for name, hint in hints.items()}
    made = dataclasses.dataclass(init=False, repr=False, eq=False)(cls)
    made.__annotations__ = dict(hints)
    for field in dataclasses.fields(made):
        field.type = hints.get(field.name, field.type)
    made.__init__ = _init
    return made


def _hidden(hint: Any) -> Any:
    if not isinstance(hint, str):
        return hint
    return typing.ClassVar if hint.removeprefix("typing.").startswith("ClassVar") else typing.ForwardRef("text")


def _init(self: Any, *values: Any, **named: Any) -> None:
    fields = dataclasses.fields(self)
    for field in fields:
        default = field.default.default if isinstance(field.default, FieldInfo) else field.default
        object.__setattr__(self, field.name, None if default is dataclasses.MISSING else default)
    for name, value in dict(zip((field.name for field in fields), values, strict=False), **named).items():
        object.__setattr__(self, name, value)


def config(cls: Any = None, /, **_options: Any) -> Any:
    """The decorator of vLLM's configurations: in some releases it makes the data class itself."""
    if cls is None:
        return config
    return cls if dataclasses.is_dataclass(cls) and "__dataclass_fields__" in vars(cls) else dataclass(cls)


def attr_docs(source: Source) -> Callable[[Any], dict[str, str]]:
    """The strings under the fields of a class, read from its syntax tree; vLLM shows them as help."""

    def docs(cls: Any) -> dict[str, str]:
        found: dict[str, str] = {}
        for base in reversed(cls.__mro__):
            tree = source.tree(base.__module__)
            for node in tree.body if tree else ():
                if isinstance(node, ast.ClassDef) and node.name == base.__name__:
                    found |= dict(_documented(node))
        return found

    return docs


def _documented(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, below in zip(node.body, node.body[1:], strict=False):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                yield name, inspect.cleandoc(text)


def get_field(cls: Any, name: str) -> Any:
    """The default of a field as a field of another class."""
    found = next(one for one in dataclasses.fields(cls) if one.name == name)
    if found.default_factory is not dataclasses.MISSING:
        return dataclasses.field(default_factory=found.default_factory)
    if isinstance(found.default, FieldInfo) and found.default.default_factory is not None:
        return dataclasses.field(default_factory=found.default.default_factory)
    return dataclasses.field(default=found.default.default if isinstance(found.default, FieldInfo) else found.default)
