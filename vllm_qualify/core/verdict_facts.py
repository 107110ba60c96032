"""What a verdict holds for: the facts of a run and of a turn that it depends on. Pure.

``targets.present_facts`` and the targets gather them, a run records them, reports tell them, and ``standing`` compares
what was recorded with what is now.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from vllm_qualify.core.fact_names import (
    ARGUMENTS,
    BUILD,
    CONTEXT,
    DIGEST,
    DRIVER,
    ENVIRONMENT,
    GPUS,
    HARNESS,
    MODEL,
    NODE,
    PROCESSOR,
    RAN_ON,
    REVISION,
    TOOLKIT,
)

NONE = "none"
"""The value of a fact of which it is known that there is nothing, such as the driver of a machine without a GPU."""

OF_AN_IMAGE = (DIGEST, DRIVER, TOOLKIT, GPUS)
"""What the verdict of an image holds for that ran itself."""
ANYWHERE = (MODEL, REVISION, ARGUMENTS, ENVIRONMENT, HARNESS)
"""What every verdict holds for, whatever it was reached on."""
NAMES = (DIGEST, BUILD, DRIVER, TOOLKIT, GPUS, PROCESSOR, CONTEXT, NODE, *ANYWHERE)
"""All of them, in the order in which they are told."""
PLACE = (CONTEXT, NODE)
"""Those that name the place, where it has a name that stays."""
OF_THE_NODE = frozenset({GPUS, DRIVER, TOOLKIT, PROCESSOR})
"""Those that only mean something beside those of the same place."""

LONGEST = 2000
"""Characters of a command line or an environment that are kept in words; the hash holds for all of it."""
_HASHED = 16
_SHORT_DIGEST = len("sha256:") + 12
_HASH = re.compile(rf"\(sha256 ([0-9a-f]{{{_HASHED}}})\)\Z")
_DRIVER_OF_GPU = re.compile(r", driver (?!not told)([\w.]+)")
_VERSION = re.compile(r"(.*?)(?<!\d)(\d++)\.(\d++)[.\w+-]*+")


def hashed(words: str, *, whole: str = "") -> str:
    """A long fact: its words, as far as they are kept, and a hash of all of it.

    Args:
        words: as a reader may see them.
        whole: what the hash is of, where that is more than may be read; ``""``: the words.
    """
    from vllm_qualify.core import redaction  # noqa: PLC0415 - its patterns load slowly; pytest loads this for each run.

    shown = " ".join(redaction.shown(words).split())
    kept = shown if len(shown) <= LONGEST else f"{shown[:LONGEST]} ..."
    return f"{kept} (sha256 {fingerprint(whole or shown)})"


def fingerprint(content: str) -> str:
    """A short hash of a text."""
    return hashlib.sha256(content.encode(errors="replace")).hexdigest()[:_HASHED]


def words_of(fact: str) -> str:
    """A fact without the hash behind its words."""
    return _HASH.sub("", fact).rstrip()


def same(name: str, was: str, now: str) -> bool:
    """Whether a fact is as it was.

    Of a long fact the hash decides, since secrets may have been taken out of its words. Another version of the harness
    is the same one as long as its first two numbers are: a release that changes what a check means raises the second.
    """
    if name == HARNESS:
        return checks_of(was) == checks_of(now)
    hashes = [_HASH.search(one) for one in (was, now)]
    if all(hashes):
        return hashes[0][1] == hashes[1][1]  # type: ignore[index]  # Both were found.
    return was == now


def checks_of(harness: str) -> str:
    """What of the name and version of the harness says what its checks mean: ``vllm-qualify 0.1`` of 0.1.3."""
    found = _VERSION.fullmatch(harness)
    return f"{found[1]}{found[2]}.{found[3]}" if found else harness


def of(run: Mapping[str, str], turn: Mapping[str, str]) -> dict[str, str]:
    """What the verdict of a candidate holds for, as far as it was recorded.

    What was known before the first turn outranks what a turn saw, since it can be looked up again without one.

    Args:
        run: facts of the run.
        turn: facts of the candidate's turn.
    """
    # The turn of a canary has a sentence under the name of the model.
    recorded = {**turn, **run}
    if DRIVER not in recorded and (seen := _drivers(turn.get(RAN_ON, ""))):
        recorded = recorded | {DRIVER: seen}
    return {name: recorded[name] for name in NAMES if recorded.get(name)}


def _drivers(ran_on: str) -> str:
    return ", ".join(dict.fromkeys(_DRIVER_OF_GPU.findall(ran_on)))


def named_place(facts: Mapping[str, str]) -> str:
    """The names of the place; ``""`` where it has none that stays."""
    return "/".join(facts[name] for name in PLACE if facts.get(name))


def place(facts: Mapping[str, str]) -> str:
    """Where a verdict was reached: the names of the place, else its GPUs, else its processor; ``""`` for not known.

    A machine is known by no host name, which is another one in each container.
    """
    gpus = facts.get(GPUS, NONE)
    return named_place(facts) or (gpus if gpus != NONE else facts.get(PROCESSOR, ""))


def told(facts: Mapping[str, str]) -> str:
    """The facts in one line, for a reader: ``holds for digest sha256:1c4b..., driver 570.195.03, ...``."""
    # The revisions name the models as well.
    left_out = {MODEL} if REVISION in facts else set()
    parts = [_told(name, facts[name]) for name in NAMES if facts.get(name, NONE) != NONE and name not in left_out]
    return f"holds for {', '.join(parts)}, until one of them changes" if parts else ""


def _told(name: str, fact: str) -> str:
    if name == HARNESS:
        return f"the checks of {checks_of(fact)}"
    if found := _HASH.search(fact):
        return f"the {name} ({found[1][:8]})"
    if name == DIGEST:
        return f"{name} {fact[:_SHORT_DIGEST]}..."
    return f"{MODEL if name == REVISION else name} {fact}"
