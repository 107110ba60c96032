"""Runs single statements of a release, picked out of its syntax trees by the names that they bind.

No module of vLLM is ever imported. What builds its parser is a few functions, constants and data classes; they need
nothing but the standard library once everything else is replaced by stand-ins. A name is looked for only when a
statement asks for it: the statements that bind it run, and nothing else of that module does.
"""

from __future__ import annotations
import __future__

import ast
import builtins
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from catalogue_maker.opaque import is_opaque, opaque
from catalogue_maker.source import Source

_FORBIDDEN = frozenset({"breakpoint", "compile", "eval", "exec", "exit", "help", "input", "open", "quit"})
_MUTATORS = frozenset({"add", "append", "extend", "insert", "setdefault", "update"})


class Pieces:
    """All modules of one release, run piece by piece.

    Args:
        source: the release.
        standins: what takes the place of a module (``"os"``) or of one of its names (``"vllm.utils.FOO"``).
        allowed: top-level modules of the standard library that may really be imported.
    """

    def __init__(self, source: Source, *, standins: Mapping[str, Any], allowed: frozenset[str]) -> None:
        self.source = source
        self.standins = standins
        self._allowed = allowed
        self._modules: dict[str, PiecemealModule] = {}

    def get(self, module: str, name: str) -> Any:
        """The value of a name in a module.

        Raises:
            UnknownShape: the module does not bind it, or binds it in a way that cannot be run.
        """
        return getattr(self.module(module), name)

    def module(self, name: str) -> Any:
        """A module of vLLM, of the standard library, or something opaque in its place."""
        if name in self.standins:
            return self.standins[name]
        if name.partition(".")[0] == "vllm":
            if name not in self._modules:
                tree = self.source.tree(name)
                if tree is None:
                    raise ModuleNotFoundError(f"vLLM {self.source.version} has no module {name}")
                self._modules[name] = PiecemealModule(name, tree=tree, pieces=self)
            return self._modules[name]
        if name.partition(".")[0] in self._allowed:
            return __import__(name, fromlist=["*"])
        return opaque(name)

    def import_(
        self, name: str, globals_: Mapping[str, Any], _locals: object, names: Sequence[str] | None, level: int
    ) -> Any:
        """What ``import`` means inside the pieces."""
        name = absolute(name, level=level, package=str(globals_["__package__"]))
        return self.module(name) if names else self.module(name.partition(".")[0])


class PiecemealModule(types.ModuleType):
    """A module whose names come into being when they are asked for."""

    def __init__(self, name: str, *, tree: ast.Module, pieces: Pieces) -> None:
        super().__init__(name)
        self._tree = tree
        self._pieces = pieces
        self._binders = binders(tree)
        self._running: list[str] = []
        path = pieces.source.path(name)
        self.__file__ = str(path)
        self.__package__ = name if path is not None and path.name == "__init__.py" else name.rpartition(".")[0]
        self.__dict__["__builtins__"] = _Builtins(self._find, pieces.import_)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and f"{self.__name__}.{name}" not in self._pieces.standins:
            raise AttributeError(name)
        try:
            return self._find(name)
        except KeyError:
            raise AttributeError(f"{self.__name__} of vLLM {self._pieces.source.version} binds no {name}") from None

    def run_everything(self) -> None:
        """Run all statements, for a package in which things register themselves."""
        for statement in self._tree.body:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                for alias in statement.names:
                    self._execute(statement, _bound_by(alias))
            else:
                self._execute(statement, "")

    def _find(self, name: str) -> Any:
        """Bind a name that is asked for; raises ``KeyError`` where the module does not bind it."""
        own = vars(self)
        full = f"{self.__name__}.{name}"
        if full in self._pieces.standins:
            own[name] = self._pieces.standins[full]
        elif name in self._binders and name not in self._running:
            self._run(name)
        # What only a type checker sees is bound elsewhere, if anywhere.
        if name not in own:
            own[name] = self._elsewhere(name)
        return own[name]

    def _run(self, name: str) -> None:
        self._running.append(name)
        try:
            for statement in self._binders[name]:
                self._execute(statement, name)
        finally:
            self._running.pop()

    def _execute(self, statement: ast.stmt, name: str) -> None:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            alias = next((alias for alias in statement.names if _bound_by(alias) == name), None)
            if alias is not None:
                vars(self)[name] = self._imported(statement, alias)
            return
        flags = __future__.annotations.compiler_flag if _defers_annotations(self._tree) else 0
        body = ast.Module(body=[statement], type_ignores=[])
        file = self._pieces.source.name(self._pieces.source.path(self.__name__))  # type: ignore[arg-type]
        code = compile(body, file, "exec", flags=flags, dont_inherit=True)
        exec(code, vars(self))  # noqa: S102 - picked statements of a published release; see the module's docstring.

    def _imported(self, statement: ast.Import | ast.ImportFrom, alias: ast.alias) -> Any:
        if isinstance(statement, ast.Import):
            return self._pieces.module(alias.name if alias.asname else alias.name.partition(".")[0])
        source = absolute(statement.module or "", level=statement.level, package=str(self.__package__))
        return self._pieces.standins.get(f"{source}.{alias.name}") or getattr(self._pieces.module(source), alias.name)

    def _elsewhere(self, name: str) -> Any:
        """A submodule, a name behind a star, or what the module's own ``__getattr__`` makes of it."""
        child = f"{self.__name__}.{name}"
        if child in self._pieces.standins or self._pieces.source.path(child) is not None:
            return self._pieces.module(child)
        for star in self._binders.get("*", ()):
            assert isinstance(star, ast.ImportFrom)  # noqa: S101 - nothing else binds a star.
            source = absolute(star.module or "", level=star.level, package=str(self.__package__))
            if hasattr(self._pieces.module(source), name):
                return getattr(self._pieces.module(source), name)
        if "__getattr__" in self._binders and name not in self._running:
            self._run("__getattr__")
            return vars(self)["__getattr__"](name)
        raise KeyError(name)


