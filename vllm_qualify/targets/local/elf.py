"""What an engine's compiled extension demands of this machine, and the one mend that is safe; used by installs."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from vllm_qualify.core.errors import UserError

if TYPE_CHECKING:
    import lief

LIBSTDCXX = "libstdc++.so.6"


class DemandInUse(UserError):
    """A library is too old for an extension, and the extension really uses what is missing."""


def libraries(extension: Path) -> tuple[str, ...]:
    """Names of the shared libraries that an extension asks the loader for, such as ``libnuma.so.1``."""
    binary = _read(extension)
    return tuple(str(library) for library in binary.libraries)


def provided(library: Path) -> frozenset[str]:
    """Every symbol version that a shared library defines, such as ``GLIBCXX_3.4.30``."""
    # lief's objects do not keep their file alive, hence a name for it here and below.
    binary = _read(library)
    return frozenset(
        str(auxiliary.name)
        for definition in binary.symbols_version_definition
        for auxiliary in definition.auxiliary_symbols
    )


def missing(extension: Path, available: Iterable[str], *, library: str = LIBSTDCXX) -> tuple[str, ...]:
    """The symbol versions that an extension demands of a library and that are not available, sorted."""
    binary = _read(extension)
    demanded = {
        str(auxiliary.name)
        for requirement in binary.symbols_version_requirement
        if requirement.name == library
        for auxiliary in requirement.get_auxiliary_symbols()
    }
    return tuple(sorted(demanded - set(available)))


def drop_demand(extension: Path, available: Iterable[str], *, library: str = LIBSTDCXX) -> bool:
    """Let an extension load where its library is older, if nothing in it uses what the library lacks.

    The compiler writes a demand for ``GLIBCXX_3.4.32`` into every file that includes ``<iostream>``, used or not.
    The file is replaced, never written in place: it may be a hard link into uv's own cache.

    Returns:
        Whether anything had to be changed.

    Raises:
        DemandInUse: a relocation needs a symbol of a missing version; the file is left as it was.
    """
    lacking = missing(extension, available, library=library)
    if not lacking:
        return False
    binary = _read(extension)
    used = _symbols_used(binary, versions=lacking)
    if used:
        raise DemandInUse(
            f"{extension.name} needs {', '.join(lacking)} of {library}, which this machine's {library} lacks, "
            f"and uses it ({', '.join(used)}); use a newer Linux distribution (Debian 13, Ubuntu 24.04 or later)"
        )
    binary.remove_version_requirement(library)
    mended = extension.with_name(f"{extension.name}.mended")
    binary.write(str(mended))
    shutil.copymode(extension, mended)
    mended.replace(extension)
    return True


def _symbols_used(binary: lief.ELF.Binary, *, versions: Iterable[str]) -> tuple[str, ...]:
    """Symbols of the given versions that a relocation refers to; a symbol that none refers to is never looked up."""
    wanted = frozenset(versions)
    referred = (relocation.symbol for relocation in binary.relocations if relocation.has_symbol)
    return tuple(sorted({str(symbol.name) for symbol in referred if symbol and _version_of(symbol) in wanted}))


def _version_of(symbol: lief.ELF.Symbol) -> str:
    version = symbol.symbol_version
    if version is None or not version.has_auxiliary_version or version.symbol_version_auxiliary is None:
        return ""
    return str(version.symbol_version_auxiliary.name)


def _read(path: Path) -> lief.ELF.Binary:
    import lief  # noqa: PLC0415 - it takes half a second, which only an install should pay.

    binary = lief.ELF.parse(str(path))
    if binary is None:
        raise ValueError(f"{path} is not an ELF file; expected a shared library")
    return binary
