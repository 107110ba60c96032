"""Why a GPU holds its clocks down, as NVML tells it: a bit a reason (nvml.h, ``nvmlClocksEventReason``). Pure."""

from __future__ import annotations

# A GPU with nothing to do and clocks that somebody set hold nothing down that was asked for.
_REASONS = {
    0x4: "power limit",
    0x8: "hardware slowdown",
    0x10: "sync boost",
    0x20: "temperature",
    0x40: "temperature, by the hardware",
    0x80: "power brake, by the hardware",
    0x100: "display clocks",
    0x200: "board limit",
    0x400: "reliability voltage",
}


def reasons(bits: int | None) -> tuple[str, ...]:
    """The reasons of a bit field, in words; none where the driver does not tell."""
    return tuple(words for bit, words in _REASONS.items() if (bits or 0) & bit)
