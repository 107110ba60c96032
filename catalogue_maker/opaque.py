"""What stands for everything that the maker does not load, such as torch: it may be named, but not looked into."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn

from catalogue_maker.source import UnknownShape


class OpaqueMeta(type):
    """Opaque things are classes, so that they can stand in annotations, unions and lists of bases."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return opaque(f"{path(cls)}.{name}")

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        """Use as a decorator changes nothing; any other call gives another opaque thing."""
        decorated = args[0] if len(args) == 1 and not kwargs else None
        return decorated if callable(decorated) and not is_opaque(decorated) else opaque(f"{path(cls)}()")

    def __getitem__(cls, key: object) -> Any:
        # A wrapper that decides what an option takes must not pass for something that takes any text.
        if path(cls).startswith("pydantic."):
            raise UnknownShape(f"{path(cls)}[...] wraps a type; give it a stand-in")
        return cls

    def __bool__(cls) -> NoReturn:
        raise UnknownShape(f"a decision depends on {path(cls)}, which the maker does not load")

    def __iter__(cls) -> Iterator[NoReturn]:
        raise UnknownShape(f"{path(cls)} is iterated over, and the maker does not load it")

    def __contains__(cls, item: object) -> NoReturn:
        raise UnknownShape(f"something is looked for in {path(cls)}, which the maker does not load")

    def __enter__(cls) -> None:
        """Enter nothing."""

    def __exit__(cls, *_error: object) -> None:
        """Leave nothing."""


def opaque(name: str) -> Any:
    """A thing of that dotted name."""
    module, _, last = name.rpartition(".")
    return OpaqueMeta(last, (), {"__module__": module})


def is_opaque(value: object) -> bool:
    """Tell whether a value is opaque."""
    return isinstance(value, OpaqueMeta)


def path(cls: type) -> str:
    """The dotted name of an opaque thing."""
    return f"{cls.__module__}.{cls.__name__}".lstrip(".")
