"""The container image of the harness, built by its own Containerfile and used as deploy/ uses it.

No registry is reached from here, so both bases are stood in for by an image of this machine's own system and Python
(``--build-arg``), with this machine's Go, and wheels come from a folder; every other line is that of the release.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lab import borrowed, programs
from tests.containers import engine_hosts
from tests.containers.engine_hosts import Engine
from tests.package import distributions, environments
from vllm_qualify import __version__
from vllm_qualify.core.shipped import HOME, HOME_LAB
from vllm_qualify.system import caches

pytestmark = pytest.mark.parametrize("engine", [engine_hosts.PODMAN], indirect=True)

_GO = shutil.which("go") or "go"
_BASE = "docker.io/lab/machine:1"
_IMAGE = f"localhost/vllm-qualify:{__version__}"
_SOURCES = ("deploy", "lab/go/kubernetes", "requirements")
_LOCKED = (
    *("--rm", "--read-only", "--cap-drop", "all", "--network", "none", "--security-opt", "no-new-privileges"),
    *("--tmpfs", "/tmp:mode=1777", "--tmpfs", "/reports:mode=1777"),  # noqa: S108 - the container's own
)


@pytest.fixture(scope="module", name="image")
def _image(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The image, built without network."""
    try:
        engine.put(_BASE, borrowed.image(cache=caches.default(), say=engine_hosts.say, env={"GOTOOLCHAIN": "local"}))
    except borrowed.UnknownLayout as reason:
        pytest.skip(f"the tests of the harness' image were not run: {reason}")
    context = _context(tmp_path_factory.mktemp("context"))
    wishes = {"GO_IMAGE": _BASE, "PYTHON_IMAGE": _BASE, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "/source/dist/wheels"}
    words = [word for name, value in wishes.items() for word in ("--build-arg", f"{name}={value}")]
    file = str(context / "deploy" / "Containerfile")
    engine.say("build", "--network", "none", *words, *_go_volumes(), "-f", file, "-t", _IMAGE, str(context))
    return _IMAGE


def _context(context: Path) -> Path:
    """What the build copies from the checkout, with the wheel, and beside it those that it needs."""
    for name in _SOURCES:
        shutil.copytree(HOME / name, context / name)
    distributions.build(context / "dist")
    wheels = environments.wheelhouse(Path(sys.executable))
    shutil.copytree(wheels, context / "dist" / "wheels", copy_function=os.link)
    return context


def _go_volumes() -> list[str]:
    """This machine's Go, its modules and what it compiled of them for the lab, where Go looks for them."""
    programs.ensure(caches.default(), say=engine_hosts.say, modules=("kubernetes",))
    asked = ("GOROOT", "GOMODCACHE", "GOCACHE")
    found = subprocess.run([_GO, "env", *asked], stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    places = zip(found, ("/usr/local/go:ro", "/root/go/pkg/mod:ro", "/root/.cache/go-build"), strict=True)
    return [word for source, place in places for word in ("--volume", f"{source}:{place}")]


def test_it_runs_as_nobody_and_writes_nothing(engine: Engine, image: str) -> None:
    """No user of the host, no capability, no file of the image that it could change."""
    assert engine.say("run", *_LOCKED, image, "--version") == f"vllm-qualify {__version__}"
    who = ("--entrypoint", "python3", image, "-c", "import os; print(os.getuid(), os.getgid(), os.getcwd())")
    assert engine.say("run", *_LOCKED, *who) == "65532 65532 /work"


def test_it_says_what_it_is(engine: Engine, image: str) -> None:
    """By the labels of the OCI image specification, with the version of the harness in it."""
    [shown] = json.loads(engine.say("image", "inspect", image))
    labels = {name.removeprefix("org.opencontainers.image."): value for name, value in shown["Labels"].items()}

    assert (labels["title"], labels["version"], labels["licenses"]) == ("vllm-qualify", __version__, "Apache-2.0")
    assert (shown["Config"]["Entrypoint"], shown["Config"]["User"]) == (["vllm-qualify"], "65532:65532")


def test_a_folder_of_the_host_is_worked_on(engine: Engine, image: str) -> None:
    """Mounted at /work, its manifests are read and its candidates collected."""
    work = ("--volume", f"{HOME_LAB}:/work:ro")

    collected = engine.say("run", *_LOCKED, *work, image, "run", "--collect-only", "-q")
    predicted = engine.say(
        *("run", *_LOCKED, *work, image, "preflight", "--all", "--offline"),
        *("--gpu", "RTX 3060", "--driver", "570.195.03", "--manifest", "applications/vllm/deployment.yaml"),
    )

    assert "test_deploy.py::test_starts[" in collected
    assert "v0.8.5.post1" in predicted


def test_what_the_nightly_job_starts_is_in_it(engine: Engine, image: str) -> None:
    """kubectl, the way back, and the script that tries the candidates of a Job once."""
    assert "clientVersion" in engine.say(
        "run", *_LOCKED, "--entrypoint", "kubectl", image, "version", "--client", "-o", "json"
    )
    assert "--config" in engine.say("run", *_LOCKED, image, "restore", "--help")
    job = ("--env", "JOB=night-1", "--entrypoint", "nightly", image, "/reports", "--list-checks")
    assert "DEPLOY/starts" in engine.say("run", *_LOCKED, *job)


def test_nothing_of_its_making_is_left_in_it(engine: Engine, image: str) -> None:
    """No cache, no wheel, no source, no pip."""
    script = (
        "import os; found = [os.path.join(top, name) for root in ('/build', '/opt', '/root/.cache', '/source')"
        " for top, folders, files in os.walk(root) for name in folders + files];"
        "print(len(found) > 1000, [path for path in found if not path.startswith('/opt/vllm-qualify/')"
        " or path.endswith(('.whl', 'site-packages/pip'))])"
    )
    assert engine.say("run", *_LOCKED, "--entrypoint", "/opt/vllm-qualify/bin/python", image, "-c", script) == (
        "True ['/opt/vllm-qualify']"
    )
