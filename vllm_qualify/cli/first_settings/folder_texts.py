"""Reads the files of a folder that may tell how vLLM is run there. Follows no link to a folder, and reads no device."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vllm_qualify.kube import kustomize
from vllm_qualify.system import text_files
from vllm_qualify.system.text_files import UnreadableText

MOST_FILES = 20_000
_MOST_BYTES = 300_000_000
_CHART = "Chart.yaml"
_SUFFIXES = frozenset({".bash", ".container", ".json", ".service", ".sh", ".yaml", ".yml"})
# What others fetched or made; nobody keeps the manifests of a cluster there.
_NOT_ENTERED = frozenset({"__pycache__", "node_modules", "reports", "venv"})
_TELLS = re.compile(r"vllm|nvidia\.com/gpu|model_list|litellm|kind: *['\"]?Service\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderText:
    """One file.

    Attributes:
        path: from the folder, with ``/``.
        text: of it.
    """

    path: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderTexts:
    """What was read of a folder.

    Attributes:
        texts: the files that may tell something, by their paths.
        charts: the folders of Helm charts that name vLLM, whose files are templates.
        unread: what could not be read, a line each.
    """

    texts: tuple[FolderText, ...] = ()
    charts: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


def read(folder: Path) -> FolderTexts:
    """Read a folder with all folders in it, but for hidden ones.

    Args:
        folder: the operator's.
    """
    reading = _Reading(folder)
    reading.all()
    return FolderTexts(texts=tuple(reading.texts), charts=tuple(sorted(reading.charts)), unread=tuple(reading.unread))


class _Reading:
    """Goes through a folder; mutable, since it keeps what it found."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._left = _MOST_BYTES
        self.texts: list[FolderText] = []
        self.charts: set[str] = set()
        self.unread: list[str] = []

    def all(self) -> None:
        """Read every file that may tell something."""
        for seen, path in enumerate(self._files()):
            if seen == MOST_FILES or self._left < 0:
                self.unread.append(f"only the first {seen} files were looked at; name a folder with fewer files")
                return
            self._file(path)

    def _files(self) -> Iterator[Path]:
        for name, folders, files in os.walk(self._folder, onerror=self._closed):
            folder = Path(name)
            folders[:] = sorted(one for one in folders if _entered(folder / one))
            if _CHART in files:
                # Its templates hold nothing that could be read before it is rendered.
                self._chart(folder)
                folders[:] = []
                continue
            for file in sorted(files):
                if Path(file).suffix in _SUFFIXES or file in kustomize.FILE_NAMES:
                    yield folder / file

    def _chart(self, folder: Path) -> None:
        """Keep a chart that is vLLM's, as far as its files tell."""
        files = (folder / _CHART, *folder.glob("values*.yaml"), *folder.glob("templates/*.yaml"))
        if any("vllm" in (self._text(path) or "") for path in files):
            self.charts.add(self._name(folder))

    def _file(self, path: Path) -> None:
        text = self._text(path)
        if text is None:
            return
        self._left -= len(text)
        if _TELLS.search(text) or path.name in kustomize.FILE_NAMES:
            self.texts.append(FolderText(path=self._name(path), text=text))

    def _text(self, path: Path) -> str | None:
        """The text of a file; ``None`` for one that cannot be read, which is told, and for what is no file."""
        try:
            if not stat.S_ISREG(path.stat().st_mode):
                return None
            self._name(path).encode()
            return text_files.read(path)
        except FileNotFoundError:
            # A link that leads nowhere.
            return None
        except OSError as error:
            self.unread.append(f"{self._name(path)} cannot be read: {(error.strerror or str(error)).lower()}")
        except UnicodeEncodeError:
            self.unread.append(f"{self._name(path)!a} is a name that no settings can hold")
        except UnreadableText as error:
            self.unread.append(f"{self._name(path)} {error}")
        return None

    def _closed(self, error: OSError) -> None:
        name = self._name(Path(str(error.filename)))
        self.unread.append(f"{name} cannot be entered: {(error.strerror or str(error)).lower()}")

    def _name(self, path: Path) -> str:
        return path.relative_to(self._folder).as_posix()


def _entered(folder: Path) -> bool:
    if folder.name.startswith(".") or folder.name in _NOT_ENTERED:
        return False
    try:
        return not (folder / "pyvenv.cfg").exists()
    except OSError:
        # It is told when it is entered.
        return True
