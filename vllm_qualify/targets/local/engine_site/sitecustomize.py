"""Keeps the store of torch.distributed to the loopback; Python loads this by its name at the start of an engine.

Never a part of the harness: its folder is on ``PYTHONPATH`` of engines alone. torch opens the store by which processes
find each other on every address of the machine, whatever address it is given, and whoever reaches it may write what
is unpickled there. It takes a socket that is bound already, and gets one.

Source: torch, csrc/distributed/c10d/socket.cpp (``SocketListenOp`` binds the wildcard address) and TCPStore.cpp
(``masterListenFd``).
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import socket
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

RENDEZVOUS = "torch.distributed.rendezvous"


def listening(port: int) -> int:
    """A descriptor of a socket that listens on the loopback; the store that gets it closes it."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind(("127.0.0.1", port))
    made.listen(socket.SOMAXCONN)
    return made.detach()


def confine(module: ModuleType) -> None:
    """Let the stores that a module opens listen on the loopback alone."""
    opened = module.TCPStore

    def store(*words: Any, **given: Any) -> Any:
        if not given.get("is_master") or "master_listen_fd" in given:
            return opened(*words, **given)
        bound = {"master_listen_fd": listening(given["port"])}
        try:
            return opened(*words, **given, **bound)
        except NotImplementedError:
            # The newer of its two backends cannot take a socket over in every release of torch (2.6 cannot).
            return opened(*words, **given | {"use_libuv": False} | bound)

    setattr(module, "TCPStore", store)  # noqa: B010 - a type checker would rather have a class there


class Confining(importlib.abc.MetaPathFinder):
    """Finds one module as everybody else would, and changes it once it is loaded."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Find the module; of every other one nothing is known here."""
        del target
        if name != RENDEZVOUS:
            return None
        sys.meta_path.remove(self)
        found = importlib.machinery.PathFinder.find_spec(name, path)
        if found is not None and found.loader is not None:
            load = found.loader.exec_module

            def exec_module(module: ModuleType) -> None:
                load(module)
                confine(module)

            found.loader.exec_module = exec_module  # type: ignore[method-assign]
        return found


sys.meta_path.insert(0, Confining())
