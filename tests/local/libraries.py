"""Environments of real engines with other libraries than those of their day, as an image that is rebuilt has them.

Made from the user's own environment by hard links in a second, so that it stays as it is; kept below the user's cache
under a name made of their inputs, so that it is done once.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess

from vllm_qualify.core import images
from vllm_qualify.system import caches, install_lock
from vllm_qualify.system.caches import Caches
from vllm_qualify.system.uv import Uv
from vllm_qualify.targets.local import cpu_builds, environments
from vllm_qualify.targets.local.cpu_builds import EnginePlan

NEWEST = (
    "fastapi==0.165.0",
    "prometheus-fastapi-instrumentator==8.1.0",
    "starlette==1.10.0",
    "uvicorn==0.54.0",
)
"""With these, an exception inside the server's application closes the connection behind an answer."""


def cache_with(image: str, libraries: tuple[str, ...]) -> Caches:
    """A cache in which the image's stand-in has these libraries; the user's own where none are named."""
    plan, users = cpu_builds.plan_for(images.parse(image)), caches.default()
    assert isinstance(plan, EnginePlan)
    own = environments.ensure(plan, cache=users, offline=False, say=print)
    if not libraries:
        return users
    name = hashlib.sha256("\n".join((own.root.name, *libraries)).encode()).hexdigest()[:12]
    cache = Caches(users.root / "other-libraries" / name)
    with install_lock.alone(users.root / "locks", f"other-libraries-{name}", say=print):
        if not (cache.engines / own.root.name).is_dir():
            _make(own, cache, users, libraries)
    return cache


def _make(own: environments.EngineEnvironment, cache: Caches, users: Caches, libraries: tuple[str, ...]) -> None:
    """Filled beside its place and renamed; uv puts new files in the place of old ones and never writes into them."""
    part = cache.engines / f"{own.root.name}{caches.PART}"
    shutil.rmtree(part, ignore_errors=True)
    cache.engines.mkdir(parents=True, exist_ok=True)
    for compiled in ("inductor", "vllm"):
        (users.root / compiled).mkdir(exist_ok=True)
        (cache.root / compiled).symlink_to(users.root / compiled)
    shutil.copytree(own.root, part, symlinks=True, copy_function=os.link)
    uv = [Uv(say=print, offline=False).binary, "pip", "install", "--python", part / "bin" / "python"]
    subprocess.run([*uv, *libraries], check=True)
    part.rename(cache.engines / own.root.name)