class _Builtins(dict[str, Any]):
    """The builtins of a module: Python asks here for every name that is not bound yet."""

    def __init__(self, find: Callable[[str], Any], import_: Callable[..., Any]) -> None:
        super().__init__({name: value for name, value in vars(builtins).items() if name not in _FORBIDDEN})
        self["__import__"] = import_
        self["__build_class__"] = _build_class
        self._find = find

    def __missing__(self, name: str) -> Any:
        return self._find(name)


def _build_class(body: Callable[[], Any], name: str, *bases: Any, **options: Any) -> Any:
    """Make a class without the bases that nobody loads."""
    known = tuple(base for base in bases if not is_opaque(base))
    return builtins.__build_class__(body, name, *known, **(options if known == bases else {}))


def absolute(name: str, *, level: int, package: str) -> str:
    """The full name of an imported module."""
    if not level:
        return name
    base = package.rsplit(".", level - 1)[0] if level > 1 else package
    return f"{base}.{name}" if name else base


def binders(tree: ast.Module) -> dict[str, list[ast.stmt]]:
    """By name, the top-level statements that bind or fill it, in their order."""
    found: dict[str, list[ast.stmt]] = {}
    for statement in tree.body:
        for name in sorted(_names(statement)):
            found.setdefault(name, []).append(statement)
    return found


def _names(statement: ast.stmt) -> set[str]:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {statement.name}
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return {_bound_by(alias) for alias in statement.names}
    if isinstance(statement, ast.Expr):
        call = statement.value
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in _MUTATORS:
            return {call.func.value.id} if isinstance(call.func.value, ast.Name) else set()
        return set()
    if isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Delete):
        return _targets(statement)
    inner = [child for child in ast.iter_child_nodes(statement) if isinstance(child, ast.stmt | ast.ExceptHandler)]
    names = _targets(statement) if isinstance(statement, ast.For) else set()
    for child in inner:
        bodies = child.body if isinstance(child, ast.ExceptHandler) else [child]
        names = names.union(*(_names(one) for one in bodies)) if bodies else names
    return names


def _targets(statement: ast.stmt) -> set[str]:
    """Names that are assigned to, also by way of an index or an attribute."""
    targets: list[ast.expr] = []
    if isinstance(statement, ast.Assign | ast.Delete):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign | ast.AugAssign | ast.For):
        targets = [statement.target]
    names = set()
    for target in targets:
        for part in target.elts if isinstance(target, ast.Tuple | ast.List) else [target]:
            while isinstance(part, ast.Subscript | ast.Attribute | ast.Starred):
                part = part.value  # noqa: PLW2901 - descends to the name that is changed.
            if isinstance(part, ast.Name):
                names.add(part.id)
    return names


def _bound_by(alias: ast.alias) -> str:
    return alias.asname or (alias.name.partition(".")[0])


def _defers_annotations(tree: ast.Module) -> bool:
    return any(
        isinstance(one, ast.ImportFrom) and one.module == "__future__" and "annotations" in {n.name for n in one.names}
        for one in tree.body
    )
