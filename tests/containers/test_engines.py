from __future__ import annotations

import http
import os
import subprocess
import sys

import psutil
import pytest

from lab import machine
from tests.containers import engine_hosts
from tests.containers.engine_hosts import Engine
from vllm_qualify.system import caches

_HEALTH = "http://127.0.0.1:8000/health"


def test_a_scripted_image_serves_through_a_published_port(empty: Engine) -> None:
    """A pulled image answers on the machine's loopback, where its port is published."""
    image = empty.scripted()

    empty.say("run", "--detach", "--name", "vllm", "--publish", "127.0.0.1:8000:8000", image, "Qwen/Qwen3-8B-AWQ")

    empty.until(lambda: empty.get(_HEALTH)[0] == http.HTTPStatus.OK, "the scripted server answers")
    assert "Qwen/Qwen3-8B-AWQ" in empty.get("http://127.0.0.1:8000/v1/models")[1]


def test_a_pulled_image_has_the_digest_under_which_it_lies_in_the_registry(empty: Engine) -> None:
    """Both engines know an image by the digest of its manifest once they have pulled it."""
    image = empty.scripted()
    empty.say("pull", image)

    digests = empty.say("image", "inspect", "--format", "{{json .RepoDigests}}", image)

    assert empty.digest(image) in digests


def test_an_image_that_nobody_holds_is_refused(empty: Engine) -> None:
    """The machine reaches no registry but its own, so a tag that is not laid down is not found."""
    with pytest.raises(engine_hosts.Refused, match="nobody-has-this"):
        empty.say("pull", "vllm/vllm-openai:nobody-has-this")


def test_a_reboot_ends_containers_and_keeps_them(empty: Engine) -> None:
    """After a reboot a container is there under the same id, and does not run unless its policy says so."""
    image = empty.scripted()
    container = empty.say("run", "--detach", "--name", "vllm", image, "Qwen/Qwen3-8B-AWQ")

    empty.reboot()

    found = empty.inspect("vllm")
    assert (found["Id"], found["State"]["Running"]) == (container, False)


def test_nothing_runs_on_after_a_killed_test() -> None:
    """SIGKILL of who started a machine ends every process in it, and the next start removes its folder."""
    name = f"orphan-{os.getpid()}"
    starter = subprocess.Popen([sys.executable, "-c", _STARTER, name], stdout=subprocess.PIPE, text=True)
    with starter:
        assert starter.stdout is not None
        assert starter.stdout.readline() == "up\n"
        within = psutil.Process(starter.pid).children(recursive=True)
        starter.kill()

    machine.sweep(caches.default(), say=engine_hosts.say)

    assert len(within) > 2
    assert psutil.wait_procs(within, timeout=20)[1] == []
    assert not (caches.default().root / "lab" / "machines" / name).exists()


_STARTER = """
import sys, time
from lab import machine
from vllm_qualify.system import caches
made = machine.create(sys.argv[1], cache=caches.default(), say=lambda _: None)
made.start("sleep", "infinity", log=made.folder / "sleep.log")
print("up", flush=True)
time.sleep(1000)
"""
