"""Tells whether whoever has the lock still lives: by its process where that can be seen, else by watching the Lease.

Times in a Lease are never compared with a clock of our own: clocks of two machines differ, and may be minutes apart.
"""

from __future__ import annotations

from vllm_qualify.kube import identity, lease
from vllm_qualify.kube.kubectl import REQUEST_SECONDS
from vllm_qualify.kube.lease import Holder
from vllm_qualify.targets.kubernetes.namespace import Namespace

_LOOK_SECONDS = 5.0
_MOST_SECONDS = 2 * _LOOK_SECONDS
"""What a look counts for at most: while we slept, or nobody could reach the API, the holder could not speak either."""


def lives(site: Namespace, holder: Holder) -> bool:
    """Whether a holder lives; one that cannot be seen from here is watched for as long as its lock lasts.

    ``False`` also when the Lease went to somebody else meanwhile, who is another holder.

    Args:
        site: where the Lease is.
        holder: as the Lease named it.

    Raises:
        Refused: the Lease cannot be read.
    """
    seen = identity.seen(holder)
    if seen is False:
        # It may have left a kubectl behind whose last request is still on its way.
        site.sleep(REQUEST_SECONDS + 1)
    return _speaks(site, holder) if seen is None else seen


def _speaks(site: Namespace, holder: Holder) -> bool:
    site.say(f"the lock is held by {holder}; waiting up to {lease.SECONDS} s for a sign of life")
    silent, looked = 0.0, site.clock()
    while silent < lease.SECONDS:
        site.sleep(_LOOK_SECONDS)
        found = site.find("Lease", lease.NAME)
        now = lease.holder(found) if found is not None else None
        if now != holder:
            return now is not None and lease.unbroken(now, holder)
        silent += min(site.clock() - looked, _MOST_SECONDS)
        looked = site.clock()
    return False
