"""An image of real vLLM, on CPU: this machine's C library, Python, and engine environment, and the canary models.

Everything lies in the image where it lies on this machine, since environments hold absolute paths.
"""

from __future__ import annotations

import sysconfig
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from lab import layers, oci
from vllm_qualify.core import images as references
from vllm_qualify.system import caches
from vllm_qualify.targets.local import cpu_builds, environments

MODELS = "/models"
_CANARY = Path(__file__).parents[1] / "canary"
# The layers once in the cache, once unpacked, and once on their way.
_NEEDED_BYTES = 24_000_000_000
# Compilers' libraries and such, which no Python of an engine loads.
_LARGE_BYTES = 50_000_000
_SYSTEM = (
    "/etc/group",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/nsswitch.conf",
    "/etc/os-release",
    "/etc/passwd",
    "/usr/bin/bash",
    "/usr/bin/cat",
    "/usr/bin/dash",
    "/usr/bin/env",
    "/usr/bin/ls",
    "/usr/bin/sh",
    "/usr/bin/uname",
    "/usr/lib/locale/C.utf8",
    "/usr/lib/os-release",
    "/usr/lib64",
)


class NoRealImage(Exception):
    """No image of that release can be made on this machine; one line says why."""


def image(
    reference: str,
    *,
    cache: caches.Caches,
    say: Callable[[str], None],
    extra: Sequence[oci.Blob] = (),
    env: Mapping[str, str] | None = None,
) -> oci.Image:
    """An image that serves like the official one, but on CPU; the first takes gigabytes and minutes.

    Args:
        reference: names the release.
        cache: where its layers are kept.
        say: takes one line of progress.
        extra: layers on top, see ``oci.layer``.
        env: what the environment of the image holds besides, or instead.

    Raises:
        NoRealImage: there is no CPU build of that release, or this machine is laid out otherwise than Debian.
        EnvironmentUnavailable: its environment is not there and cannot be made.
    """
    plan = cpu_builds.plan_for(references.parse(reference))
    if isinstance(plan, cpu_builds.NoBuild):
        raise NoRealImage(plan.reason)
    if cache.free_bytes() < _NEEDED_BYTES:
        free, needed = cache.free_bytes() / 1e9, _NEEDED_BYTES / 1e9
        raise NoRealImage(f"{free:.0f} GB are free at {cache.root} and a real image needs {needed:.0f} GB; free some")
    environment = environments.ensure(plan, cache=cache, offline=False, say=say)
    contents = (_system(), _python(environment), _environment(environment), _models())
    packed = [layers.pack(content, folder=cache.root / "lab" / "layers", say=say) for content in contents]
    own = {
        "HF_HUB_OFFLINE": "1",
        "HOME": "/root",
        "LANG": "C.UTF-8",
        "PATH": f"{environment.root / 'bin'}:/usr/bin:/bin",
        "VLLM_CPU_KVCACHE_SPACE": "1",
        "VLLM_NO_USAGE_STATS": "1",
    }
    entrypoint = ["python3", "-m", "vllm.entrypoints.openai.api_server"]
    return oci.image([*packed, *extra], entrypoint=entrypoint, env=own | dict(env or {}))


def _system() -> layers.Content:
    libraries = Path("/usr/lib", sysconfig.get_config_var("MULTIARCH") or "")
    links = ("/bin", "/lib", "/lib64", "/sbin")
    if not Path("/etc/debian_version").is_file() or not all(Path(link).is_symlink() for link in links):
        raise NoRealImage("a real image is made of this machine's own system files, and only Debian's layout is known")
    found = [Path(path) for path in (*_SYSTEM, *links)]
    found += [path for path in sorted(libraries.glob("*.so*")) if path.lstat().st_size < _LARGE_BYTES]
    return layers.Content(name="system", places={str(path): path for path in found if path.exists()})


def _python(environment: environments.EngineEnvironment) -> layers.Content:
    """The interpreter that the environment borrows, with its library; ``test`` alone is a quarter of it."""
    prefix = environment.python.resolve().parents[1]
    version = f"python{environment.root.name.partition('-py')[2].partition('-')[0]}"
    places = [prefix / "lib" / version, *(prefix / "bin").glob("python3*"), *(prefix / "lib").glob("libpython3*")]
    without = frozenset({"__pycache__", "site-packages", "dist-packages", "test"})
    return layers.Content(name=version, places={str(path): path for path in places}, without=without)


def _environment(environment: environments.EngineEnvironment) -> layers.Content:
    return layers.Content(name=environment.root.name, places={str(environment.root): environment.root})


def _models() -> layers.Content:
    return layers.Content(name="canary", places={f"{MODELS}/{mode}": _CANARY / mode for mode in ("ml", "r1")})
