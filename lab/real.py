"""An image of real vLLM, on CPU: this machine's C library, Python, and engine environment, and the canary models.

Everything lies in the image where it lies on this machine, since environments hold absolute paths.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from lab import borrowed, layers, oci
from vllm_qualify.core import images as references
from vllm_qualify.system import caches
from vllm_qualify.targets.local import cpu_builds, environments

MODELS = "/models"
_CANARY = Path(__file__).parents[1] / "canary"
# The layers once in the cache, once unpacked, and once on their way.
_NEEDED_BYTES = 24_000_000_000


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
    contents = (*_borrowed(environment), _environment(environment), _models())
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


def _borrowed(environment: environments.EngineEnvironment) -> tuple[layers.Content, layers.Content]:
    """The system, and the interpreter that the environment borrows."""
    version = environment.root.name.partition("-py")[2].partition("-")[0]
    try:
        return borrowed.system(), borrowed.python(environment.python.resolve().parents[1], f"python{version}")
    except borrowed.UnknownLayout as reason:
        raise NoRealImage(str(reason)) from reason


def _environment(environment: environments.EngineEnvironment) -> layers.Content:
    return layers.Content(name=environment.root.name, places={str(environment.root): environment.root})


def _models() -> layers.Content:
    return layers.Content(name="canary", places={f"{MODELS}/{mode}": _CANARY / mode for mode in ("ml", "r1")})
