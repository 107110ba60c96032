"""Which official CUDA wheel of vLLM runs on this machine's GPU in the place of an image. Pure decisions.

Read by ``build_choice``; the counterpart of ``cpu_builds``, whose plans it makes.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from datetime import date

from packaging.version import Version

from vllm_qualify.core import wheel_hashes
from vllm_qualify.core.images import ImageRef
from vllm_qualify.core.records import StandIn
from vllm_qualify.targets.local import cpu_builds
from vllm_qualify.targets.local.cpu_builds import EnginePlan, NoBuild

DISTRIBUTION = "vllm"

NOT_SHOWN = "its CUDA compatibility libraries, its entrypoint and its system packages"
"""What an image has and the wheel of the same release has not."""

UNDATED = date.max
"""The cutoff of a release that is newer than this package: nobody here knows its day."""


def plan_for(image: ImageRef) -> EnginePlan | NoBuild:
    """The official wheel of the very release, post releases included, or why there is none on the package index."""
    release = cpu_builds.release_of(image)
    if isinstance(release, NoBuild):
        return release
    if image.variant:
        return NoBuild(
            reason=f"{image} is built for another CUDA ({image.variant}) than the wheel on the package index; name the "
            f"lock of such a wheel in [local] locks, take the tag v{release}, or give --device cpu"
        )
    if release.is_prerelease:
        return NoBuild(
            reason=f"the package index has no wheel of the pre-release {release}; name the lock of one in [local] locks"
        )
    return EnginePlan(
        stand_in=StandIn(
            distribution=DISTRIBUTION,
            version=str(release),
            exact=True,
            note=f"the official wheel of this release, on this machine's GPU; of the image, {NOT_SHOWN} are not shown",
        ),
        cutoff=released().get(release, UNDATED - cpu_builds.SETTLING) + cpu_builds.SETTLING,
        lock=cpu_builds.shipped_lock(f"{DISTRIBUTION}-{release}.txt"),
        gpu=True,
    )


@functools.cache
def released() -> Mapping[Version, date]:
    """The day of each known release, from that of its CPU build where it has one."""
    dated = {Version(build.base_version): day for build, day in cpu_builds.builds().items()}
    return dated | {Version(version): day for version, day in cpu_builds.table("official").items()}


def held_to_known_hashes(text: str, *, pin: str) -> str:
    """A lock in which the wheel of vLLM itself has the hashes that ship; as it was where none are known.

    Args:
        text: of a lock that was just resolved.
        pin: the wheel, such as ``vllm==0.20.2``.
    """
    line = wheel_hashes.line(pin)
    if line is None:
        return text
    resolved = re.compile(rf"^{re.escape(pin)} \\\n(?:    --hash=\S+(?: \\)?\n)+", re.MULTILINE)
    return f"{line}\n{resolved.sub('', text)}"
