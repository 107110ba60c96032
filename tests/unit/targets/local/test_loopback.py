"""Engines on this machine listen on the loopback alone."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from vllm_qualify.targets.local import loopback

# What torch does: a master opens a socket of its own unless it is given one.
STORE = """
import os, socket
from pathlib import Path


class TCPStore:
    def __init__(self, host, port, is_master, use_libuv=True, master_listen_fd=None):
        if use_libuv and master_listen_fd is not None and {old}:
            raise NotImplementedError("an older torch")
        if is_master:
            made = socket.socket(fileno=master_listen_fd) if master_listen_fd is not None else socket.create_server(
                ("", port)
            )
            self.name, self.said = made.getsockname(), use_libuv
            made.close()
        else:
            self.name, self.said = ("nobody", 0), master_listen_fd
"""
ASK = """
from torch.distributed import rendezvous
print(*rendezvous.TCPStore("127.0.0.1", port={port}, is_master={master}).name)
"""


def asked(folder: Path, *, old: bool, master: bool) -> tuple[str, int, int]:
    """Where the store of such a torch listens in the process of an engine, and on which port it should."""
    package = folder / "torch" / "distributed"
    package.mkdir(parents=True)
    for path in (package.parent / "__init__.py", package / "__init__.py"):
        path.touch()
    (package / "rendezvous.py").write_text(STORE.replace("{old}", str(old)))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    script = f"import sys; sys.path.append({str(folder)!r})\n" + ASK.format(port=port, master=master)
    env = {"PATH": os.defpath, **loopback.variables()}
    said = subprocess.run([sys.executable, "-c", script], env=env, check=True, capture_output=True, text=True)
    address, listens = said.stdout.split()
    return address, int(listens), port


@pytest.mark.parametrize("old", [True, False], ids=["torch-2.6", "newer"])
def test_the_store_of_torch_listens_on_the_loopback(tmp_path: Path, *, old: bool) -> None:
    """On the port that it was given, by whichever of its backends can."""
    address, listens, port = asked(tmp_path, old=old, master=True)

    assert (address, listens) == ("127.0.0.1", port)


def test_who_only_asks_the_store_opens_no_socket(tmp_path: Path) -> None:
    """The other processes of an engine meet it as ever."""
    assert asked(tmp_path, old=False, master=False)[0] == "nobody"


def test_an_engine_without_torch_is_left_alone() -> None:
    """Any other Python starts with these variables as without."""
    env = {"PATH": os.defpath, **loopback.variables()}

    done = subprocess.run([sys.executable, "-c", "import json"], env=env, check=False, capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (0, "")
