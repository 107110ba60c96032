"""Who holds a lock, and whether that one is seen to live."""

from __future__ import annotations

import os
import socket
from dataclasses import replace

import pytest

from vllm_qualify.kube import identity, lease


def test_this_process_knows_itself() -> None:
    """Its words name user, machine and process, for whoever is refused by it."""
    found = identity.me("run-7")

    assert (found.pid, found.host, found.run) == (os.getpid(), socket.gethostname(), "run-7")
    assert found.identity.endswith(f"@{socket.gethostname()}, process {os.getpid()}")
    assert identity.seen(found)


def test_what_it_does_is_told_where_it_is_not_the_run_itself() -> None:
    """Whoever is refused learns that somebody restores."""
    assert identity.me("run-7", doing="vllm-qualify restore").identity.endswith(" (vllm-qualify restore)")


def test_it_is_known_again_from_its_lease() -> None:
    """Nothing of it is rounded in there."""
    assert identity.seen(lease.holder(lease.lease(identity.me("r"), namespace="ml")))


def test_a_number_that_was_given_to_another_process() -> None:
    """It is told by the tick at which it was started."""
    me = identity.me("r")

    assert identity.seen(replace(me, started=me.started - 1)) is False


@pytest.mark.parametrize("pid", [-1, 0, 2**22 + 1, 10**30], ids=["negative", "none", "too-large", "huge"])
def test_a_number_that_no_process_has(pid: int) -> None:
    """Somebody wrote that Lease by hand."""
    assert identity.seen(replace(identity.me("r"), pid=pid)) is False


@pytest.mark.parametrize("place", ["", "m/b/1"], ids=["nowhere", "another-container"])
def test_a_process_of_another_place_cannot_be_looked_for(place: str) -> None:
    """Even where its machine has our name and its number is that of a process here."""
    assert identity.seen(replace(identity.me("r"), place=place)) is None


def test_a_user_without_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """An image may run under a number alone."""

    def fail() -> str:
        raise KeyError("getpwuid(): uid not found: 1234")

    monkeypatch.setattr("getpass.getuser", fail)

    assert identity.me("r").identity.startswith(f"{os.getuid()}@")
