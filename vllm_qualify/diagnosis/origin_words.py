"""Says in words where an exception comes from, and what to do about it. Asked by the choice of the cause."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from vllm_qualify.catalogue import messages
from vllm_qualify.catalogue.messages import Message
from vllm_qualify.core.records import Certainty
from vllm_qualify.diagnosis.origins import Origin

_LONGEST_GUARD = 200
_TELL_MORE = frozenset(
    {"CUDA_LAUNCH_BLOCKING", "NCCL_DEBUG", "TORCHDYNAMO_VERBOSE", "TORCH_LOGS", "VLLM_LOGGING_LEVEL"}
)
"""Variables that messages advise to see more; none of them is what is wrong."""
_VERBS = {
    Certainty.CERTAIN: "raised by",
    Certainty.PROBABLE: "probably raised by",
    Certainty.POSSIBLE: "possibly raised by",
}
_CAPABILITY = re.compile(r"(?P<no>not )?[\w.]*has_device_capability\((?:DeviceCapability\()?(?P<at>\d{2,3})\)?\)")


def place(origin: Origin) -> str:
    """Where it was raised, what it is about and which releases have it, in one line."""
    where = " or ".join(map(_where, origin.statements))
    return "; ".join([f"{_VERBS[origin.certainty]} {where}{_standing(origin)}", *_facts(origin)])


def change(origin: Origin) -> str:
    """What to change: what it is about, else what it depends on; ``""`` where neither is known."""
    about, depends = _about(origin.statements), _depends(origin.statements)
    said = any(message.parts for message in origin.statements) and bool(about)
    return " ".join(_changes(about or depends, as_said=said))


def take(origin: Origin) -> str:
    """Which releases near by do not have the check; ``""`` where all have it, or where the statement is not sure."""
    without = _without(origin) if origin.certainty is not Certainty.POSSIBLE else ""
    package = origin.statements[0].package
    which = "without" if package == messages.VLLM else f"whose {package} lacks"
    return f"Releases {which} this check: {without}." if without else ""


def _facts(origin: Origin) -> Iterator[str]:
    statements = origin.statements
    if about := _about(statements):
        yield f"it is about {_listed(about)}"
    if depends := _depends(statements):
        yield f"whether it is reached depends on {_listed(depends)}"
    if guard := _guard(statements[0]):
        yield f"the guard is: {guard}"
    yield from _production(origin)


def _where(message: Message) -> str:
    return f"{message.file}, `{message.function}`"


def _standing(origin: Origin) -> str:
    runs = _runs(origin.here)
    package = origin.statements[0].package
    of = "" if package == messages.VLLM else f"the {package} of "
    return f" in {of}{', '.join(runs)}" if runs else ""


def _production(origin: Origin) -> Iterator[str]:
    if origin.release is not None and origin.release not in origin.here:
        yield f"v{messages.order()[origin.release]}, which died, is not known to have it"
    package = origin.statements[0].package
    if origin.production is None or origin.production not in messages.covered(package):
        return
    name = f"production's v{messages.order()[origin.production]}"
    name = name if package == messages.VLLM else f"the {package} of {name}"
    if origin.production in origin.here:
        yield f"{name} has this check as well"
    elif origin.production in origin.alike:
        yield f"{name} has a reworded form of this check"
    else:
        yield f"{name} does not have this check"


def _about(statements: Sequence[Message]) -> list[str]:
    named = dict.fromkeys(one for message in statements for one in message.about)
    return [one for one in named if one not in _TELL_MORE]


def _depends(statements: Sequence[Message]) -> list[str]:
    about = _about(statements)
    return [one for one in dict.fromkeys(x for message in statements for x in message.depends_on) if one not in about]


def _guard(message: Message) -> str:
    """The innermost condition; an assert without a text is its own."""
    if not message.guards:
        return f"`{message.code}`" if message.code.startswith("assert ") else ""
    text = message.guards[-1]
    if capability := _CAPABILITY.fullmatch(text):
        least = int(capability["at"])
        return f"compute capability {'below' if capability['no'] else 'at least'} {least // 10}.{least % 10}"
    return f"`{text[:_LONGEST_GUARD]}`"


def _changes(named: Sequence[str], *, as_said: bool) -> Iterator[str]:
    options = [one for one in named if one.startswith("--")]
    variables = [one for one in named if not one.startswith("--")]
    how = " as the message says" if as_said else ""
    if options:
        yield f"Change {_listed(options, 'or')}{how}, or leave {'it' if len(options) == 1 else 'them'} out."
    if variables:
        yield f"Check how {_listed(variables, 'and')} {'is' if len(variables) == 1 else 'are'} set."


def _without(origin: Origin) -> str:
    """The nearest releases below and above that have neither the check nor one like it."""
    order = messages.order()
    unread = frozenset(range(len(order))) - messages.covered(origin.statements[0].package)
    having = origin.here | origin.alike | unread
    at = origin.release if origin.release in having else max(origin.here)
    older = next((place for place in range(at, -1, -1) if place not in having), None)
    newer = next((place for place in range(at, len(order)) if place not in having), None)
    said = [f"v{order[older]} is the nearest older one"] if older is not None else []
    said += [f"v{order[newer]} the nearest newer one"] if newer is not None else []
    return ", ".join(said)


def _runs(places: frozenset[int]) -> list[str]:
    """``v0.9.0 to v0.24.0``, ``v0.26.0``, ``every release since v0.28.0``."""
    order, said = messages.order(), []
    left = sorted(places)
    while left:
        length = next((n for n in range(1, len(left)) if left[n] != left[0] + n), len(left))
        begin, end = left[0], left[length - 1]
        one = f"v{order[begin]}" if begin == end else f"v{order[begin]} to v{order[end]}"
        newest = end == len(order) - 1
        said.append(f"every release since v{order[begin]}" if newest and begin != end else one)
        left = left[length:]
    return said


def _listed(named: Sequence[str], word: str = "and") -> str:
    quoted = [f"`{one}`" for one in named]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} {word} {quoted[-1]}"
