"""Who holds a lock, and whether that one still lives."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psutil
import pytest

from vllm_qualify.edge import identity
from vllm_qualify.kube import lease
from vllm_qualify.kube.lease import Holder

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def elsewhere(*, renewed: datetime = NOW) -> Holder:
    """A process of another machine, whose number is that of this one here."""
    return replace(identity.me("r"), host="not-this-machine", since=renewed, renewed=renewed)


def test_this_process_knows_itself() -> None:
    """Its words name user, machine and process, for whoever is refused by it."""
    found = identity.me("run-7")

    assert (found.pid, found.host, found.run) == (os.getpid(), socket.gethostname(), "run-7")
    assert found.identity.endswith(f"@{socket.gethostname()}, process {os.getpid()}")
    assert identity.here(found)
    assert not identity.gone(found, now=NOW)


def test_it_is_known_again_from_its_lease() -> None:
    """The start of the process survives the rounding in there."""
    found = lease.holder(lease.lease(identity.me("r"), namespace="ml"))

    assert not identity.gone(found, now=NOW)


def test_silence_does_not_make_a_living_process_gone() -> None:
    """On its own machine it is seen; a laptop that slept has not renewed for hours."""
    assert not identity.gone(identity.me("r"), now=NOW + timedelta(days=900))


def test_a_process_that_ended_is_gone_at_once() -> None:
    """Nobody waits for a lock to lapse whose holder is seen to be dead; nor is one fooled by its zombie."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    alive = replace(
        identity.me("r"), pid=process.pid, process_started=psutil.Process(process.pid).create_time(), renewed=NOW
    )
    before = identity.gone(alive, now=NOW)

    process.kill()
    deadline = time.monotonic() + 10
    while not (as_zombie := identity.gone(alive, now=NOW)) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.communicate()

    assert (before, as_zombie, identity.gone(alive, now=NOW)) == (False, True, True)


def test_a_number_that_was_given_to_another_process() -> None:
    """It is told by when it started."""
    me = identity.me("r")

    assert identity.gone(replace(me, process_started=me.process_started - 5), now=NOW)


@pytest.mark.parametrize("pid", [-1, 2**22 + 1, 10**30], ids=["negative", "too-large", "huge"])
def test_a_number_that_no_process_has(pid: int) -> None:
    """Somebody wrote that Lease by hand."""
    assert identity.gone(replace(identity.me("r"), pid=pid), now=NOW)


@pytest.mark.parametrize(("seconds", "gone"), [(0, False), (60, False), (61, True)])
def test_a_process_of_another_machine_is_known_by_its_silence(seconds: int, *, gone: bool) -> None:
    """Its number says nothing here, whoever has it."""
    assert identity.gone(elsewhere(), now=NOW + timedelta(seconds=seconds)) is gone


def test_a_lease_without_a_process_is_known_by_its_silence_too() -> None:
    """Even one that names this machine."""
    nobody = replace(identity.me("r"), pid=0, renewed=NOW)

    assert not identity.here(nobody)
    assert not identity.gone(nobody, now=NOW)


def test_a_user_without_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """An image may run under a number alone."""

    def fail() -> str:
        raise KeyError("getpwuid(): uid not found: 1234")

    monkeypatch.setattr("getpass.getuser", fail)

    assert identity.me("r").identity.startswith(f"{os.getuid()}@")
